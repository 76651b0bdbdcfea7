//! What the file of an operation or a configuration states for the tests of inputs, in a constant `INPUTS` that `main.rs` lists.

use ossicle_protocol::{ErrorCode, Operation};

use super::world::{Draft, World};
use crate::harness::Bucket;

/// What is stated of some operations. What is not, such as a request without anything special or the proof of a header that
/// many have, comes from the table of operations and from `proofs`.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    pub(super) operations: &'static [Operation],
    pub(super) request: fn(&World, Draft) -> Draft,
    pub(super) before: fn(&Bucket),
    pub(super) changes_nothing: bool,
    pub(super) proofs: &'static [(&'static str, Proof)],
    pub(super) samples: fn(&str) -> Option<String>,
}

/// How it is seen that an input has an effect.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    /// With this value, the answer or what is stored afterwards is another one.
    Differs(&'static str),
    /// This value is refused with this code.
    Refused(&'static str, ErrorCode),
    /// There is a test of its own, `file::function`.
    Test(&'static str),
}

impl Inputs {
    /// States something of these operations.
    pub(crate) const fn of(operations: &'static [Operation]) -> Self {
        Self {
            operations,
            request: |_, draft| draft,
            before: |_| {},
            changes_nothing: false,
            proofs: &[],
            samples: |_| None,
        }
    }

    /// Makes a request that succeeds out of the least that one for the operation has.
    pub(crate) const fn request(self, request: fn(&World, Draft) -> Draft) -> Self {
        Self { request, ..self }
    }

    /// Prepares a bucket, such as by a configuration that is there before.
    pub(crate) const fn before(self, before: fn(&Bucket)) -> Self {
        Self { before, ..self }
    }

    /// Says that the request succeeds and still changes nothing in the bucket.
    pub(crate) const fn changing_nothing(self) -> Self {
        Self { changes_nothing: true, ..self }
    }

    /// Proves that inputs of these names are honoured; `*` at the end of a name stands for any text.
    pub(crate) const fn proven(self, proofs: &'static [(&'static str, Proof)]) -> Self {
        Self { proofs, ..self }
    }

    /// Gives whole bodies with which refused or ignored elements of these names would matter.
    pub(crate) const fn samples(self, samples: fn(&str) -> Option<String>) -> Self {
        Self { samples, ..self }
    }
}

/// Returns what is stated of an operation.
pub(super) fn of(operation: Operation) -> impl Iterator<Item = &'static Inputs> {
    crate::INPUTS.iter().filter(move |inputs| inputs.operations.contains(&operation))
}

/// Returns the proof that is stated for an input of an operation.
pub(super) fn proof(operation: Operation, name: &str) -> Option<Proof> {
    let mut proofs = of(operation).flat_map(|inputs| inputs.proofs);
    let fits = |stated: &str| match stated.strip_suffix('*') {
        None => name == stated,
        Some(start) => name.starts_with(start),
    };
    proofs.find(|(stated, _)| fits(stated)).map(|(_, proof)| *proof)
}
