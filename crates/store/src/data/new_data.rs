//! Data that came in and waits for the command that makes something of it.

use bytes::Bytes;

use super::sealed::sealed_length;
use crate::id::DataId;
use crate::model::Encryption;

/// Data that came in whole: what a command stores.
#[derive(Debug, Clone)]
pub(crate) struct NewData {
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) crc64: u64,
    /// How the content is encrypted; size, MD5 and CRC-64 are those of the bytes as they came.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) content: Content,
}

impl NewData {
    /// Returns how many bytes the content is where it is stored.
    pub(crate) fn stored_size(&self) -> u64 {
        if self.encryption.is_some() { sealed_length(self.size) } else { self.size }
    }
}

/// Where data that came in is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Nowhere: there is none.
    Empty,
    /// Here, to be written in the commit.
    Small(DataId, Bytes),
    /// In a data file.
    File(DataId),
}
