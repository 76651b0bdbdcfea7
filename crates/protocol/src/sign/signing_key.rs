//! The key that version 4 derives from a secret for one day, region and product.

use zeroize::Zeroizing;

use super::CredentialScope;
use super::digest::{hex, hmac_sha256};

/// The key that signs under one scope, wiped from memory when dropped.
#[derive(Clone)]
pub(super) struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// Derives the key from a secret and a scope.
    pub(super) fn derive(secret: &[u8], scope: &CredentialScope) -> Self {
        let start = Zeroizing::new([b"aliyun_v4", secret].concat());
        let date = hmac_sha256(&start, scope.date().as_bytes());
        let region = hmac_sha256(&date, scope.region().as_bytes());
        let product = hmac_sha256(&region, scope.product().as_bytes());
        Self(Zeroizing::new(hmac_sha256(&product, CredentialScope::TERMINATOR.as_bytes())))
    }

    /// Signs a text.
    pub(super) fn sign(&self, text: &[u8]) -> String {
        hex(&hmac_sha256(self.0.as_ref(), text))
    }
}
