//! The verifier: a trusted key URL, the key behind it, the signature.

use std::sync::Arc;
use std::time::Duration;

use super::fetch::HttpKeySource;
use super::keys::{FetchError, KeyCache, KeySource};
use crate::base64_json;
use crate::signature::{SignatureError, VerifyingKey};
use crate::url::CallbackUrl;

/// The places at which OSS keeps its public keys.
const OSS_PREFIXES: [&str; 2] = ["http://gosspublic.alicdn.com/", "https://gosspublic.alicdn.com/"];

/// The parts of a request that the signature covers, and those it consists of.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Path and query of the request line, as the client sent them.
    pub path_and_query: &'a str,
    /// The value of `Authorization`.
    pub authorization: &'a str,
    /// The value of `x-oss-pub-key-url`.
    pub pub_key_url: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// The reason for which a request is not accepted as a callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header that every callback has is missing.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// The key's URL cannot be read.
    #[error("x-oss-pub-key-url is not a URL in base64")]
    KeyUrlMalformed,
    /// The key's URL is not below a trusted prefix.
    #[error("the key URL {0} is not trusted")]
    KeyUrlUntrusted(String),
    /// The key could not be had. The same request may be accepted later.
    #[error("the key {url} cannot be fetched: {reason}")]
    KeyUnavailable {
        /// The key's URL.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The signature was not made for this request by the holder of the key.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl VerifyError {
    /// Returns whether the same request may be accepted later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::KeyUnavailable { .. })
    }

    /// Returns the HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::MissingHeader(_) | Self::KeyUrlMalformed => 400,
            Self::KeyUrlUntrusted(_) | Self::Signature(_) => 403,
            Self::KeyUnavailable { .. } => 503,
        }
    }
}

/// A prefix that would trust more than it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a prefix of key URLs: it must start with http:// or https://, name a host, and end with a slash"
)]
pub struct PrefixError(String);

/// Verifies callbacks. Cheap to clone; clones share the key cache.
#[derive(Clone, Debug)]
pub struct Verifier {
    trusted: Arc<[String]>,
    keys: Arc<KeyCache>,
    max_body: usize,
}

impl Verifier {
    /// Creates a verifier of callbacks that OSS sends: it fetches its keys over HTTP and caches them.
    #[must_use]
    pub fn for_oss() -> Self {
        Self::builder().build()
    }

    /// Starts from what [`Verifier::for_oss`] does.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder {
            trusted: OSS_PREFIXES.map(str::to_owned).to_vec(),
            source: None,
            pinned: Vec::new(),
            lifetime: Duration::from_secs(24 * 3600),
            capacity: 16,
            max_body: 1024 * 1024,
        }
    }

    /// Verifies one request.
    ///
    /// # Errors
    /// [`VerifyError`]; its [`status`](VerifyError::status) is what to answer.
    pub async fn verify(&self, request: &SignedRequest<'_>) -> Result<(), VerifyError> {
        let url = self.trusted_url(request.pub_key_url)?;
        let unavailable =
            |error: FetchError| VerifyError::KeyUnavailable { url: url.clone(), reason: error.to_string() };
        let check =
            |key: &VerifyingKey| key.verify(request.path_and_query, request.body, request.authorization);
        let key = self.keys.get(&url).await.map_err(unavailable)?;
        match check(&key) {
            Err(SignatureError::Mismatch) => {
                // A store that was set up anew has another key under the same URL.
                match self.keys.refresh(&url).await {
                    Some(newer) if *newer != *key => Ok(check(&newer)?),
                    _ => Err(SignatureError::Mismatch.into()),
                }
            }
            other => Ok(other?),
        }
    }

    /// Returns the largest body that the integrations read, in bytes.
    #[must_use]
    pub fn max_body(&self) -> usize {
        self.max_body
    }

    /// Decodes the header and insists on a trusted prefix: the URL comes from whoever sent the request.
    fn trusted_url(&self, header: &str) -> Result<String, VerifyError> {
        let decoded = base64_json::decode(header.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let url = decoded.ok_or(VerifyError::KeyUrlMalformed)?;
        CallbackUrl::parse(&url).map_err(|_| VerifyError::KeyUrlMalformed)?;
        // Dot segments would lead out of a prefix that has a path.
        let lower = url.to_ascii_lowercase();
        let climbs = lower.contains("..") || lower.contains("%2e") || lower.contains('\\');
        if climbs || !self.trusted.iter().any(|prefix| url.starts_with(prefix)) {
            return Err(VerifyError::KeyUrlUntrusted(url));
        }
        Ok(url)
    }
}

/// Sets up a [`Verifier`].
#[derive(Debug)]
#[must_use]
pub struct VerifierBuilder {
    trusted: Vec<String>,
    source: Option<Arc<dyn KeySource>>,
    pinned: Vec<(String, VerifyingKey)>,
    lifetime: Duration,
    capacity: usize,
    max_body: usize,
}

impl VerifierBuilder {
    /// Trusts keys below this prefix too, such as `http://oss.internal.example:9001/`.
    ///
    /// # Errors
    /// [`PrefixError`] when the prefix does not end the host with a slash: `http://oss.example` would trust
    /// `http://oss.example.attacker.example/` as well.
    pub fn trust(mut self, prefix: impl Into<String>) -> Result<Self, PrefixError> {
        let prefix = prefix.into();
        let schemed = prefix.starts_with("http://") || prefix.starts_with("https://");
        if !schemed || !prefix.ends_with('/') || CallbackUrl::parse(&prefix).is_err() {
            return Err(PrefixError(prefix));
        }
        self.trusted.push(prefix);
        Ok(self)
    }

    /// Trusts nothing but what is added after this, not even the keys of OSS.
    pub fn trust_nothing(mut self) -> Self {
        self.trusted.clear();
        self
    }

    /// Uses this key for this URL, which is thereby trusted and never fetched.
    pub fn key(mut self, url: impl Into<String>, key: VerifyingKey) -> Self {
        let url = url.into();
        self.trusted.push(url.clone());
        self.pinned.push((url, key));
        self
    }

    /// Fetches keys from here instead of over HTTP.
    pub fn source(mut self, source: impl KeySource) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Sets how long a fetched key is used before it is fetched again; a day unless set.
    pub fn key_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the largest body that the axum and tower integrations read; 1 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Makes the verifier.
    #[must_use]
    pub fn build(self) -> Verifier {
        let source = self.source.unwrap_or_else(|| Arc::new(HttpKeySource::new()));
        let keys = KeyCache::new(source, self.pinned, self.lifetime, self.capacity);
        Verifier { trusted: self.trusted.into(), keys: Arc::new(keys), max_body: self.max_body }
    }
}
