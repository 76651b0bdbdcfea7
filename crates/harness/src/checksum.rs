//! MD5 and CRC-64 of what a test sends, computed apart from the server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// Returns the ETag of plain content: the MD5 in upper-case hexadecimal, in quotes.
pub fn etag(content: &[u8]) -> String {
    format!("\"{}\"", md5_hex(content))
}

/// Returns the same without quotes.
pub fn md5_hex(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Returns the value of `Content-MD5`.
pub fn content_md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

/// Returns the ETag of an object made of parts, in quotes: over the parts' ETags as text.
pub fn multipart_etag(parts: &[&[u8]]) -> String {
    let etags: String = parts.iter().map(|part| md5_hex(part)).collect();
    format!("\"{}-{}\"", md5_hex(etags.as_bytes()), parts.len())
}

/// Returns the value of `x-oss-hash-sha1` as the mobile SDKs send it.
pub fn sha1(content: &[u8]) -> String {
    sha1::Sha1::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Computes CRC-64/XZ (ECMA-182, reflected) in decimal, bit by bit.
pub fn crc64(content: &[u8]) -> String {
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
fn multipart_etag_of_the_official_suites() {
    // Java, Go and C++ SDKs; OSS manual, CompleteMultipartUpload.
    let etags =
        "3349DC700140D7F86A0784842780 75A98EFDA8BE206636A695359836FE0A0E0A8C315065167132444177411FDA149B92";
    assert_eq!(md5_hex(etags.replace(' ', "").as_bytes()), "B864DB6A936D376F9F8D3ED3BBE540DD");
}

#[test]
fn crc64_of_the_check_string() {
    // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
    assert_eq!(crc64(b"123456789"), 0x995D_C9BB_DF19_39FA_u64.to_string());
}
