//! Looking up the object that a call names: once, however many ask for it.

use ossicle_protocol::{Error, ErrorCode, Operation, Query, Target};
use ossicle_store::{Object, Sought, VersionEntry, VersionRef};

use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::versions;

/// Names the object that the operation is going to look up in any case, so that it comes with the look at the bucket.
pub(super) fn sought<'a>(
    operation: Option<Operation>,
    target: &'a Target,
    query: &Query,
) -> Option<Sought<'a>> {
    let reads = match operation? {
        Operation::GetObject => true,
        Operation::HeadObject
        | Operation::GetObjectMeta
        | Operation::GetObjectAcl
        | Operation::GetObjectTagging
        | Operation::GetSymlink => false,
        _ => return None,
    };
    let key = target.key().filter(|_| query.get("versionId").is_none())?;
    Some(Sought { key: key.as_str(), reads })
}

/// Looks up the call's object, in the version that it names, if there is one. Where the operation reads its data, small
/// content comes along.
pub(crate) async fn find(call: &Call) -> Result<Option<&Object>, Failure> {
    match look_up(call).await? {
        Some(VersionEntry::Object(object)) => Ok(Some(object)),
        Some(VersionEntry::DeleteMarker(_)) | None => Ok(None),
    }
}

/// Looks up the call's object, which must exist.
pub(crate) async fn require(call: &Call) -> Result<&Object, Failure> {
    match look_up(call).await? {
        Some(VersionEntry::Object(object)) => Ok(object),
        Some(VersionEntry::DeleteMarker(marker)) => Err(versions::is_marker(call, marker).into()),
        None => Err(missing(call).await?.into()),
    }
}

async fn look_up(call: &Call) -> Result<Option<&VersionEntry>, Failure> {
    let look_up = || async {
        let (store, bucket, key) = (&call.app.store, call.bucket_name()?.as_str(), call.key()?.as_str());
        let reads = matches!(call.operation, Operation::GetObject | Operation::ProcessObject);
        Ok::<_, Failure>(match (versions::of(call)?, reads) {
            (VersionRef::Current, true) => store.open_object(bucket, key).await?.map(in_version),
            (VersionRef::Current, false) => store.object(bucket, key).await?.map(in_version),
            (version, true) => store.open_object_version(bucket, key, version).await?,
            (version, false) => store.object_version(bucket, key, version).await?,
        })
    };
    Ok(call.object.get_or_try_init(look_up).await?.as_ref())
}

/// Returns the object as the version that is current.
pub(super) fn in_version(object: Object) -> VersionEntry {
    VersionEntry::Object(Box::new(object))
}

/// Says that the call's object does not exist, and whether it was deleted.
async fn missing(call: &Call) -> Result<Error, Failure> {
    let (bucket, key) = (call.bucket()?, call.key()?.as_str());
    if let Some(version) = versions::named(call)? {
        return Ok(versions::no_such_version(key, version));
    }
    let missing = Error::new(ErrorCode::NoSuchKey).with_detail("Key", key);
    if !versions::are_kept(bucket) {
        return Ok(missing);
    }
    Ok(match call.app.store.latest_marker(&bucket.name, key).await? {
        Some(marker) => versions::with_marker(missing, &marker),
        None => missing,
    })
}
