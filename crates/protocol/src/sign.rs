//! Request signatures: reading what a client presented, checking it, and making the same for clients of our
//! own.
//!
//! The versions differ in what they cover; each has a file of its own that builds the text to sign. The
//! official SDKs do not agree in every corner, so a check knows a short, bounded list of texts that a client
//! may honestly have signed.
//!
//! ```
//! use http::{HeaderMap, Method};
//! use ossicle_protocol::sign::{Scope, SignedRequest, Signer, presented};
//! use ossicle_protocol::{Addressing, Query, SecretKey, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from_unix_seconds(1_700_000_000);
//! let target = Addressing::default().resolve(None, "/bucket/key")?.target;
//! let (query, mut headers) = (Query::default(), HeaderMap::new());
//! let signer = Signer::new("id", SecretKey::new("secret"), "cn-hangzhou");
//! signer.sign_v4_header(&Method::GET, &target, &query, &mut headers, &[], now)?;
//!
//! let presented = presented(&headers, &query)?.ok_or("anonymous")?;
//! let request = SignedRequest { method: &Method::GET, target: &target, query: &query, headers: &headers };
//! let signed = presented.verify(&request, &SecretKey::new("secret"), now, &Scope::default())?;
//! assert_eq!(signed.target, &target); // from here on only what `signed` says counts
//! # Ok(())
//! # }
//! ```

mod canonical;
mod digest;
mod fault;
mod identify;
mod presented;
mod restrictions;
mod scope;
mod secret_key;
mod signer;
mod signing_key;
mod subresources;
mod token;
mod v1;
mod v2;
mod v4;

use http::{HeaderMap, Method};

use crate::{Query, Target};

pub use canonical::CanonicalRequest;
pub use identify::{Claim, Identified, claim};
pub use presented::{Presented, Version, presented};
pub use restrictions::{Client, Restrictions};
pub use scope::Scope;
pub use secret_key::SecretKey;
pub use signer::{Signer, SigningError};

pub(crate) use digest::{base64_mac, equal, hex, hmac_sha1, hmac_sha256, sha256_hex};
pub(crate) use fault::{expired, mismatch, skewed};
pub(crate) use scope::CredentialScope;
pub(crate) use token::only as only_token;
pub(crate) use v4::{SIGNATURE_VERSION as V4_SIGNATURE_VERSION, signature as v4_signature};

/// How far a client's clock may be off.
pub(crate) const MAX_SKEW_MILLIS: i64 = 15 * 60 * 1000;
/// The longest a V4 signature in a query may be valid.
pub(crate) const MAX_EXPIRES_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The parts of a request that a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// What the request is about. Signatures cover the bucket however it was addressed.
    pub target: &'a Target,
    /// The whole query, the signature's own parameters included.
    pub query: &'a Query,
    /// All headers.
    pub headers: &'a HeaderMap,
}

impl<'a> SignedRequest<'a> {
    /// Returns all values of a header, each without the space around it, joined by commas; `None` if it is not
    /// there.
    pub(crate) fn header(&self, name: &str) -> Option<Vec<u8>> {
        let mut joined: Option<Vec<u8>> = None;
        for value in self.headers.get_all(name) {
            let value = value.as_bytes().trim_ascii();
            match &mut joined {
                None => joined = Some(value.to_vec()),
                Some(all) => {
                    all.push(b',');
                    all.extend_from_slice(value);
                }
            }
        }
        joined
    }

    /// Returns the names of all `x-oss-*` headers, sorted.
    pub(crate) fn oss_header_names(&self) -> Vec<&'a str> {
        let mut names: Vec<&'a str> =
            self.headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-oss-")).collect();
        names.sort_unstable();
        names
    }

    /// Returns `/`, `/bucket/` or `/bucket/key`; with `bare_bucket`, `/bucket` for the second.
    pub(crate) fn resource(&self, bare_bucket: bool) -> String {
        match self.target {
            Target::Service => "/".to_owned(),
            Target::Bucket(bucket) if bare_bucket => format!("/{bucket}"),
            Target::Bucket(bucket) => format!("/{bucket}/"),
            Target::Object(bucket, key) => format!("/{bucket}/{key}"),
        }
    }

    /// Returns the value of a header as text, if it is text.
    pub(crate) fn header_text(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }
}

/// Appends `name:value` and a line feed.
pub(crate) fn push_header_line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    out.extend_from_slice(value);
    out.push(b'\n');
}
