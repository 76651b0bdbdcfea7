//! MD5 and CRC-64 of what a test sends, computed apart from the server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// The ETag of plain content: the MD5 in upper-case hexadecimal, in quotes.
pub(crate) fn etag(content: &[u8]) -> String {
    format!("\"{}\"", md5_hex(content))
}

/// The same without quotes.
pub(crate) fn md5_hex(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The value of `Content-MD5`.
pub(crate) fn content_md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

/// The ETag of an object made of parts, in quotes.
pub(crate) fn multipart_etag(parts: &[&[u8]]) -> String {
    let digests: Vec<u8> = parts.iter().flat_map(Md5::digest).collect();
    format!("\"{}-{}\"", md5_hex(&digests), parts.len())
}

/// CRC-64/XZ (ECMA-182, reflected) in decimal, bit by bit.
pub(crate) fn crc64(content: &[u8]) -> String {
    let mut crc = !0_u64;
    for byte in content {
        crc ^= u64::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xC96C_5795_D787_0F42 & (crc & 1).wrapping_neg());
        }
    }
    (!crc).to_string()
}

#[test]
fn crc64_of_the_check_string() {
    // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
    assert_eq!(crc64(b"123456789"), 0x995D_C9BB_DF19_39FA_u64.to_string());
}
