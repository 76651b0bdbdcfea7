//! The secret half of an access key.

use std::fmt;

use zeroize::Zeroizing;

use super::equal;

/// An access key secret: wiped from memory when dropped, never printed, compared only in constant time.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Whether `candidate` is this secret.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        equal(&self.0, candidate)
    }

    /// The secret itself, for the rare places that must write it down.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
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

    #[test]
    fn is_not_printed() {
        let key = SecretKey::new("hunter2");
        assert!(!format!("{key:?}").contains("hunter2"));
        assert!(key.matches("hunter2"));
        assert!(!key.matches("hunter"));
    }
}
