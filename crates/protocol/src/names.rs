//! Bucket names and object keys: what OSS accepts, checked once.

use std::fmt;

use crate::{Error, ErrorCode};

/// A valid bucket name: 3 to 63 characters of `a-z`, `0-9` and `-`, without a `-` at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

impl BucketName {
    /// Checks a bucket name.
    ///
    /// # Errors
    /// `InvalidBucketName`, with the name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (3..=63).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::new(ErrorCode::InvalidBucketName).with_detail("BucketName", text))
        }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object key: 1 to 1023 bytes of UTF-8 without NUL. One that begins with `/` or `\` names nothing that can exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The longest key in bytes.
    pub const MAX_LENGTH: usize = 1023;

    /// Checks a key to store something under.
    ///
    /// # Errors
    /// `InvalidObjectName`, with the key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = Self::to_look_up(text)?;
        key.check_storable()?;
        Ok(key)
    }

    /// Checks a key to look for, which OSS answers with `NoSuchKey` where it says that storing is impossible.
    ///
    /// # Errors
    /// `InvalidObjectName`, with the key.
    pub fn to_look_up(text: &str) -> Result<Self, Error> {
        let error = || Error::new(ErrorCode::InvalidObjectName).with_detail("ObjectName", text);
        if text.len() > Self::MAX_LENGTH {
            return Err(Self::too_long().with_detail("ObjectName", text));
        }
        if text.is_empty() {
            return Err(error().with_message("The Object name can not be empty."));
        }
        if text.contains('\0') {
            return Err(error());
        }
        Ok(Self(text.to_owned()))
    }

    /// Refuses a key that nothing may be stored under.
    ///
    /// # Errors
    /// `InvalidObjectName`, with the key.
    pub fn check_storable(&self) -> Result<(), Error> {
        if self.0.starts_with(['/', '\\']) {
            return Err(Error::new(ErrorCode::InvalidObjectName)
                .with_ec("0016-00000005")
                .with_detail("ObjectName", &self.0));
        }
        Ok(())
    }

    /// Makes the error for a key of more than [`ObjectKey::MAX_LENGTH`] bytes.
    #[must_use]
    pub fn too_long() -> Error {
        Error::new(ErrorCode::InvalidObjectName)
            .with_message("The Length of Object name must be less than 1024.")
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BucketName, ObjectKey};
    use crate::ErrorCode;

    #[test]
    fn bucket_names() {
        // OSS manual, "Bucket", naming rules.
        let check = |text: &str, valid: bool| match BucketName::parse(text) {
            Ok(name) => assert!(valid && name.as_str() == text, "{text:?}"),
            Err(error) => assert!(!valid && error.code() == ErrorCode::InvalidBucketName, "{text:?}"),
        };
        check("abc", true);
        check("0-9", true);
        check(&"a".repeat(63), true);
        check("ab", false);
        check(&"a".repeat(64), false);
        check("-ab", false);
        check("ab-", false);
        check("Abc", false);
        check("a.b", false);
        check("a_b", false);
        check("键键键", false);
        check("", false);
    }

    #[test]
    fn object_keys() {
        let check = |text: &str, valid: bool| match ObjectKey::parse(text) {
            Ok(key) => assert!(valid && key.as_str() == text, "{text:?}"),
            Err(error) => assert!(!valid && error.code() == ErrorCode::InvalidObjectName, "{text:?}"),
        };
        check("a", true);
        check("a//b/../c?d#e", true);
        check("键/\u{1}\r\n", true);
        check(&"k".repeat(1023), true);
        check(&"k".repeat(1024), false);
        check("", false);
        check("\\a", false);
        check("/a", false);
        check("a\0b", false);
        for text in ["/a", "\\a", "/"] {
            assert!(ObjectKey::to_look_up(text).is_ok(), "{text:?}");
        }
        for text in ["", "a\0b", &"k".repeat(1024)] {
            assert!(ObjectKey::to_look_up(text).is_err(), "{text:?}");
        }
    }
}
