//! The memory that the fields of all forms take together. A form may be read without it as far as ordinary forms go, so that
//! many large forms at a time are refused and ordinary ones are not.

use std::sync::Arc;

use ossicle_protocol::{Error, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What each form may hold by itself.
const OWN: usize = 64 * 1024;

/// What all forms may hold together beyond that.
const SHARED: usize = 64 * 1024 * 1024;

/// The unit in which it is given out.
const UNIT: usize = 16 * 1024;

/// The memory that forms share.
#[derive(Debug, Clone)]
pub(crate) struct FormMemory(Arc<Semaphore>);

/// What one form has of it, given back when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    memory: Option<FormMemory>,
    permit: Option<OwnedSemaphorePermit>,
}

impl FormMemory {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(SHARED / UNIT)))
    }

    /// Begins a form, which holds nothing yet.
    pub(crate) fn reserve(&self) -> Reserved {
        Reserved { memory: Some(self.clone()), permit: None }
    }
}

impl Reserved {
    /// Makes sure that `bytes` may be held; `ServiceUnavailable` if other forms hold too much.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Error> {
        let wanted = bytes.saturating_sub(OWN).div_ceil(UNIT);
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let (Some(memory), Some(more @ 1..)) = (&self.memory, wanted.checked_sub(held)) else {
            return Ok(());
        };
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let permit = Arc::clone(&memory.0)
            .try_acquire_many_owned(more)
            .map_err(|_| Error::new(ErrorCode::ServiceUnavailable))?;
        match &mut self.permit {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FormMemory, OWN, SHARED, UNIT};

    #[test]
    fn large_forms_share_and_small_ones_are_never_refused() {
        let memory = FormMemory::new();
        let (mut large, mut other) = (memory.reserve(), memory.reserve());
        large.grow_to(OWN + UNIT).unwrap();
        large.grow_to(OWN + SHARED).unwrap();
        large.grow_to(0).unwrap();
        other.grow_to(OWN).unwrap();
        assert!(other.grow_to(OWN + 1).is_err());
        drop(large);
        other.grow_to(OWN + SHARED).unwrap();
        assert!(other.grow_to(OWN + SHARED + 1).is_err());
    }
}
