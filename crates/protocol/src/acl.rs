//! Access control lists of buckets and objects, and what they allow to everybody.

use std::fmt;

use crate::Error;

/// Who may use the objects of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BucketAcl {
    /// Only its owner and those the owner authorized.
    #[default]
    Private,
    /// Everybody may read objects.
    PublicRead,
    /// Everybody may read and write objects.
    PublicReadWrite,
    /// Everybody with an account may read objects. The manual has forgotten this one, OSS and its SDKs have not.
    AuthenticatedRead,
}

/// Who may use an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ObjectAcl {
    /// Whatever its bucket says.
    #[default]
    Default,
    /// Only its owner and those the owner authorized.
    Private,
    /// Everybody may read it.
    PublicRead,
    /// Everybody may read and write it.
    PublicReadWrite,
}

impl BucketAcl {
    /// Reads the value of an `x-oss-acl` header.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but the four values, `default` included.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "private" => Ok(Self::Private),
            "public-read" => Ok(Self::PublicRead),
            "public-read-write" => Ok(Self::PublicReadWrite),
            "authenticated-read" => Ok(Self::AuthenticatedRead),
            _ => Err(Error::invalid_argument("no such bucket access control exists", "x-oss-acl", text)),
        }
    }

    /// Returns the value as OSS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
        }
    }

    /// Returns whether everybody may read, also without an account.
    #[must_use]
    pub fn allows_public_read(self) -> bool {
        matches!(self, Self::PublicRead | Self::PublicReadWrite)
    }

    /// Returns whether everybody may write.
    #[must_use]
    pub fn allows_public_write(self) -> bool {
        matches!(self, Self::PublicReadWrite)
    }
}

impl ObjectAcl {
    /// Reads the value of an `x-oss-object-acl` header.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but the four values.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "default" => Ok(Self::Default),
            "private" => Ok(Self::Private),
            "public-read" => Ok(Self::PublicRead),
            "public-read-write" => Ok(Self::PublicReadWrite),
            _ => {
                Err(Error::invalid_argument("no such object access control exists", "x-oss-object-acl", text))
            }
        }
    }

    /// Returns the value as OSS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
        }
    }

    /// Returns the list that holds for the object in a bucket with the list `bucket`.
    #[must_use]
    pub fn within(self, bucket: BucketAcl) -> BucketAcl {
        match self {
            Self::Default => bucket,
            Self::Private => BucketAcl::Private,
            Self::PublicRead => BucketAcl::PublicRead,
            Self::PublicReadWrite => BucketAcl::PublicReadWrite,
        }
    }
}

impl fmt::Display for BucketAcl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ObjectAcl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{BucketAcl, ObjectAcl};
    use crate::ErrorCode;

    #[test]
    fn values_of_buckets() {
        // OSS manual, PutBucketAcl.
        // And Java SDK, BucketInfoTest.
        for text in ["private", "public-read", "public-read-write", "authenticated-read"] {
            assert_eq!(BucketAcl::parse(text).expect("a list").to_string(), text);
        }
        for text in ["default", "Private", "", "error-acl"] {
            let error = BucketAcl::parse(text).expect_err("no list");
            assert_eq!(error.code(), ErrorCode::InvalidArgument, "{text:?}");
            assert_eq!(error.message(), "no such bucket access control exists");
        }
        let xml = BucketAcl::parse("error-acl").expect_err("no list").to_xml("ID", "host");
        assert!(xml.contains("<ArgumentName>x-oss-acl</ArgumentName>"), "{xml}");
        assert!(xml.contains("<ArgumentValue>error-acl</ArgumentValue>"), "{xml}");
    }

    #[test]
    fn values_of_objects() {
        // OSS manual, PutObjectACL.
        for text in ["default", "private", "public-read", "public-read-write"] {
            assert_eq!(ObjectAcl::parse(text).expect("a list").to_string(), text);
        }
        assert_eq!(ObjectAcl::parse("none").expect_err("no list").code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn what_everybody_may_do() {
        let check = |object: ObjectAcl, bucket: BucketAcl, read: bool, write: bool| {
            let acl = object.within(bucket);
            assert_eq!(
                (acl.allows_public_read(), acl.allows_public_write()),
                (read, write),
                "{object} in {bucket}"
            );
        };
        check(ObjectAcl::Default, BucketAcl::Private, false, false);
        check(ObjectAcl::Default, BucketAcl::PublicRead, true, false);
        check(ObjectAcl::Default, BucketAcl::PublicReadWrite, true, true);
        check(ObjectAcl::Default, BucketAcl::AuthenticatedRead, false, false);
        check(ObjectAcl::Private, BucketAcl::PublicReadWrite, false, false);
        check(ObjectAcl::PublicRead, BucketAcl::Private, true, false);
        check(ObjectAcl::PublicReadWrite, BucketAcl::Private, true, true);
    }
}
