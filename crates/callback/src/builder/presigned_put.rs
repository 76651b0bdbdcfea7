//! Presigned URLs: signed permission for an app or a page to upload one file with PutObject.

use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::callback::Callback;
use super::signing::{ALGORITHM, Credentials, Scope};
use crate::parameter_error::ParameterError;

/// All that a query does not carry as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Builds and signs a URL to put one object to.
///
/// Everything is covered by the signature: whoever has the URL can neither drop nor change the callback, send another type or
/// length where one was set, nor add a header `x-oss-...`.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ossicle_callback::BodyType;
/// use ossicle_callback::builder::{Callback, Credentials, PresignedPut};
///
/// let put = PresignedPut::new("examplebucket", "users/42/cat.jpg", Duration::from_secs(300))
///     .content_type("image/jpeg")
///     .content_length(114_020)
///     .callback(&Callback::new("https://app.example.com/uploaded").var("user", "42").standard(BodyType::Json))?
///     .sign_v4(&Credentials::new("id", "secret"), "cn-hangzhou", SystemTime::now());
/// let url = put.url("https://examplebucket.oss.example.com");
/// assert!(url.starts_with("https://examplebucket.oss.example.com/users/42/cat.jpg?callback="));
/// assert_eq!(put.headers(), [("Content-Type".to_owned(), "image/jpeg".to_owned())]);
/// # Ok::<(), ossicle_callback::ParameterError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PresignedPut {
    bucket: String,
    key: String,
    lifetime: Duration,
    content_type: Option<String>,
    content_length: Option<u64>,
    query: Vec<(&'static str, String)>,
}

/// A signed URL, and the headers that must be sent with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPut {
    path: String,
    query: String,
    headers: Vec<(String, String)>,
}

impl PresignedPut {
    /// Creates permission to put this object, for so long.
    pub fn new(bucket: &str, key: &str, lifetime: Duration) -> Self {
        Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            lifetime,
            content_type: None,
            content_length: None,
            query: Vec::new(),
        }
    }

    /// Requires this type.
    pub fn content_type(self, content_type: &str) -> Self {
        Self { content_type: Some(content_type.to_owned()), ..self }
    }

    /// Requires a file of exactly this length, in bytes. Clients send the header `Content-Length` by themselves.
    pub fn content_length(self, bytes: u64) -> Self {
        Self { content_length: Some(bytes), ..self }
    }

    /// Asks for a callback after the upload.
    ///
    /// # Errors
    /// What the store would answer about the callback.
    pub fn callback(mut self, callback: &Callback) -> Result<Self, ParameterError> {
        self.query.push(("callback", callback.to_header()?));
        let variables = callback.var_header()?;
        if !variables.is_empty() {
            self.query.push(("callback-var", variables));
        }
        Ok(self)
    }

    /// Signs with version 4: HMAC-SHA256 with a key derived for this day and region (`cn-hangzhou`).
    #[must_use]
    pub fn sign_v4(mut self, credentials: &Credentials, region: &str, now: SystemTime) -> SignedPut {
        let scope = Scope::new(region, now);
        self.query.extend([
            ("x-oss-credential", scope.credential(credentials)),
            ("x-oss-date", scope.moment().to_owned()),
            ("x-oss-expires", self.lifetime.as_secs().to_string()),
            ("x-oss-signature-version", ALGORITHM.to_owned()),
        ]);
        if let Some(token) = &credentials.security_token {
            self.query.push(("x-oss-security-token", token.clone()));
        }
        // A length is signed only where it is named; type and `x-oss-...` always are.
        let additional = if self.content_length.is_some() { "content-length" } else { "" };
        if !additional.is_empty() {
            self.query.push(("x-oss-additional-headers", additional.to_owned()));
        }
        self.query.sort();
        let pairs =
            self.query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let path = utf8_percent_encode(&self.key, PATH).to_string();
        let bucket = &self.bucket;
        let headers = self.canonical_headers();
        let request = format!("PUT\n/{bucket}/{path}\n{query}\n{headers}\n{additional}\nUNSIGNED-PAYLOAD");
        let signature = scope.sign_request(credentials, &request);
        SignedPut {
            path,
            query: format!("{query}&x-oss-signature={signature}"),
            headers: self.content_type.into_iter().map(|value| ("Content-Type".to_owned(), value)).collect(),
        }
    }

    fn canonical_headers(&self) -> String {
        let length = self.content_length.map(|bytes| format!("content-length:{bytes}\n"));
        let content_type = self.content_type.as_ref().map(|value| format!("content-type:{}\n", value.trim()));
        length.unwrap_or_default() + &content_type.unwrap_or_default()
    }
}

impl SignedPut {
    /// Returns the URL below that of the bucket, `https://bucket.oss.example.com` or `https://oss.example.com/bucket`.
    #[must_use]
    pub fn url(&self, bucket_url: &str) -> String {
        format!("{}/{}?{}", bucket_url.trim_end_matches('/'), self.path, self.query)
    }

    /// Returns the headers to send with exactly these values.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn signed(put: PresignedPut, credentials: &Credentials) -> SignedPut {
        put.sign_v4(credentials, "cn-hangzhou", UNIX_EPOCH + Duration::from_secs(1_702_784_856))
    }

    #[test]
    fn a_plain_url() {
        let put = PresignedPut::new("examplebucket", "exampleobject", Duration::from_secs(600));
        let put = signed(put, &Credentials::new("ak", "sk"));
        let query = "x-oss-credential=ak%2F20231217%2Fcn-hangzhou%2Foss%2Faliyun_v4_request\
                     &x-oss-date=20231217T034736Z&x-oss-expires=600&x-oss-signature-version=OSS4-HMAC-SHA256";
        let signature = "d0c467ced39913665859a2d5f5978e0b41887e47c13b76d680871e46483ccc2a";
        assert_eq!(
            put.url("http://127.0.0.1:9000/examplebucket/"),
            format!("http://127.0.0.1:9000/examplebucket/exampleobject?{query}&x-oss-signature={signature}")
        );
        assert!(put.headers().is_empty());
    }

    #[test]
    fn type_length_callback_and_token_are_signed() {
        let callback = Callback::new("a.com").body("a=${x:user}", crate::BodyType::Form).var("user", "4 2");
        let put = PresignedPut::new("examplebucket", "a b/\u{fc}+%.txt", Duration::from_secs(600))
            .content_type("text/plain")
            .content_length(5)
            .callback(&callback)
            .unwrap();
        let put = signed(put, &Credentials::new("ak", "sk").with_security_token("to/ken"));
        assert_eq!(put.headers(), [("Content-Type".to_owned(), "text/plain".to_owned())]);
        let url = put.url("https://examplebucket.oss.example.com");
        let start = "https://examplebucket.oss.example.com/a%20b/%C3%BC%2B%25.txt?callback=";
        assert!(url.starts_with(start), "{url}");
        assert!(url.contains("&x-oss-additional-headers=content-length&x-oss-credential="), "{url}");
        assert!(url.contains("&x-oss-security-token=to%2Fken&"), "{url}");
        assert!(url.ends_with("4332d2d36e018f9c64a88db755fa9bcf90161741fdbd1205c3e96bf400465972"), "{url}");
    }
}
