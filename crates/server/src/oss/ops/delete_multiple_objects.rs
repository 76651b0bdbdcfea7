//! `DeleteMultipleObjects`: deletes up to 1,000 objects in one commit. Keys that do not exist count as deleted, keys that
//! the caller may not delete stay.

use std::collections::HashSet;

use ossicle_policy::Right;
use ossicle_protocol::inputs::{self, Place};
use ossicle_protocol::xml::{DeleteRequest, DeleteResult, DeletedObject, KeyEncoding, ObjectToDelete};
use ossicle_store::DeleteKey;

use crate::access::authorize::{Needed, ObjectAt, demand, is_free};
use crate::access::context::Brought;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5_of_c;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `DeleteMultipleObjects`.
pub(crate) async fn delete_multiple_objects(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(DeleteRequest::MAX_BODY).await?;
    check_document_md5_of_c(call, &body)?;
    let request = DeleteRequest::parse(&body)?;
    let encoding = KeyEncoding::from_query_or_header(&call.query, &call.head.headers)?;
    for version in request.objects().iter().filter_map(|object| object.version_id.as_deref()) {
        inputs::refuse_value(call.operation, Place::Element, "Delete/Object/VersionId", version)?;
    }
    let keys: Vec<String> = request.objects().iter().map(|object| object.key.as_str().to_owned()).collect();
    let kept = protected(call, &keys).await?;
    let keys = keys.into_iter().filter(|key| !kept.contains(key));
    let keys = keys.map(|key| DeleteKey { key, version: None }).collect();
    let bucket = call.bucket_name()?.as_str();
    call.app.store.delete_objects(bucket, keys, call.now.unix_millis()).await?;
    // The same element tells what was deleted and, in quiet mode, what was not.
    let told = |object: &&ObjectToDelete| kept.contains(object.key.as_str()) == request.quiet();
    let deleted: Vec<DeletedObject<'_>> =
        request.objects().iter().filter(told).map(|object| listed(object.key.as_str())).collect();
    if request.quiet() && deleted.is_empty() {
        return Ok(Reply::ok());
    }
    Ok(Reply::xml(DeleteResult { encoding, deleted }.to_xml()))
}

/// Returns those of the keys that the caller may not delete. Where these are all, the whole request is refused.
async fn protected(call: &Call, keys: &[String]) -> Result<HashSet<String>, Failure> {
    let settings = call.settings()?;
    if is_free(call, Some(settings)) {
        return Ok(HashSet::new());
    }
    let (mut kept, mut last) = (HashSet::new(), None);
    let mut denied = 0;
    for key in keys {
        let object = call.app.store.object(&settings.bucket().name, key).await?;
        let needed = Needed {
            action: "oss:DeleteObject",
            right: Some(Right::Write),
            settings: Some(settings),
            key: Some(key),
            object: ObjectAt::Known(object.as_deref()),
            brought: &Brought::default(),
        };
        match demand(call, &needed).await {
            Err(Failure::Oss(error)) => {
                denied += 1;
                last = Some(error);
                kept.insert(key.clone());
            }
            other => other?,
        }
    }
    match last {
        Some(error) if denied == keys.len() => Err(error.into()),
        _ => Ok(kept),
    }
}

fn listed(key: &str) -> DeletedObject<'_> {
    DeletedObject { key, version_id: None, delete_marker_version_id: None }
}
