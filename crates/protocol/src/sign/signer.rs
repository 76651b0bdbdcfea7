//! The client's side: signatures for requests, URLs and forms.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, DATE, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{CredentialScope, MAX_EXPIRES_SECONDS, SecretKey, SignedRequest, base64_mac, hmac_sha1, v1, v4};
use crate::{Query, Target, Timestamp};

const OSS_DATE: HeaderName = HeaderName::from_static("x-oss-date");
const OSS_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-oss-content-sha256");
const OSS_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-oss-security-token");

/// Signs on behalf of one access key.
#[derive(Clone, Debug)]
pub struct Signer {
    access_key_id: String,
    secret: SecretKey,
    security_token: Option<String>,
    region: String,
}

/// Why a request could not be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// The access key id or the security token cannot stand in a header.
    NotAHeaderValue,
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the access key id or the security token has characters that no header can carry")
    }
}

impl std::error::Error for SigningError {}

impl From<InvalidHeaderValue> for SigningError {
    fn from(_: InvalidHeaderValue) -> Self {
        Self::NotAHeaderValue
    }
}

impl Signer {
    /// Returns a signer for a key and, for version 4, a region such as `cn-hangzhou`.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret: SecretKey, region: impl Into<String>) -> Self {
        Self { access_key_id: access_key_id.into(), secret, security_token: None, region: region.into() }
    }

    /// Adds the token of temporary credentials.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// Adds `Authorization`, and `Date` unless the headers say when already.
    ///
    /// # Errors
    /// When the key cannot stand in a header.
    pub fn sign_v1_header(
        &self,
        method: &Method,
        target: &Target,
        query: &Query,
        headers: &mut HeaderMap,
        now: Timestamp,
    ) -> Result<(), SigningError> {
        self.insert_token(headers)?;
        if !headers.contains_key(OSS_DATE) && !headers.contains_key(DATE) {
            headers.insert(DATE, HeaderValue::try_from(now.http_date())?);
        }
        let request = SignedRequest { method, target, query, headers };
        let date = request.header_text("x-oss-date").or_else(|| request.header_text("date"));
        let text = v1::string_to_sign(&request, date.unwrap_or_default());
        let signature = v1::signature(&self.secret, &text);
        let value = HeaderValue::try_from(format!("OSS {}:{signature}", self.access_key_id))?;
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    /// Returns the query with the parameters of a version 1 signature that holds until `expires`. `headers` are
    /// those the request will have.
    #[must_use]
    pub fn presign_v1(
        &self,
        method: &Method,
        target: &Target,
        mut query: Query,
        headers: &HeaderMap,
        expires: Timestamp,
    ) -> Query {
        if let Some(token) = &self.security_token {
            query.push("security-token", token);
        }
        let expires = expires.unix_seconds().to_string();
        let request = SignedRequest { method, target, query: &query, headers };
        let signature = v1::signature(&self.secret, &v1::string_to_sign(&request, &expires));
        query.push("OSSAccessKeyId", &self.access_key_id);
        query.push("Expires", expires);
        query.push("Signature", signature);
        query
    }

    /// Adds `x-oss-date`, `x-oss-content-sha256` and `Authorization`. The headers named in `additional`
    /// (lower case) are covered besides the usual ones, if they are there.
    ///
    /// # Errors
    /// When the key cannot stand in a header.
    pub fn sign_v4_header(
        &self,
        method: &Method,
        target: &Target,
        query: &Query,
        headers: &mut HeaderMap,
        additional: &[&str],
        now: Timestamp,
    ) -> Result<(), SigningError> {
        self.insert_token(headers)?;
        let date = now.iso8601_basic();
        headers.insert(OSS_DATE, HeaderValue::try_from(&date)?);
        headers.insert(OSS_CONTENT_SHA256, HeaderValue::from_static(v4::UNSIGNED_PAYLOAD));
        let additional = present(additional, headers);
        let scope = self.scope(now);
        let request = SignedRequest { method, target, query, headers };
        let signature = self.v4_signature(&request, &additional, &date, &scope);
        let names = match additional.join(";") {
            names if names.is_empty() => names,
            names => format!(",AdditionalHeaders={names}"),
        };
        let version = v4::SIGNATURE_VERSION;
        let id = &self.access_key_id;
        let value = format!("{version} Credential={id}/{scope}{names},Signature={signature}");
        headers.insert(AUTHORIZATION, HeaderValue::try_from(value)?);
        Ok(())
    }

    /// Returns the query with the parameters of a version 4 signature that holds for `seconds`, at most seven
    /// days.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "each is a part of the request that the signature covers")]
    pub fn presign_v4(
        &self,
        method: &Method,
        target: &Target,
        mut query: Query,
        headers: &HeaderMap,
        additional: &[&str],
        now: Timestamp,
        seconds: u32,
    ) -> Query {
        let (date, scope) = (now.iso8601_basic(), self.scope(now));
        let additional = present(additional, headers);
        query.push("x-oss-signature-version", v4::SIGNATURE_VERSION);
        query.push("x-oss-credential", format!("{}/{scope}", self.access_key_id));
        query.push("x-oss-date", &date);
        query.push("x-oss-expires", i64::from(seconds).clamp(1, MAX_EXPIRES_SECONDS).to_string());
        if !additional.is_empty() {
            query.push("x-oss-additional-headers", additional.join(";"));
        }
        if let Some(token) = &self.security_token {
            query.push("x-oss-security-token", token);
        }
        let request = SignedRequest { method, target, query: &query, headers };
        let signature = self.v4_signature(&request, &additional, &date, &scope);
        query.push("x-oss-signature", signature);
        query
    }

    /// Returns the form fields of a version 1 POST policy, from the policy's JSON.
    #[must_use]
    pub fn sign_post_policy_v1(&self, policy: &str) -> Vec<(String, String)> {
        let policy = STANDARD.encode(policy);
        let signature = base64_mac(&hmac_sha1(self.secret.as_bytes(), policy.as_bytes()));
        self.form([
            ("OSSAccessKeyId", self.access_key_id.clone()),
            ("policy", policy),
            ("Signature", signature),
        ])
    }

    /// Returns the form fields of a version 4 POST policy, from the policy's JSON. A policy that restricts the
    /// fields `x-oss-signature-version`, `x-oss-credential` and `x-oss-date` gets the values from
    /// [`Signer::post_policy_v4_fields`].
    #[must_use]
    pub fn sign_post_policy_v4(&self, policy: &str, now: Timestamp) -> Vec<(String, String)> {
        let policy = STANDARD.encode(policy);
        let signature = v4::signature(&self.secret, &self.scope(now), policy.as_bytes());
        let mut fields = self.form(self.post_policy_v4_fields(now));
        fields.push(("policy".to_owned(), policy));
        fields.push(("x-oss-signature".to_owned(), signature));
        fields
    }

    /// Returns the fields a version 4 policy has to name in its conditions.
    #[must_use]
    pub fn post_policy_v4_fields(&self, now: Timestamp) -> [(&'static str, String); 3] {
        [
            ("x-oss-signature-version", v4::SIGNATURE_VERSION.to_owned()),
            ("x-oss-credential", format!("{}/{}", self.access_key_id, self.scope(now))),
            ("x-oss-date", now.iso8601_basic()),
        ]
    }

    fn form<const N: usize>(&self, fields: [(&'static str, String); N]) -> Vec<(String, String)> {
        let token = self.security_token.iter().map(|token| ("x-oss-security-token", token.clone()));
        fields.into_iter().chain(token).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn insert_token(&self, headers: &mut HeaderMap) -> Result<(), SigningError> {
        if let Some(token) = &self.security_token {
            headers.insert(OSS_SECURITY_TOKEN, HeaderValue::try_from(token)?);
        }
        Ok(())
    }

    fn scope(&self, now: Timestamp) -> CredentialScope {
        CredentialScope::new(now.basic_date(), self.region.clone())
    }

    fn v4_signature(
        &self,
        request: &SignedRequest<'_>,
        additional: &[String],
        date: &str,
        scope: &CredentialScope,
    ) -> String {
        let canonical = v4::canonical_request(request, additional, v4::Variant::default());
        v4::signature(&self.secret, scope, v4::string_to_sign(date, scope, &canonical).as_bytes())
    }
}

/// Returns those of the names that are there and not covered anyway, sorted.
fn present(names: &[&str], headers: &HeaderMap) -> Vec<String> {
    let usual = |name: &str| name.starts_with("x-oss-") || name == "content-type" || name == "content-md5";
    let mut names: Vec<String> = names
        .iter()
        .filter(|name| headers.contains_key(**name) && !usual(name))
        .map(|name| (*name).to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}
