//! The values that condition keys of policies have in a call.

use http::header::{CONTENT_LENGTH, HeaderName, REFERER, USER_AGENT};
use ossicle_policy::{Context, Key, Value};
use ossicle_protocol::{BucketTags, Operation, Tags};

use crate::oss::call::Call;

/// Of longer texts the beginning is compared, since patterns with many wildcards take their time. What acts has other bounds,
/// which are no wider.
const MAX_TEXT: usize = 1024;

/// What a call brings for the object that it makes, or changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Brought<'a> {
    /// The ACL, as it is written.
    pub(crate) acl: Option<&'a str>,
    /// The tags.
    pub(crate) tags: Tags,
}

/// The values of a call, for one action on one resource.
pub(crate) struct CallContext<'a> {
    pub(crate) call: &'a Call,
    pub(crate) action: &'static str,
    pub(crate) brought: &'a Brought<'a>,
    /// The tags that the object has, where a condition asks for them.
    pub(crate) object_tags: Tags,
    /// Those of the bucket.
    pub(crate) bucket_tags: Option<BucketTags>,
}

impl Context for CallContext<'_> {
    fn value(&self, key: &Key) -> Option<Value<'_>> {
        let call = self.call;
        match key {
            Key::SourceIp => Some(Value::Address(call.client_ip)),
            Key::CurrentTime => Some(Value::Time(call.now.unix_millis().div_euclid(1000))),
            Key::SecureTransport => Some(Value::Flag(call.scheme == "https")),
            Key::TlsVersion => call.tls.map(|version| Value::from(version.0)),
            // Access keys know no second factor.
            Key::MfaPresent => Some(Value::Flag(false)),
            Key::UserAgent => self.header(&USER_AGENT),
            Key::Referer => self.header(&REFERER),
            Key::AccessId => {
                call.caller.identity().map(|identity| Value::from(identity.access_key_id.as_str()))
            }
            Key::Prefix => self.of_listing("prefix"),
            Key::Delimiter => self.of_listing("delimiter"),
            Key::BucketAcl => self.bucket_acl(),
            Key::ObjectAcl => self.object_acl(),
            Key::BucketTag(tag) => self.bucket_tags.as_ref()?.0.get(tag).map(Value::from),
            Key::ExistingObjectTag(tag) => self.object_tags.get(tag).map(Value::from),
            Key::RequestObjectTag(tag) => self.brought.tags.get(tag).map(Value::from),
            Key::ContentLength => self.header(&CONTENT_LENGTH),
            Key::VersionId => call.query.get("versionId").filter(|id| !id.is_empty()).map(Value::from),
            _ => None,
        }
    }
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

impl CallContext<'_> {
    fn header(&self, name: &HeaderName) -> Option<Value<'_>> {
        self.call.head.headers.get(name)?.to_str().ok().map(|text| Value::from(cut(text)))
    }

    /// Returns a parameter of a listing, where none is the same as an empty one.
    fn of_listing(&self, name: &str) -> Option<Value<'_>> {
        use Operation::{ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2};
        let is_listing = matches!(
            self.call.operation,
            ListObjects | ListObjectsV2 | ListObjectVersions | ListMultipartUploads
        );
        is_listing.then(|| Value::from(cut(self.call.query.get(name).unwrap_or_default())))
    }

    /// Returns the ACL that the bucket is to have; a new one is private unless the request says otherwise.
    fn bucket_acl(&self) -> Option<Value<'_>> {
        let given = self.call.head.headers.get("x-oss-acl").and_then(|value| value.to_str().ok());
        let given = given.filter(|given| !given.is_empty());
        match self.action {
            "oss:PutBucket" => Some(Value::from(given.unwrap_or("private"))),
            "oss:PutBucketAcl" => given.map(Value::from),
            _ => None,
        }
    }

    /// Returns the ACL that the object is to have; it is its bucket's unless the request says otherwise.
    fn object_acl(&self) -> Option<Value<'_>> {
        match self.action {
            "oss:PutObject" | "oss:PutObjectAcl" => Some(Value::from(self.brought.acl.unwrap_or("default"))),
            _ => None,
        }
    }
}
