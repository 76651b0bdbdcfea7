//! Version 1: HMAC-SHA1 over method, three headers, the `x-oss-*` headers and the resource with its
//! sub-resources.

use super::subresources::{Choice, could_be_signed};
use super::{SecretKey, SignedRequest, base64_mac, hmac_sha1, push_header_line};
use crate::ObjectKey;

/// A header one mobile SDK sends and does not sign.
const UNSIGNED_HEADER: &str = "x-oss-hash-sha1";

/// The ways in which clients differ over the same request.
#[derive(Clone, Copy)]
struct Variant<'a> {
    date: &'a str,
    choice: Choice,
    /// `name=` rather than `name` for a parameter without a value.
    equals_sign: bool,
    /// `/bucket` rather than `/bucket/`.
    bare_bucket: bool,
    with_hash_header: bool,
}

/// Builds the text that a client signs, as the manual has it.
pub(super) fn string_to_sign(request: &SignedRequest<'_>, date: &str) -> Vec<u8> {
    let usual = Variant {
        date,
        choice: Choice::Listed,
        equals_sign: false,
        bare_bucket: false,
        with_hash_header: true,
    };
    build(request, usual)
}

/// Builds the texts that clients other than the usual one sign for this request, each once. `dates` are the
/// candidates for the fourth line.
pub(super) fn other_strings_to_sign(request: &SignedRequest<'_>, dates: &[&str]) -> Vec<Vec<u8>> {
    let both = [false, true];
    let mut texts = Vec::new();
    for &date in dates {
        for choice in Choice::ALL {
            for equals_sign in both {
                for bare_bucket in both {
                    for with_hash_header in both {
                        let variant = Variant { date, choice, equals_sign, bare_bucket, with_hash_header };
                        let text = build(request, variant);
                        if !texts.contains(&text) {
                            texts.push(text);
                        }
                    }
                }
            }
        }
    }
    texts
}

pub(super) fn signature(secret: &SecretKey, text: &[u8]) -> String {
    base64_mac(&hmac_sha1(secret.as_bytes(), text))
}

/// Returns whether the text of the request is also that of a request with other sub-resources.
///
/// The resource is signed without any escaping, so `GET /bucket/key?acl` and the object `key?acl` have the same text, and
/// so have a callback with `&callback-var=..` at its end and the two parameters, or a parameter that is called
/// `x-oss-process=..` and the one that has this value. The reading with more sub-resources is the one that is served.
pub(super) fn is_ambiguous(request: &SignedRequest<'_>) -> bool {
    let key = request.target.key().map(ObjectKey::as_str).unwrap_or_default();
    let in_key = key.match_indices('?').any(|(at, mark)| {
        let tail = key.get(at + mark.len()..).unwrap_or_default();
        tail.split('&').all(is_subresource)
    });
    let in_value = |value: &str| value.split('&').skip(1).any(is_subresource);
    let in_pair = |(name, value): (&str, &str)| name.contains(['&', '=']) || in_value(value);
    in_key || request.query.iter().filter(|(name, _)| could_be_signed(name)).any(in_pair)
}

fn is_subresource(piece: &str) -> bool {
    could_be_signed(piece.split_once('=').map_or(piece, |(name, _)| name))
}

fn build(request: &SignedRequest<'_>, variant: Variant<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(request.method.as_str().as_bytes());
    text.push(b'\n');
    for name in ["content-md5", "content-type"] {
        text.extend_from_slice(&request.header(name).unwrap_or_default());
        text.push(b'\n');
    }
    text.extend_from_slice(variant.date.as_bytes());
    text.push(b'\n');
    for name in request.oss_header_names() {
        if variant.with_hash_header || name != UNSIGNED_HEADER {
            push_header_line(&mut text, name, &request.header(name).unwrap_or_default());
        }
    }
    text.extend_from_slice(request.resource(variant.bare_bucket).as_bytes());
    push_subresources(&mut text, request, variant);
    text
}

fn push_subresources(text: &mut Vec<u8>, request: &SignedRequest<'_>, variant: Variant<'_>) {
    let covered = |(name, _): &(&str, &str)| variant.choice.covers(name, request.method);
    let mut pairs: Vec<(&str, &str)> = request.query.iter().filter(covered).collect();
    pairs.sort_by_key(|(name, _)| *name);
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        text.push(if index == 0 { b'?' } else { b'&' });
        text.extend_from_slice(name.as_bytes());
        if !value.is_empty() || variant.equals_sign {
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        }
    }
}
