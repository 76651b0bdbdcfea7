//! Signature version 3 of RPC requests, `ACS3-HMAC-SHA256`: in the `Authorization` header, over method, path, query, the named
//! headers and the digest of the body.

use http::HeaderMap;

use super::{Fault, FaultCode};
use crate::SecretKey;
use crate::sign::{hex, hmac_sha256, sha256_hex};

/// The first word of the header.
pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// What is before the name of the algorithm in every version of this signature.
pub(super) const FAMILY: &str = "ACS3-";
/// The header with the digest of the body.
pub(super) const CONTENT_SHA256: &str = "x-acs-content-sha256";
/// The most headers that a signature may name.
const MAX_SIGNED_HEADERS: usize = 64;

/// The `Authorization` header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Parses what follows the algorithm.
    ///
    /// # Errors
    /// `IncompleteSignature` if a part is missing, doubled or unknown.
    pub(super) fn parse(text: &'a str) -> Result<Self, Fault> {
        let (mut credential, mut headers, mut signature) = (None, None, None);
        for piece in text.split(',') {
            let (name, value) = piece.trim().split_once('=').ok_or(FaultCode::IncompleteSignature)?;
            let part = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut headers,
                "Signature" => &mut signature,
                _ => return Err(FaultCode::IncompleteSignature.into()),
            };
            if value.is_empty() || part.replace(value).is_some() {
                return Err(FaultCode::IncompleteSignature.into());
            }
        }
        let (Some(access_key_id), Some(headers), Some(signature)) = (credential, headers, signature) else {
            return Err(FaultCode::IncompleteSignature.into());
        };
        let signed_headers: Vec<&str> = headers.split(';').take(MAX_SIGNED_HEADERS + 1).collect();
        let in_order = signed_headers.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        let lower = signed_headers.iter().all(|name| !name.bytes().any(|byte| byte.is_ascii_uppercase()));
        if signed_headers.len() > MAX_SIGNED_HEADERS || !in_order || !lower {
            return Err(FaultCode::IncompleteSignature.into());
        }
        Ok(Self { access_key_id, signed_headers, signature })
    }

    /// Checks that what is acted upon is covered: the host and all `x-acs-*` headers, each of which may be there once.
    ///
    /// # Errors
    /// `IncompleteSignature`.
    pub(super) fn check_coverage(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let matters = |name: &str| name == "host" || name.starts_with("x-acs-");
        let covered = headers.keys().map(|name| name.as_str()).filter(|name| matters(name)).all(|name| {
            self.signed_headers.binary_search(&name).is_ok() && headers.get_all(name).iter().count() == 1
        });
        if covered { Ok(()) } else { Err(FaultCode::IncompleteSignature.into()) }
    }
}

/// Builds the canonical request. A header that is named and not there counts as empty.
pub(super) fn canonical_request(
    method: &str,
    query: &str,
    headers: &HeaderMap,
    signed_headers: &[&str],
    body_sha256: &str,
) -> Vec<u8> {
    let mut text = format!("{method}\n/\n{query}\n").into_bytes();
    for name in signed_headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        for (index, value) in headers.get_all(*name).iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(value.as_bytes().trim_ascii());
        }
        text.push(b'\n');
    }
    text.extend_from_slice(format!("\n{}\n{body_sha256}", signed_headers.join(";")).as_bytes());
    text
}

/// Builds the text that a client signs.
pub(super) fn string_to_sign(canonical_request: &[u8]) -> String {
    format!("{ALGORITHM}\n{}", sha256_hex(canonical_request))
}

/// Signs a text.
pub(super) fn signature(secret: &SecretKey, text: &str) -> String {
    hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::Authorization;
    use crate::sts::FaultCode;

    #[test]
    fn reads_the_header() {
        let read =
            Authorization::parse("Credential=id, SignedHeaders=host;x-acs-date,Signature=00ff").unwrap();
        assert_eq!(read.access_key_id, "id");
        assert_eq!(read.signed_headers, ["host", "x-acs-date"]);
        assert_eq!(read.signature, "00ff");
    }

    #[test]
    fn refuses_a_header_that_lacks_or_doubles_a_part() {
        for text in [
            "",
            "Credential=id",
            "Credential=id,SignedHeaders=host",
            "Credential=,SignedHeaders=host,Signature=0",
            "Credential=id,SignedHeaders=host,Signature=0,Signature=1",
            "Credential=id,SignedHeaders=host,Signature=0,Other=1",
            "Credential=id,SignedHeaders=x-acs-date;host,Signature=0",
            "Credential=id,SignedHeaders=host;host,Signature=0",
            "Credential=id,SignedHeaders=Host,Signature=0",
        ] {
            assert_eq!(
                Authorization::parse(text).unwrap_err().code(),
                FaultCode::IncompleteSignature,
                "{text}"
            );
        }
        let many: Vec<String> = (0..100).map(|n| format!("h{n:03}")).collect();
        let text = format!("Credential=id,SignedHeaders={},Signature=0", many.join(";"));
        assert_eq!(Authorization::parse(&text).unwrap_err().code(), FaultCode::IncompleteSignature);
    }
}
