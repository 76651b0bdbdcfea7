//! One request on its way through the server: everything an operation may look at, besides the body.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use ossicle_protocol::{
    AddressStyle, BucketName, Error, ErrorCode, ObjectKey, Operation, Query, Target, Timestamp,
};
use ossicle_store::{Bucket, VersionEntry};
use tokio::sync::OnceCell;

use crate::access::auth::Caller;
use crate::app::App;
use crate::http::tls_version::TlsVersion;
use crate::observe::request_id::RequestId;
use crate::oss::settings::BucketSettings;

/// A routed, authenticated and authorized request.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) operation: Operation,
    pub(crate) target: Target,
    /// How the target was addressed.
    pub(crate) style: AddressStyle,
    /// `http` or `https`, whichever the client speaks.
    pub(crate) scheme: &'static str,
    /// The version of TLS that the client speaks to this server; none through a proxy.
    pub(crate) tls: Option<TlsVersion>,
    pub(crate) query: Query,
    /// The request but for its body.
    pub(crate) head: Arc<http::request::Parts>,
    pub(crate) caller: Caller,
    /// Whether the caller signed the URL, and not in a header.
    pub(crate) signed_url: bool,
    pub(crate) request_id: RequestId,
    pub(crate) host_id: Arc<str>,
    pub(crate) client_ip: IpAddr,
    pub(crate) now: Timestamp,
    /// What is set on the target's bucket, where it exists.
    pub(crate) settings: Option<Arc<BucketSettings>>,
    /// The version of an object that the call names, once it was looked up.
    pub(crate) object: OnceCell<Option<VersionEntry>>,
}

impl Call {
    /// Returns the bucket's name; operations on buckets and objects have one by their route.
    pub(crate) fn bucket_name(&self) -> Result<&BucketName, Error> {
        self.target.bucket().ok_or_else(|| Error::new(ErrorCode::InvalidBucketName))
    }

    /// Returns the bucket, if it exists.
    pub(crate) fn existing_bucket(&self) -> Option<&Arc<Bucket>> {
        self.settings.as_deref().map(BucketSettings::bucket)
    }

    /// Returns the bucket itself, which must exist.
    pub(crate) fn bucket(&self) -> Result<&Arc<Bucket>, Error> {
        self.settings().map(BucketSettings::bucket)
    }

    /// Returns the account that owns the bucket, or the caller's for what is about no bucket.
    pub(crate) fn owner(&self) -> &str {
        let of_bucket = self.existing_bucket().map(|bucket| bucket.owner.as_str());
        of_bucket.or_else(|| self.caller.account()).unwrap_or_else(|| self.app.owner_id())
    }

    /// Returns whether the caller is the account that owns the bucket, or an account that asks for what is about no bucket.
    pub(crate) fn is_by_owner(&self) -> bool {
        self.caller.is_root_of(self.owner())
    }

    /// Returns what is set on the bucket, which must exist.
    pub(crate) fn settings(&self) -> Result<&BucketSettings, Error> {
        self.settings.as_deref().ok_or_else(|| {
            let name = self.target.bucket().map_or("", BucketName::as_str);
            Error::new(ErrorCode::NoSuchBucket).with_detail("BucketName", name)
        })
    }

    /// Returns the object's key; operations on objects have one by their route.
    pub(crate) fn key(&self) -> Result<&ObjectKey, Error> {
        self.target.key().ok_or_else(|| Error::new(ErrorCode::InvalidObjectName))
    }

    /// Returns the URL of an object in the bucket, as this client would address it.
    pub(crate) fn url_of(&self, key: &ObjectKey) -> Result<String, Error> {
        Ok(self.style.url_of(self.scheme, &self.host_id, self.bucket_name()?, key.as_str()))
    }

    /// Returns a header as text; one that is not text counts as wrong, not as absent. OSS's own headers and `Content-MD5`
    /// count as absent when they are empty: SDKs send them so for what was not set.
    pub(crate) fn header(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let value = header(&self.head.headers, name)?;
        let may_be_empty = !name.starts_with("x-oss-") && name != "content-md5";
        Ok(value.filter(|value| may_be_empty || !value.is_empty()))
    }
}

/// Returns a header as UTF-8 text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Error> {
    headers.get(name).map_or(Ok(None), |value| {
        std::str::from_utf8(value.as_bytes())
            .map(Some)
            .map_err(|_| Error::invalid_argument("The characters encoding must be utf-8.", name, ""))
    })
}
