//! A document by which something is configured: it is set, asked for and taken away as a whole.

use crate::inputs::Input;
use crate::{Error, ErrorCode};

/// A document that configures something.
pub trait Document: Sized {
    /// Longest body that is read.
    const MAX_BODY: usize;

    /// What becomes of its elements.
    const ELEMENTS: &'static [Input];

    /// Reads the document.
    ///
    /// # Errors
    /// `MalformedXML`, and what OSS says of values that it does not allow.
    fn parse(body: &[u8]) -> Result<Self, Error>;

    /// Writes the document, which reads as this again.
    #[must_use]
    fn to_xml(&self) -> String;

    /// Returns what there is where nothing was set.
    ///
    /// # Errors
    /// The code by which OSS says that there is nothing.
    fn unset() -> Result<Self, ErrorCode>;
}
