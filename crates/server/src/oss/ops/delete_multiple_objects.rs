//! `DeleteMultipleObjects`: deletes up to 1,000 objects or versions of objects in one commit. What does not exist counts as
//! deleted, what the caller may not delete stays, and so does what a retention policy keeps.

use ossicle_policy::Right;
use ossicle_protocol::xml::{DeleteRequest, DeleteResult, DeletedObject, KeyEncoding, ObjectToDelete};
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{DeleteKey, Deleted, Object, VersionEntry, VersionRef};

use crate::access::authorize::{Needed, ObjectAt, demand, is_free};
use crate::access::context::Brought;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5_of_c;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::versions;

/// Runs `DeleteMultipleObjects`.
pub(crate) async fn delete_multiple_objects(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(DeleteRequest::MAX_BODY).await?;
    check_document_md5_of_c(call, &body)?;
    let request = DeleteRequest::parse(&body)?;
    let encoding = KeyEncoding::from_query_or_header(&call.query, &call.head.headers)?;
    let asked: Vec<DeleteKey> = request.objects().iter().map(asked).collect::<Result<_, _>>()?;
    let may = permissions(call, &asked).await?;
    let allowed = asked.into_iter().zip(&may).filter(|(_, may)| **may).map(|(asked, _)| asked).collect();
    let bucket = call.bucket_name()?.as_str();
    let deleted = call.app.store.delete_objects(bucket, allowed, call.now.unix_millis()).await?;
    if !deleted.is_empty() && deleted.iter().all(|deleted| deleted.is_retained) {
        return Err(ErrorCode::FileImmutable.into());
    }
    let mut deleted = deleted.into_iter();
    // The same element tells what was deleted and, in quiet mode, what was not.
    let told: Vec<(&ObjectToDelete, Option<String>)> = request
        .objects()
        .iter()
        .zip(may)
        .map(|(object, may)| {
            let outcome = if may { deleted.next() } else { None };
            let is_gone = outcome.as_ref().is_some_and(|deleted| !deleted.is_retained);
            (object, is_gone, outcome.and_then(marker_id))
        })
        .filter(|(_, is_gone, _)| *is_gone != request.quiet())
        .map(|(object, _, marker)| (object, marker))
        .collect();
    if request.quiet() && told.is_empty() {
        return Ok(Reply::ok());
    }
    let deleted = told.iter().map(|(object, marker)| listed(object, marker.as_deref())).collect();
    Ok(Reply::xml(DeleteResult { encoding, deleted }.to_xml()))
}

/// Reads what is to be deleted.
fn asked(object: &ObjectToDelete) -> Result<DeleteKey, Error> {
    let version = object.version_id.as_deref().map(versions::parse).transpose()?;
    Ok(DeleteKey { key: object.key.as_str().to_owned(), version })
}

/// Returns for each whether the caller may delete it. Where nothing may be, the whole request is refused.
async fn permissions(call: &Call, asked: &[DeleteKey]) -> Result<Vec<bool>, Failure> {
    let settings = call.settings()?;
    if is_free(call, Some(settings)) {
        return Ok(vec![true; asked.len()]);
    }
    let (mut may, mut last) = (Vec::with_capacity(asked.len()), None);
    for DeleteKey { key, version } in asked {
        let object = look_up(call, key, *version).await?;
        let needed = Needed {
            action: if version.is_some() { "oss:DeleteObjectVersion" } else { "oss:DeleteObject" },
            right: Some(Right::Write),
            settings: Some(settings),
            key: Some(key),
            object: ObjectAt::Known(object.as_deref()),
            brought: &Brought::default(),
        };
        match demand(call, &needed).await {
            Err(Failure::Oss(error)) => {
                last = Some(error);
                may.push(false);
            }
            other => {
                other?;
                may.push(true);
            }
        }
    }
    match last {
        Some(error) if !may.contains(&true) => Err(error.into()),
        _ => Ok(may),
    }
}

/// Looks up what is to be deleted, whose ACL may allow it.
async fn look_up(call: &Call, key: &str, version: Option<VersionRef>) -> Result<Option<Object>, Failure> {
    let (store, bucket) = (&call.app.store, call.bucket_name()?.as_str());
    let Some(version) = version else { return Ok(store.object(bucket, key).await?) };
    Ok(match store.object_version(bucket, key, version).await? {
        Some(VersionEntry::Object(object)) => Some(*object),
        Some(VersionEntry::DeleteMarker(_)) | None => None,
    })
}

/// Returns the id of the delete marker that was made or removed.
fn marker_id(deleted: Deleted) -> Option<String> {
    let marker = deleted.marker.or(deleted.removed_marker)?;
    Some(versions::id_text(marker.version_id))
}

fn listed<'a>(object: &'a ObjectToDelete, marker: Option<&'a str>) -> DeletedObject<'a> {
    DeletedObject {
        key: object.key.as_str(),
        version_id: object.version_id.as_deref(),
        delete_marker_version_id: marker,
    }
}
