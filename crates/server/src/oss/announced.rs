//! What a client announces of the bytes it sends, and the comparison with what came: `Content-MD5`,
//! `x-oss-hash-crc64ecma` and `x-oss-hash-sha1`. Nothing is stored that is not what was announced.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::StoredData;
use sha1::{Digest as _, Sha1};

use crate::oss::call::Call;

/// The hashes of one body, as far as they are announced.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    md5: Option<[u8; 16]>,
    crc64: Option<u64>,
    sha1: Option<[u8; 20]>,
}

impl Announced {
    /// Reads the headers of a request that carries its data as its body.
    pub(crate) fn by_headers(call: &Call) -> Result<Self, Error> {
        Ok(Self { md5: call.header("content-md5")?.map(parse_md5).transpose()?, ..Self::of_object(call)? })
    }

    /// Reads the headers that speak of an object where the body is a document about it.
    pub(crate) fn of_object(call: &Call) -> Result<Self, Error> {
        let crc64 = call.header("x-oss-hash-crc64ecma")?.map(parse_crc64).transpose()?;
        let sha1 = call.header("x-oss-hash-sha1")?.map(parse_sha1).transpose()?;
        Ok(Self { md5: None, crc64, sha1 })
    }

    /// Reads the fields of a form; an empty one announces nothing.
    pub(crate) fn by_fields<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Error> {
        let given = |name: &str| get(name).filter(|value| !value.is_empty());
        Ok(Self {
            md5: given("content-md5").map(parse_md5).transpose()?,
            crc64: given("x-oss-hash-crc64ecma").map(parse_crc64).transpose()?,
            sha1: given("x-oss-hash-sha1").map(parse_sha1).transpose()?,
        })
    }

    /// Returns the announced CRC-64.
    pub(crate) fn crc64(&self) -> Option<u64> {
        self.crc64
    }

    /// Returns a SHA-1 to feed with the bytes, where one was announced: it costs time that nobody else should spend.
    pub(crate) fn sha1(&self) -> Option<RunningSha1> {
        self.sha1.map(|expected| RunningSha1 { expected, so_far: Sha1::new() })
    }

    /// Compares with data that came in whole.
    pub(crate) fn check(&self, data: &StoredData) -> Result<(), Error> {
        if let Some(expected) = self.md5.filter(|expected| *expected != data.md5()) {
            return Err(Error::new(ErrorCode::InvalidDigest)
                .with_detail("ClientMD5", STANDARD.encode(expected))
                .with_detail("ServerMD5", STANDARD.encode(data.md5())));
        }
        check_crc64(self.crc64, data.crc64())
    }
}

/// A SHA-1 that is computed as the bytes pass.
#[derive(Debug)]
pub(crate) struct RunningSha1 {
    expected: [u8; 20],
    so_far: Sha1,
}

impl RunningSha1 {
    /// Takes the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.so_far.update(bytes);
    }

    /// Compares with what was announced.
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.so_far.finalize()[..] == self.expected { Ok(()) } else { Err(wrong_sha1()) }
    }
}

/// Compares an announced CRC-64 with that of the data.
pub(crate) fn check_crc64(announced: Option<u64>, actual: u64) -> Result<(), Error> {
    match announced {
        Some(expected) if expected != actual => Err(Error::new(ErrorCode::InvalidCRC64)
            .with_detail("ClientCRC64", expected.to_string())
            .with_detail("ServerCRC64", actual.to_string())),
        _ => Ok(()),
    }
}

/// Checks the `Content-MD5` of a small body that is read whole, such as an XML document.
pub(crate) fn check_document_md5(call: &Call, document: &[u8]) -> Result<(), Error> {
    match call.header("content-md5")? {
        Some(text) => check_whole(&parse_md5(text)?, document),
        None => Ok(()),
    }
}

/// Compares a document with its `Content-MD5`, which may have more than 16 bytes: the C SDK encodes 20, the last four being
/// whatever lay behind the hash.
pub(crate) fn check_document_md5_of_c(call: &Call, document: &[u8]) -> Result<(), Error> {
    let Some(text) = call.header("content-md5")? else { return Ok(()) };
    match STANDARD.decode(text).ok().as_deref().and_then(<[u8]>::split_first_chunk::<16>) {
        Some((expected, rest)) if rest.is_empty() || rest.len() == 4 => check_whole(expected, document),
        _ => Err(malformed_md5(text)),
    }
}

fn check_whole(expected: &[u8; 16], document: &[u8]) -> Result<(), Error> {
    if md5::Md5::digest(document)[..] == expected[..] {
        Ok(())
    } else {
        Err(Error::new(ErrorCode::InvalidDigest))
    }
}

/// Reads a base64 MD5; anything else is `InvalidDigest`.
pub(crate) fn parse_md5(text: &str) -> Result<[u8; 16], Error> {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    decoded.ok_or_else(|| malformed_md5(text))
}

fn malformed_md5(text: &str) -> Error {
    Error::new(ErrorCode::InvalidDigest).with_detail("Content-MD5", text)
}

/// Reads a CRC-64 as answers carry it, a decimal number.
fn parse_crc64(text: &str) -> Result<u64, Error> {
    let digits = Some(text.trim()).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::new(ErrorCode::InvalidCRC64).with_detail("ClientCRC64", text))
}

/// Reads a SHA-1 as the mobile SDKs write it, 40 hexadecimal digits.
fn parse_sha1(text: &str) -> Result<[u8; 20], Error> {
    let (pairs, rest) = text.trim().as_bytes().as_chunks::<2>();
    let mut hash = [0; 20];
    if pairs.len() != hash.len() || !rest.is_empty() {
        return Err(wrong_sha1());
    }
    for (out, pair) in hash.iter_mut().zip(pairs) {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let [high, low] = pair.map(digit);
        *out = high.zip(low).map(|(high, low)| high << 4 | low).ok_or_else(wrong_sha1)?;
    }
    Ok(hash)
}

fn wrong_sha1() -> Error {
    Error::new(ErrorCode::InvalidDigest).with_message("The x-oss-hash-sha1 you specified was invalid.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_clients_write_them() {
        assert_eq!(parse_crc64("18446744073709551615").unwrap(), u64::MAX);
        for text in ["", "-1", "+1", "18446744073709551616", "abc", "1.0"] {
            assert_eq!(parse_crc64(text).unwrap_err().code(), ErrorCode::InvalidCRC64, "{text}");
        }
        // FIPS 180: SHA-1 of "abc".
        let abc = "a9993e364706816aba3e25717850c26c9cd0d89d";
        for text in [abc, &abc.to_uppercase()] {
            assert_eq!(parse_sha1(text).unwrap()[..], Sha1::digest("abc")[..], "{text}");
        }
        for text in
            ["", "a9", &abc[..39], &format!("{abc}00"), &abc.replace('a', "g"), &abc.replace('a', "中")]
        {
            assert_eq!(parse_sha1(text).unwrap_err().code(), ErrorCode::InvalidDigest, "{text}");
        }
    }
}
