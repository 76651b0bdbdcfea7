//! Signature version 1 of RPC requests: HMAC-SHA1 over the method and all parameters but the signature itself.

use super::parameters::Parameters;
use crate::sign::{base64_mac, hmac_sha1};
use crate::{SecretKey, percent_encode};

/// The value of `SignatureMethod`.
pub(super) const METHOD: &str = "HMAC-SHA1";
/// The value of `SignatureVersion`.
pub(super) const VERSION: &str = "1.0";
/// The parameter that carries the signature and so cannot be covered by it.
pub(super) const SIGNATURE: &str = "Signature";

/// Builds the text that a client signs.
pub(super) fn string_to_sign(method: &str, parameters: &Parameters) -> String {
    format!("{method}&%2F&{}", percent_encode(&parameters.canonical(Some(SIGNATURE))))
}

/// Signs a text.
pub(super) fn signature(secret: &SecretKey, text: &str) -> String {
    let key = zeroize::Zeroizing::new([secret.as_bytes(), b"&"].concat());
    base64_mac(&hmac_sha1(&key, text.as_bytes()))
}
