//! The signature of a form upload: read from its fields without knowing the secret, checked with it.

use crate::sign::{
    CredentialScope, MAX_EXPIRES_SECONDS, MAX_SKEW_MILLIS, Scope, V4_SIGNATURE_VERSION, base64_mac, equal,
    expired, hmac_sha1, mismatch, only_token, skewed, v4_signature,
};
use crate::{Error, ErrorCode, SecretKey, Timestamp};

/// A form's signature as presented: well-formed, but not verified.
#[derive(Clone, Debug)]
pub struct PresentedForm {
    access_key_id: String,
    security_token: Option<String>,
    policy: String,
    signature: String,
    v4: Option<V4>,
}

#[derive(Clone, Debug)]
struct V4 {
    scope: CredentialScope,
    date: Timestamp,
}

/// Reads the signature from a form's fields, whose names are compared without regard to case; `None` means
/// that the form is anonymous.
///
/// # Errors
/// `InvalidArgument` when some of the fields are there and others missing or unreadable, `InvalidSecurityToken` for two tokens.
pub fn presented(fields: &[(String, String)]) -> Result<Option<PresentedForm>, Error> {
    let get = |name: &str| {
        let field = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let policy = get("policy");
    let tokens = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case("x-oss-security-token"));
    let token = only_token(tokens.map(|(_, value)| value.as_str()))?;
    let is_v4 = ["x-oss-signature-version", "x-oss-credential", "x-oss-signature"]
        .into_iter()
        .any(|name| get(name).is_some());
    if !is_v4 {
        let (id, signature) = (get("OSSAccessKeyId"), get("Signature"));
        if id.is_none() && signature.is_none() && policy.is_none() {
            return Ok(None);
        }
        return Ok(Some(PresentedForm {
            access_key_id: required(id, "OSSAccessKeyId", "0002-00000706")?,
            security_token: token,
            policy: required(policy, "policy", "0002-00000702")?,
            signature: required(signature, "Signature", "0002-00000703")?,
            v4: None,
        }));
    }
    match get("x-oss-signature-version") {
        Some(V4_SIGNATURE_VERSION) => {}
        Some("OSS2") => {
            return Err(Error::new(ErrorCode::NotImplemented)
                .with_message("Forms signed with version 2 are not implemented.")
                .with_detail("Header", "x-oss-signature-version"));
        }
        other => {
            let value = other.unwrap_or_default();
            return Err(bad("x-oss-signature-version", value, "0002-00000002"));
        }
    }
    let credential = required(get("x-oss-credential"), "x-oss-credential", "0002-00000706")?;
    let (access_key_id, scope) = CredentialScope::parse_credential(&credential)
        .map_err(|_| bad("x-oss-credential", &credential, "0002-00000710"))?;
    let date = required(get("x-oss-date"), "x-oss-date", "0002-00000505")?;
    let date =
        Timestamp::parse_iso8601_basic(&date).ok_or_else(|| bad("x-oss-date", &date, "0002-00000505"))?;
    if scope.date() != date.basic_date() {
        return Err(bad("x-oss-credential", &credential, "0002-00000710"));
    }
    Ok(Some(PresentedForm {
        access_key_id,
        security_token: token,
        policy: required(policy, "policy", "0002-00000702")?,
        signature: required(get("x-oss-signature"), "x-oss-signature", "0002-00000703")?,
        v4: Some(V4 { scope, date }),
    }))
}

impl PresentedForm {
    /// Returns the id of the key that it is said to be made with.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Returns the token of temporary credentials.
    #[must_use]
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Returns the policy as it came, in base64: the text that is signed.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Checks time, scope and signature. The policy's own expiration is the policy's business.
    ///
    /// # Errors
    /// `InvalidArgument` for a wrong scope, `RequestTimeTooSkewed` or `AccessDenied` for a date that
    /// is not yet or no longer valid, `SignatureDoesNotMatch`.
    pub fn verify(&self, secret: &SecretKey, now: Timestamp, accepted: &Scope) -> Result<(), Error> {
        let expected = match &self.v4 {
            None => base64_mac(&hmac_sha1(secret.as_bytes(), self.policy.as_bytes())),
            Some(v4) => {
                self.check_scope(v4, accepted)?;
                check_date(v4.date, now)?;
                v4_signature(secret, &v4.scope, self.policy.as_bytes())
            }
        };
        if equal(&expected, &self.signature) {
            return Ok(());
        }
        Err(mismatch(&self.access_key_id, &self.signature, self.policy.as_bytes()))
    }

    fn check_scope(&self, v4: &V4, accepted: &Scope) -> Result<(), Error> {
        if accepted.accepts_region(&v4.scope) && accepted.accepts_product(&v4.scope) {
            return Ok(());
        }
        let value = format!("{}/{}", self.access_key_id, v4.scope);
        Err(bad("x-oss-credential", &value, "0002-00000226")
            .with_message("The signing region in credential is invalid."))
    }
}

/// Checks the date: a form may be filled in long after it was signed, but not for ever.
fn check_date(signed: Timestamp, now: Timestamp) -> Result<(), Error> {
    if signed.unix_millis() > now.unix_millis().saturating_add(MAX_SKEW_MILLIS) {
        return Err(skewed(signed, now));
    }
    let end = Timestamp::from_unix_seconds(signed.unix_seconds().saturating_add(MAX_EXPIRES_SECONDS));
    if now > end { Err(expired(&end.iso8601_millis(), now)) } else { Ok(()) }
}

fn required(value: Option<&str>, name: &str, ec: &'static str) -> Result<String, Error> {
    value.map(str::to_owned).ok_or_else(|| {
        let message = format!("The form must have the field {name}, as it has other fields of a signature.");
        Error::invalid_argument(message, name, "").with_ec(ec)
    })
}

fn bad(name: &str, value: &str, ec: &'static str) -> Error {
    Error::invalid_argument(format!("The value of the form field {name} is invalid."), name, value)
        .with_ec(ec)
}
