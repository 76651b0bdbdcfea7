//! POST policies: signed permission for a browser or an app to upload with a form.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};

use super::callback::Callback;
use super::signing::{ALGORITHM, Calendar, Credentials, Scope, hmac_sha1};
use crate::parameter_error::ParameterError;

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
        let scope = Scope::new(region, now);
        self = self
            .exactly("x-oss-signature-version", ALGORITHM)
            .exactly("x-oss-credential", &scope.credential(credentials))
            .exactly("x-oss-date", scope.moment());
        if let Some(token) = &credentials.security_token {
            self = self.exactly("x-oss-security-token", token);
        }
        let policy = self.encode();
        let signature = scope.sign(credentials, &policy);
        let mut form = self.fields;
        form.push(("policy".to_owned(), policy));
        form.push(("x-oss-signature".to_owned(), signature));
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn value<'a>(form: &'a SignedForm, name: &str) -> &'a str {
        form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).expect(name)
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
