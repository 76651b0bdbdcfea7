//! The secret half of an access key.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::signing_key::SigningKey;
use super::{CredentialScope, equal};

/// An access key secret: wiped from memory when dropped, never printed, compared only in constant time.
///
/// It remembers the version 4 signing key that it derived last, which is the same for a whole day of one region.
#[derive(Clone)]
pub struct SecretKey {
    text: Zeroizing<String>,
    derived: Arc<Mutex<Option<(CredentialScope, SigningKey)>>>,
}

impl SecretKey {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text.into()), derived: Arc::default() }
    }

    /// Returns whether `candidate` is this secret.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        equal(&self.text, candidate)
    }

    /// Returns the secret itself, for the rare places that must write it down.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns the version 4 signing key of a scope.
    pub(super) fn signing_key(&self, scope: &CredentialScope) -> SigningKey {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = derived.as_ref().filter(|(of, _)| of == scope) {
            return key.clone();
        }
        let key = SigningKey::derive(self.as_bytes(), scope);
        *derived = Some((scope.clone(), key.clone()));
        key
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::SecretKey;
    use crate::sign::CredentialScope;
    use crate::sign::signing_key::SigningKey;

    #[test]
    fn remembers_the_signing_key_of_one_scope() {
        let (secret, other) = (SecretKey::new("a secret"), SecretKey::new("another"));
        let scope = |date: &str| CredentialScope::new(date.to_owned(), "cn-hangzhou".to_owned());
        for date in ["20231216", "20231216", "20231217", "20231216"] {
            let derived = SigningKey::derive(secret.as_bytes(), &scope(date)).sign(b"text");
            assert_eq!(secret.signing_key(&scope(date)).sign(b"text"), derived, "{date}");
            assert_ne!(other.signing_key(&scope(date)).sign(b"text"), derived, "{date}");
        }
    }

    #[test]
    fn is_not_printed() {
        let key = SecretKey::new("hunter2");
        assert!(!format!("{key:?}").contains("hunter2"));
        assert!(key.matches("hunter2"));
        assert!(!key.matches("hunter"));
    }
}
