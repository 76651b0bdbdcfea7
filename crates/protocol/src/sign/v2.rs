//! Version 2: HMAC-SHA256 over much the same lines as version 1, with an encoded resource and *all*
//! parameters. Three SDKs can make it; nothing recommends it any more.

use super::digest::hmac_sha256;
use super::{SecretKey, SignedRequest, base64_mac, push_header_line};
use crate::percent_encode;

/// The value of `x-oss-signature-version` and the first word of the header.
pub(super) const SIGNATURE_VERSION: &str = "OSS2";
/// The parameter that carries the signature and so cannot be covered by it.
pub(super) const SIGNATURE_PARAMETER: &str = "x-oss-signature";

/// Builds the texts that a client may have signed: bucket resources come with and without a final slash.
pub(super) fn strings_to_sign(
    request: &SignedRequest<'_>,
    dates: &[&str],
    additional: &[String],
) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for date in dates {
        for bare_bucket in [false, true] {
            let text = build(request, date, additional, bare_bucket);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    texts
}

pub(super) fn signature(secret: &SecretKey, text: &[u8]) -> String {
    base64_mac(&hmac_sha256(secret.as_bytes(), text))
}

fn build(request: &SignedRequest<'_>, date: &str, additional: &[String], bare_bucket: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(request.method.as_str().as_bytes());
    text.push(b'\n');
    for name in ["content-md5", "content-type"] {
        text.extend_from_slice(&request.header(name).unwrap_or_default());
        text.push(b'\n');
    }
    text.extend_from_slice(date.as_bytes());
    text.push(b'\n');
    let mut names = request.oss_header_names();
    names.extend(additional.iter().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    for name in names {
        if let Some(value) = request.header(name) {
            push_header_line(&mut text, name, &value);
        }
    }
    text.extend_from_slice(additional.join(";").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(percent_encode(&request.resource(bare_bucket)).as_bytes());
    push_parameters(&mut text, request);
    text
}

fn push_parameters(text: &mut Vec<u8>, request: &SignedRequest<'_>) {
    let mut pairs: Vec<(String, String)> = request
        .query
        .iter()
        .filter(|(name, _)| *name != SIGNATURE_PARAMETER)
        .map(|(name, value)| (percent_encode(name), percent_encode(value)))
        .collect();
    pairs.sort();
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        text.push(if index == 0 { b'?' } else { b'&' });
        text.extend_from_slice(name.as_bytes());
        if !value.is_empty() {
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        }
    }
}
