//! POST policies: what a form upload is allowed to be, and the signature over it. The form itself is read
//! elsewhere.

mod conditions;
mod form_signature;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::{BucketName, Error, ErrorCode, Timestamp, shortened};

use conditions::Condition;

pub use form_signature::{PresentedForm, presented};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How much of a part of a policy an error shows.
const SHOWN: usize = 200;

/// A parsed policy.
#[derive(Clone, Debug)]
pub struct PostPolicy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

impl PostPolicy {
    /// Reads the `policy` field of a form.
    ///
    /// # Errors
    /// `InvalidPolicyDocument` with the reason.
    pub fn parse(base64: &str) -> Result<Self, Error> {
        let compact: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let bytes = BASE64
            .decode(compact)
            .map_err(|error| invalid("Invalid base64.").with_detail("ErrorDetail", error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| invalid("The policy is not UTF-8."))?;
        Self::parse_json(&text)
    }

    /// Reads a policy's JSON.
    ///
    /// # Errors
    /// As for [`PostPolicy::parse`].
    pub fn parse_json(json: &str) -> Result<Self, Error> {
        let json = plain_dollars(json);
        let value: Value =
            serde_json::from_str(&json).map_err(|error| invalid(&format!("Invalid JSON: {error}")))?;
        let Value::Object(members) = value else {
            return Err(invalid("The policy must be a JSON object."));
        };
        let expiration = members
            .get("expiration")
            .ok_or_else(|| invalid("Policy missing expiration.").with_ec("0006-00000208"))?;
        let expiration = expiration.as_str().and_then(Timestamp::parse_iso8601).ok_or_else(|| {
            let text = expiration.to_string();
            invalid(&format!("Invalid 'expiration' value: {}", shortened(&text, SHOWN)))
                .with_ec("0006-00000208")
        })?;
        let conditions = match members.get("conditions") {
            Some(Value::Array(items)) if !items.is_empty() => items,
            Some(Value::Array(_)) => return Err(invalid("Policy must have at least one condition.")),
            Some(_) => return Err(invalid("'conditions' must be a list.")),
            None => return Err(invalid("Policy missing conditions.")),
        };
        let conditions = conditions.iter().map(Condition::parse).collect::<Result<_, _>>()?;
        Ok(Self { expiration, conditions })
    }

    /// Checks everything: [`PostPolicy::check_fields`], then [`PostPolicy::check_length`].
    ///
    /// # Errors
    /// As those two.
    pub fn check(
        &self,
        fields: &[(impl AsRef<str>, impl AsRef<str>)],
        bucket: &BucketName,
        content_length: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.check_fields(fields, bucket, now)?;
        self.check_length(content_length)
    }

    /// Checks the expiration and the conditions on fields, before the file has arrived.
    ///
    /// Field names are compared without regard to case. Values are compared as they came, so `key` before its
    /// `${filename}` is replaced; `content-type` is what the caller will store.
    /// A field that occurs twice must satisfy its conditions both times.
    ///
    /// # Errors
    /// `AccessDenied` when expired, or with the first condition that fails.
    pub fn check_fields(
        &self,
        fields: &[(impl AsRef<str>, impl AsRef<str>)],
        bucket: &BucketName,
        now: Timestamp,
    ) -> Result<(), Error> {
        if now > self.expiration {
            return Err(denied("Policy expired."));
        }
        match self.conditions.iter().find(|condition| !condition.holds(fields, bucket)) {
            Some(condition) => Err(denied(&format!("Policy Condition failed: {condition}"))),
            None => Ok(()),
        }
    }

    /// Checks the length of the file.
    ///
    /// # Errors
    /// `EntityTooSmall` or `EntityTooLarge`.
    pub fn check_length(&self, length: u64) -> Result<(), Error> {
        for (least, most) in self.lengths() {
            let code = if length < least {
                ErrorCode::EntityTooSmall
            } else if length > most {
                ErrorCode::EntityTooLarge
            } else {
                continue;
            };
            return Err(Error::new(code)
                .with_detail("ProposedSize", length.to_string())
                .with_detail("MinSizeAllowed", least.to_string())
                .with_detail("MaxSizeAllowed", most.to_string()));
        }
        Ok(())
    }

    /// Returns the longest file the policy allows, if it says so: reading can stop there.
    #[must_use]
    pub fn max_length(&self) -> Option<u64> {
        self.lengths().map(|(_, most)| most).min()
    }

    /// Returns the time at which the policy ends.
    #[must_use]
    pub fn expiration(&self) -> Timestamp {
        self.expiration
    }

    fn lengths(&self) -> impl Iterator<Item = (u64, u64)> {
        self.conditions.iter().filter_map(Condition::length)
    }
}

/// Undoes the escape `\$`. JSON has none, but policies have: it is how they say that a dollar sign begins no
/// variable.
fn plain_dollars(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match characters.next() {
            Some('$') => out.push('$'),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

fn invalid(reason: &str) -> Error {
    Error::new(ErrorCode::InvalidPolicyDocument).with_message(format!("Invalid Policy: {reason}"))
}

fn denied(reason: &str) -> Error {
    Error::new(ErrorCode::AccessDenied).with_message(format!("Invalid according to Policy: {reason}"))
}
