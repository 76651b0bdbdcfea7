//! `x-oss-copy-source`: the object that a copy reads.

use ossicle_protocol::{BucketName, Error, ErrorCode, ObjectKey, Operation, Query, percent_decode};
use ossicle_store::{Object, VersionEntry, VersionRef};

use ossicle_policy::Right;

use crate::access::authorize::{Needed, ObjectAt, demand};
use crate::access::context::Brought;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::conditions;
use crate::oss::configurations::bucket_request_payment;
use crate::oss::failure::Failure;
use crate::oss::restoring;
use crate::oss::symlink::follow;
use crate::oss::versions;

/// The object that a copy reads.
pub(crate) struct Source {
    pub(crate) object: Object,
    /// Which of its versions it is.
    pub(crate) version: VersionRef,
    /// The id of the version, where the bucket keeps versions.
    version_id: Option<String>,
}

impl Source {
    /// Adds which version of the source was read.
    pub(crate) fn show_on(&self, reply: Reply) -> Reply {
        match &self.version_id {
            Some(id) => reply.with_named("x-oss-copy-source-version-id", id),
            None => reply,
        }
    }
}

/// Returns the source of a copy, which exists, may be read and meets the conditions.
pub(crate) async fn resolve(call: &Call) -> Result<Source, Failure> {
    let text = call.header("x-oss-copy-source")?.unwrap_or("");
    let (bucket, key, version) = parse(text)?;
    let settings = call.app.settings.of(&call.app.store, bucket.as_str()).await?;
    let settings = settings
        .ok_or_else(|| Error::new(ErrorCode::NoSuchBucket).with_detail("BucketName", bucket.as_str()))?;
    bucket_request_payment::demand(call, &settings, None)?;
    let found = look_up(call, bucket.as_str(), key.as_str(), version).await?;
    let object = match &found {
        Some(VersionEntry::Object(object)) => Some(&***object),
        Some(VersionEntry::DeleteMarker(_)) | None => None,
    };
    let needed = Needed {
        action: if version == VersionRef::Current { "oss:GetObject" } else { "oss:GetObjectVersion" },
        right: Some(Right::Read),
        settings: Some(&settings),
        key: Some(key.as_str()),
        object: ObjectAt::Known(object),
        brought: &Brought::default(),
    };
    demand(call, &needed).await?;
    let object = existing(found, key.as_str(), version)?;
    let version_id = versions::id_of(settings.bucket(), &object);
    let object = match call.operation {
        // A link is copied as a link; it has no bytes that could become a part.
        Operation::UploadPartCopy => follow(call, Some(&settings), &object).await?.unwrap_or(object),
        _ => object,
    };
    conditions::check_source(&call.head.headers, &object)?;
    restoring::demand_readable(call, &settings, &object)?;
    Ok(Source { object, version, version_id })
}

/// Looks the source up. Where its data is read, small content comes along.
async fn look_up(
    call: &Call,
    bucket: &str,
    key: &str,
    version: VersionRef,
) -> Result<Option<VersionEntry>, Failure> {
    let store = &call.app.store;
    let reads = call.operation == Operation::UploadPartCopy;
    Ok(match (version, reads) {
        (VersionRef::Current, true) => store.open_object(bucket, key).await?.map(in_version),
        (VersionRef::Current, false) => store.object(bucket, key).await?.map(in_version),
        (version, true) => store.open_object_version(bucket, key, version).await?,
        (version, false) => store.object_version(bucket, key, version).await?,
    })
}

fn in_version(object: Object) -> VersionEntry {
    VersionEntry::Object(Box::new(object))
}

/// Returns the source, or says why there is none.
fn existing(found: Option<VersionEntry>, key: &str, version: VersionRef) -> Result<Object, Error> {
    let no_such_key = || Error::new(ErrorCode::NoSuchKey).with_detail("Key", key);
    match found {
        Some(VersionEntry::Object(object)) => Ok(*object),
        // The manual has 404 for it.
        Some(VersionEntry::DeleteMarker(_)) => Err(no_such_key().with_ec("0016-00000307")),
        None if version == VersionRef::Current => Err(no_such_key()),
        None => Err(versions::no_such_version(key, version)),
    }
}

/// Reads `/bucket/key?versionId=..`, percent-encoded, with or without the leading slash and the version.
fn parse(text: &str) -> Result<(BucketName, ObjectKey, VersionRef), Error> {
    let invalid = || {
        let message = "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.";
        Error::invalid_argument(message, "x-oss-copy-source", text)
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let version = Query::parse(query)?.get(versions::PARAMETER).map(versions::parse).transpose()?;
    // A literal plus is always sent as %2B by the SDKs, and one of them writes spaces as plus.
    let path = path.replace('+', " ");
    let path = percent_decode(&path).map_err(|_| invalid())?;
    let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/').ok_or_else(invalid)?;
    Ok((BucketName::parse(bucket)?, ObjectKey::to_look_up(key)?, version.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_in_every_spelling() {
        let cases = [
            ("/bucket/key", "key"),
            ("bucket/key", "key"),
            ("/bucket/a%2Fb", "a/b"),
            ("/bucket/a/b%20c", "a/b c"),
            ("/bucket/%E4%B8%AD", "中"),
            ("%2Fbucket%2Fkey", "key"),
            ("/bucket/key?versionId=null", "key"),
            ("/bucket/a%3Fb", "a?b"),
            ("/bucket/a+b%2Bc", "a b+c"),
        ];
        for (text, key) in cases {
            let (bucket, parsed, version) = parse(text).unwrap();
            assert_eq!((bucket.as_str(), parsed.as_str()), ("bucket", key), "{text}");
            let is_named = version == VersionRef::Null;
            assert_eq!((is_named, version == VersionRef::Current), (text.contains("null"), !is_named));
        }
        for text in [
            "",
            "/",
            "bucket",
            "/bucket",
            "/bucket/",
            "/b_/k",
            "/bucket/key?versionId=x",
            "/bucket/key?versionId=",
            "/bucket/%FF",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
