//! `AccessControlPolicy`: the answer of `GetBucketAcl` and `GetObjectAcl`.

use super::writer::document;
use crate::{BucketAcl, ObjectAcl};

/// Who owns a bucket or an object and what everybody else may do.
#[derive(Clone, Copy, Debug)]
pub struct AccessControlPolicy<'a> {
    owner: &'a str,
    grant: &'static str,
}

impl<'a> AccessControlPolicy<'a> {
    /// Shows the ACL of a bucket.
    #[must_use]
    pub fn of_bucket(owner: &'a str, acl: BucketAcl) -> Self {
        Self { owner, grant: acl.as_str() }
    }

    /// Shows the ACL of an object.
    #[must_use]
    pub fn of_object(owner: &'a str, acl: ObjectAcl) -> Self {
        Self { owner, grant: acl.as_str() }
    }

    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("AccessControlPolicy", 256, |c| {
            c.owner(self.owner);
            c.nested("AccessControlList", |c| c.text("Grant", self.grant));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::AccessControlPolicy;
    use crate::{BucketAcl, ObjectAcl};

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, GetBucketAcl and GetObjectACL.
        let check = |policy: AccessControlPolicy<'_>, grant: &str| {
            assert_eq!(
                policy.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AccessControlPolicy><Owner>\
                     <ID>00220120222</ID>\
                     <DisplayName>00220120222</DisplayName></Owner><AccessControlList><Grant>{grant}</Grant>\
                     </AccessControlList></AccessControlPolicy>"
                )
            );
        };
        check(AccessControlPolicy::of_bucket("00220120222", BucketAcl::PublicRead), "public-read");
        check(AccessControlPolicy::of_object("00220120222", ObjectAcl::Default), "default");
    }
}
