//! What an opened object has of its data.

use bytes::Bytes;

use crate::blobs::Pin;
use crate::id::DataId;

/// What came with the look-up of an object: its small contents, and a pin that keeps the rest.
#[derive(Debug)]
pub(crate) struct AtHand {
    contents: Vec<(DataId, Bytes)>,
    _pin: Pin,
}

impl AtHand {
    pub(crate) fn new(contents: Vec<(DataId, Bytes)>, pin: Pin) -> Self {
        Self { contents, _pin: pin }
    }

    pub(crate) fn contents(&self) -> &[(DataId, Bytes)] {
        &self.contents
    }
}
