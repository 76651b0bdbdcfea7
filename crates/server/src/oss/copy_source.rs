//! `x-oss-copy-source`: the object that a copy reads.

use ossicle_protocol::inputs::{self, Place};
use ossicle_protocol::{BucketName, Error, ErrorCode, ObjectKey, Operation, Query, percent_decode};
use ossicle_store::Object;

use ossicle_policy::Right;

use crate::access::authorize::{Needed, ObjectAt, demand};
use crate::access::context::Brought;
use crate::oss::call::Call;
use crate::oss::conditions;
use crate::oss::configurations::bucket_request_payment;
use crate::oss::failure::Failure;
use crate::oss::symlink::follow;

/// Returns the source of a copy, which exists, may be read and meets the conditions.
pub(crate) async fn resolve(call: &Call) -> Result<Object, Failure> {
    let text = call.header("x-oss-copy-source")?.unwrap_or("");
    let (bucket, key) = parse(text)?;
    let store = &call.app.store;
    let settings = call.app.settings.of(store, bucket.as_str()).await?;
    let settings = settings
        .ok_or_else(|| Error::new(ErrorCode::NoSuchBucket).with_detail("BucketName", bucket.as_str()))?;
    bucket_request_payment::demand(call, &settings, None)?;
    let object = match call.operation {
        Operation::UploadPartCopy => store.open_object(bucket.as_str(), key.as_str()).await?,
        _ => store.object(bucket.as_str(), key.as_str()).await?,
    };
    let needed = Needed {
        action: "oss:GetObject",
        right: Some(Right::Read),
        settings: Some(&settings),
        key: Some(key.as_str()),
        object: ObjectAt::Known(object.as_deref()),
        brought: &Brought::default(),
    };
    demand(call, &needed).await?;
    let object = object.ok_or_else(|| Error::new(ErrorCode::NoSuchKey).with_detail("Key", key.as_str()))?;
    let object = match call.operation {
        // A link is copied as a link; it has no bytes that could become a part.
        Operation::UploadPartCopy => follow(call, Some(&settings), &object).await?.unwrap_or(object),
        _ => object,
    };
    conditions::check_source(&call.head.headers, &object)?;
    Ok(object)
}

/// Reads `/bucket/key`, percent-encoded, with or without the leading slash.
fn parse(text: &str) -> Result<(BucketName, ObjectKey), Error> {
    let invalid = || {
        let message = "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.";
        Error::invalid_argument(message, "x-oss-copy-source", text)
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if let Some(version) = Query::parse(query)?.get("versionId") {
        inputs::refuse_value(Operation::CopyObject, Place::Query, "versionId", version)?;
    }
    // A literal plus is always sent as %2B by the SDKs, and one of them writes spaces as plus.
    let path = path.replace('+', " ");
    let path = percent_decode(&path).map_err(|_| invalid())?;
    let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/').ok_or_else(invalid)?;
    Ok((BucketName::parse(bucket)?, ObjectKey::to_look_up(key)?))
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
            let (bucket, parsed) = parse(text).unwrap();
            assert_eq!((bucket.as_str(), parsed.as_str()), ("bucket", key), "{text}");
        }
        for text in
            ["", "/", "bucket", "/bucket", "/bucket/", "/b_/k", "/bucket/key?versionId=x", "/bucket/%FF"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
