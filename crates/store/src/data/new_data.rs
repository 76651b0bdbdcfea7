//! Data that came in and waits for the command that makes something of it.

use bytes::Bytes;

use crate::id::DataId;

/// Data that came in whole: what a command stores.
#[derive(Debug, Clone)]
pub(crate) struct NewData {
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) crc64: u64,
    pub(crate) content: Content,
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
