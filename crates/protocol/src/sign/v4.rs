//! Version 4: HMAC-SHA256 with a key derived from date, region and product, over a canonical request that
//! covers all parameters.

use super::canonical::Reading;
use super::digest::sha256_hex;
use super::{CredentialScope, SecretKey, SignedRequest, push_header_line};
use crate::{percent_encode, percent_encode_path};

/// The value of `x-oss-signature-version` and the first word of the header.
pub(crate) const SIGNATURE_VERSION: &str = "OSS4-HMAC-SHA256";
/// The parameter that carries the signature and so cannot be covered by it.
pub(super) const SIGNATURE_PARAMETER: &str = "x-oss-signature";
/// OSS signs no bodies; this word stands where their digest would.
pub(super) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The ways in which clients differ over the same request.
#[derive(Clone, Copy, Default)]
pub(super) struct Variant {
    /// Leave out headers without a value.
    skip_empty_headers: bool,
    /// `/bucket` rather than `/bucket/`.
    bare_bucket: bool,
    /// Take the space around parameters away.
    trim_parameters: bool,
    /// A parameter without a value keeps the equals sign that it was sent with.
    keep_equals: bool,
}

impl Variant {
    /// Returns how a request is read whose signature fits in this variant.
    pub(super) fn reading(self, additional: &[String]) -> Reading<'_> {
        Reading {
            additional,
            skip_empty_headers: self.skip_empty_headers,
            trim_parameters: self.trim_parameters,
            any_order: true,
        }
    }

    /// Returns every combination, the usual one first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let both = [false, true];
        both.into_iter().flat_map(move |skip_empty_headers| {
            both.into_iter().flat_map(move |bare_bucket| {
                both.into_iter().flat_map(move |trim_parameters| {
                    both.into_iter().map(move |keep_equals| Self {
                        skip_empty_headers,
                        bare_bucket,
                        trim_parameters,
                        keep_equals,
                    })
                })
            })
        })
    }
}

/// Builds the canonical request. `additional` are the lower-case, sorted names of headers that are covered
/// besides the usual ones.
pub(super) fn canonical_request(
    request: &SignedRequest<'_>,
    additional: &[String],
    variant: Variant,
) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(request.method.as_str().as_bytes());
    text.push(b'\n');
    text.extend_from_slice(percent_encode_path(&request.resource(variant.bare_bucket)).as_bytes());
    text.push(b'\n');
    text.extend_from_slice(canonical_query(request, variant).as_bytes());
    text.push(b'\n');
    let mut names = request.oss_header_names();
    names.extend(["content-md5", "content-type"]);
    names.extend(additional.iter().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    for name in names {
        if let Some(value) = request.header(name)
            && !(variant.skip_empty_headers && value.is_empty())
        {
            push_header_line(&mut text, name, &value);
        }
    }
    text.push(b'\n');
    text.extend_from_slice(additional.join(";").as_bytes());
    text.push(b'\n');
    let payload = request.header("x-oss-content-sha256").unwrap_or_else(|| UNSIGNED_PAYLOAD.into());
    text.extend_from_slice(&payload);
    text
}

pub(super) fn string_to_sign(datetime: &str, scope: &CredentialScope, canonical_request: &[u8]) -> String {
    format!("{SIGNATURE_VERSION}\n{datetime}\n{scope}\n{}", sha256_hex(canonical_request))
}

/// Signs any text under a scope: requests and POST policies share it.
pub(crate) fn signature(secret: &SecretKey, scope: &CredentialScope, text: &[u8]) -> String {
    secret.signing_key(scope).sign(text)
}

fn canonical_query(request: &SignedRequest<'_>, variant: Variant) -> String {
    let text = |text: &str| percent_encode(if variant.trim_parameters { text.trim() } else { text });
    let mut pairs: Vec<(String, String, bool)> = request
        .query
        .iter_as_written()
        .filter(|(name, ..)| *name != SIGNATURE_PARAMETER)
        .map(|(name, value, equals)| (text(name), text(value), equals))
        .collect();
    // By name and then value: sorting the joined texts would put `callback-var` before `callback`.
    pairs.sort();
    let mut out = String::new();
    for (index, (name, value, equals)) in pairs.into_iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        out.push_str(&name);
        if !value.is_empty() || (variant.keep_equals && equals) {
            out.push('=');
            out.push_str(&value);
        }
    }
    out
}
