//! `Content-MD5` in the head of a form upload: that of the whole body, of which the file is a part.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use md5::{Digest as _, Md5};
use ossicle_protocol::{Error, ErrorCode};

use crate::oss::announced::parse_md5;
use crate::oss::call::header;

/// The MD5 of a body as it arrives, and what it has to be.
pub(super) struct BodyMd5 {
    expected: [u8; 16],
    so_far: Md5,
}

impl BodyMd5 {
    /// Begins if the head announces one.
    pub(super) fn announced(headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let text = header(headers, "content-md5")?.filter(|text| !text.is_empty());
        text.map(|text| Ok(Self { expected: parse_md5(text)?, so_far: Md5::new() })).transpose()
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.so_far.update(bytes);
    }

    /// Compares at the end.
    pub(super) fn check(self) -> Result<(), Error> {
        let found = self.so_far.finalize();
        if found[..] == self.expected[..] {
            return Ok(());
        }
        Err(Error::new(ErrorCode::InvalidDigest)
            .with_detail("ClientMD5", STANDARD.encode(self.expected))
            .with_detail("ServerMD5", STANDARD.encode(found)))
    }
}
