//! The application server's side: who sent this request, and what does it say?
//!
//! ```no_run
//! # async fn example(authorization: &str, pub_key_url: &str, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! use ossicle_callback::receiver::{SignedRequest, Verifier};
//!
//! // Trusts the keys of OSS itself; a store of your own is added with its key URL.
//! let verifier = Verifier::builder().trust("http://oss.internal.example/")?.build();
//! let request = SignedRequest { path_and_query: "/callback?id=1", authorization, pub_key_url, body };
//! verifier.verify(&request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Three rules make a receiver safe, and the verifier keeps all of them: the key's URL comes from the request and
//! is therefore fetched only below a trusted prefix; the signature covers the path as the client sent it, so a
//! router's or a proxy's rewritten path must not be used; the body is verified before it is parsed.

#[cfg(feature = "axum")]
mod axum;
mod event;
#[cfg(any(feature = "axum", feature = "tower"))]
mod extract;
mod fetch;
mod keys;
#[cfg(feature = "tower")]
mod tower;
mod verifier;

#[cfg(feature = "axum")]
pub use self::axum::VerifiedCallback;
#[cfg(feature = "tower")]
pub use self::tower::{Verify, VerifyLayer};
pub use event::{CallbackEvent, EventError, Upload};
#[cfg(any(feature = "axum", feature = "tower"))]
pub use extract::Rejection;
pub use fetch::HttpKeySource;
pub use keys::{FetchError, FixedKeys, KeySource};
pub use verifier::{PrefixError, SignedRequest, Verifier, VerifierBuilder, VerifyError};
