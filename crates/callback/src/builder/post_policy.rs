//! POST policies: signed permission for a browser or an app to upload with a form.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::callback::Callback;
use crate::parameter_error::ParameterError;

/// An access key. `Debug` shows nothing of the secret.
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: Zeroizing<String>,
    security_token: Option<String>,
}

impl Credentials {
    /// Creates the credentials of a permanent access key.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self {
            id: access_key_id.into(),
            secret: Zeroizing::new(access_key_secret.into()),
            security_token: None,
        }
    }

    /// Adds the token of a temporary access key.
    #[must_use]
    pub fn with_security_token(self, token: impl Into<String>) -> Self {
        Self { security_token: Some(token.into()), ..self }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The fields of an upload form, in the order to send them; the file comes last.
pub type SignedForm = Vec<(String, String)>;

/// Builds and signs a POST policy.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ossicle_callback::BodyType;
/// use ossicle_callback::builder::{Callback, Credentials, PostPolicy};
///
/// let now = SystemTime::now();
/// let form = PostPolicy::new("examplebucket", now + Duration::from_secs(300))
///     .key("uploads/42/${filename}")
///     .content_length(1..=10 * 1024 * 1024)
///     .callback(&Callback::new("https://app.example.com/uploaded").var("user", "42").standard(BodyType::Json))?
///     .sign_v4(&Credentials::new("id", "secret"), "cn-hangzhou", now);
/// assert!(form.iter().any(|(name, _)| name == "x-oss-signature"));
/// # Ok::<(), ossicle_callback::ParameterError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PostPolicy {
    expires: SystemTime,
    conditions: Vec<Json>,
    fields: Vec<(String, String)>,
}

impl PostPolicy {
    /// Creates a policy for uploads into one bucket, valid until `expires`.
    pub fn new(bucket: &str, expires: SystemTime) -> Self {
        Self { expires, conditions: vec![json!({ "bucket": bucket })], fields: Vec::new() }
    }

    /// Requires exactly this name of uploads. `${filename}` stands for the name that the browser sends.
    pub fn key(self, key: &str) -> Self {
        // Policies treat `$` as the sign of a field; a literal one is escaped.
        let literal = key.replace('$', "\\$");
        self.condition(json!(["eq", "$key", literal])).field("key", key)
    }

    /// Lets the page choose the name below this prefix; it adds the field `key` itself.
    pub fn key_below(self, prefix: &str) -> Self {
        self.condition(json!(["starts-with", "$key", prefix.replace('$', "\\$")]))
    }

    /// Bounds the length of the file, in bytes.
    pub fn content_length(self, bytes: std::ops::RangeInclusive<u64>) -> Self {
        self.condition(json!(["content-length-range", bytes.start(), bytes.end()]))
    }

    /// Requires a field that the form carries with exactly this value, such as `success_action_status`.
    pub fn exactly(self, name: &str, value: &str) -> Self {
        self.condition(json!(["eq", format!("${name}"), value.replace('$', "\\$")])).field(name, value)
    }

    /// Requires a field that the page fills in itself, with a value that starts with this.
    pub fn starts_with(self, name: &str, prefix: &str) -> Self {
        self.condition(json!(["starts-with", format!("${name}"), prefix]))
    }

    /// Asks for a callback after the upload. The policy pins it, so that whoever has the form cannot redirect or drop
    /// it.
    ///
    /// # Errors
    /// What the store would answer about the callback.
    pub fn callback(self, callback: &Callback) -> Result<Self, ParameterError> {
        let fields = callback.form_fields()?;
        Ok(fields.iter().fold(self, |policy, (name, value)| policy.exactly(name, value)))
    }

    /// Signs with version 1: HMAC-SHA1 with the access key secret.
    #[must_use]
    pub fn sign_v1(mut self, credentials: &Credentials) -> SignedForm {
        if let Some(token) = &credentials.security_token {
            self = self.exactly("x-oss-security-token", token);
        }
        let policy = self.encode();
        let signature = BASE64.encode(hmac_sha1(credentials.secret.as_bytes(), policy.as_bytes()));
        let mut form = self.fields;
        form.push(("OSSAccessKeyId".to_owned(), credentials.id.clone()));
        form.push(("policy".to_owned(), policy));
        form.push(("Signature".to_owned(), signature));
        form
    }

    /// Signs with version 4: HMAC-SHA256 with a key derived for this day and region (`cn-hangzhou`).
    #[must_use]
    pub fn sign_v4(mut self, credentials: &Credentials, region: &str, now: SystemTime) -> SignedForm {
        let time = Calendar::of(now);
        let day = time.basic_day();
        self = self
            .exactly("x-oss-signature-version", "OSS4-HMAC-SHA256")
            .exactly("x-oss-credential", &format!("{}/{day}/{region}/oss/aliyun_v4_request", credentials.id))
            .exactly("x-oss-date", &time.basic());
        if let Some(token) = &credentials.security_token {
            self = self.exactly("x-oss-security-token", token);
        }
        let policy = self.encode();
        let seed = Zeroizing::new(format!("aliyun_v4{}", *credentials.secret));
        let mut key = Zeroizing::new(seed.as_bytes().to_vec());
        for part in [day.as_str(), region, "oss", "aliyun_v4_request"] {
            key = Zeroizing::new(hmac_sha256(&key, part.as_bytes()));
        }
        let signature = hmac_sha256(&key, policy.as_bytes());
        let mut form = self.fields;
        form.push(("policy".to_owned(), policy));
        form.push(("x-oss-signature".to_owned(), hex(&signature)));
        form
    }

    fn condition(mut self, condition: Json) -> Self {
        self.conditions.push(condition);
        self
    }

    fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn encode(&self) -> String {
        let expiration = Calendar::of(self.expires).extended();
        BASE64.encode(json!({ "expiration": expiration, "conditions": self.conditions }).to_string())
    }
}

/// A moment in UTC, to the second.
struct Calendar {
    year: i64,
    month: i64,
    day: i64,
    second: i64,
}

impl Calendar {
    /// Converts days to a date by Howard Hinnant's algorithm: years start in March, so that leap days come last.
    fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            second: seconds % 86_400,
        }
    }

    fn basic_day(&self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    fn basic(&self) -> String {
        let (hour, minute, second) = self.time();
        format!("{}T{hour:02}{minute:02}{second:02}Z", self.basic_day())
    }

    fn extended(&self) -> String {
        let (hour, minute, second) = self.time();
        format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.000Z", self.year, self.month, self.day)
    }

    fn time(&self) -> (i64, i64, i64) {
        (self.second / 3600, self.second / 60 % 60, self.second % 60)
    }
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = new_mac::<Hmac<Sha1>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = new_mac::<Hmac<Sha256>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn new_mac<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("a key of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn value<'a>(form: &'a SignedForm, name: &str) -> &'a str {
        form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).expect(name)
    }

    #[test]
    fn dates_are_right() {
        // From `date -u -d @N`.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_868_799, "2000-02-29T23:59:59.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_702_784_856, "2023-12-17T03:47:36.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Calendar::of(at(seconds)).extended(), expected);
        }
        assert_eq!(Calendar::of(at(1_702_784_856)).basic(), "20231217T034736Z");
    }

    fn policy() -> PostPolicy {
        PostPolicy::new("examplebucket", at(1_702_785_000)).key("user/${filename}").content_length(0..=1024)
    }

    #[test]
    fn version_1_is_an_hmac_of_the_policy() {
        let form = policy().sign_v1(&Credentials::new("ak", "sk"));
        let decoded = String::from_utf8(BASE64.decode(value(&form, "policy")).unwrap()).unwrap();
        let conditions = r#"[{"bucket":"examplebucket"},["eq","$key","user/\\${filename}"],["content-length-range",0,1024]]"#;
        let expiration = "2023-12-17T03:50:00.000Z";
        assert_eq!(decoded, format!(r#"{{"conditions":{conditions},"expiration":"{expiration}"}}"#));
        assert_eq!(value(&form, "key"), "user/${filename}");
        assert_eq!(value(&form, "OSSAccessKeyId"), "ak");
        // Computed with Python's hmac module.
        assert_eq!(value(&form, "Signature"), "vnd733m954wkLD0oyE8v88QuyLw=");
    }

    #[test]
    fn version_4_derives_its_key() {
        let credentials = Credentials::new("ak", "sk").with_security_token("token");
        let form = policy().sign_v4(&credentials, "cn-hangzhou", at(1_702_784_856));
        assert_eq!(value(&form, "x-oss-signature-version"), "OSS4-HMAC-SHA256");
        assert_eq!(value(&form, "x-oss-credential"), "ak/20231217/cn-hangzhou/oss/aliyun_v4_request");
        assert_eq!(value(&form, "x-oss-date"), "20231217T034736Z");
        assert_eq!(value(&form, "x-oss-security-token"), "token");
        let decoded = String::from_utf8(BASE64.decode(value(&form, "policy")).unwrap()).unwrap();
        assert!(decoded.contains(r#"["eq","$x-oss-security-token","token"]"#), "{decoded}");
        assert_eq!(
            value(&form, "x-oss-signature"),
            "3808132568099faf57e032af4f1ec1ec60adecb179c77b19cf0562c120a0838e"
        );
        assert_eq!(format!("{credentials:?}"), "Credentials { id: \"ak\", .. }");
    }

    #[test]
    fn a_callback_is_pinned_by_the_policy() {
        let callback = Callback::new("a.com").body("a=${x:user}", crate::BodyType::Form).var("user", "42");
        let form = policy().callback(&callback).unwrap().sign_v1(&Credentials::new("ak", "sk"));
        let decoded = String::from_utf8(BASE64.decode(value(&form, "policy")).unwrap()).unwrap();
        let encoded = value(&form, "callback");
        assert!(decoded.contains(&format!(r#"["eq","$callback","{encoded}"]"#)), "{decoded}");
        assert!(decoded.contains(r#"["eq","$x:user","42"]"#), "{decoded}");
        assert_eq!(value(&form, "x:user"), "42");
    }
}
