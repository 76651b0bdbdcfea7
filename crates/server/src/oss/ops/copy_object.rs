//! `CopyObject`: a new object with the bytes of another. Nothing is copied, both share their data in the store; but where the
//! copy is to be encrypted in another way, the data is written anew.

use ossicle_protocol::xml::CopyObjectResult;
use ossicle_protocol::{Error, ErrorCode, Timestamp};
use ossicle_store::{
    CopyAttributes, CopyObject, Encryption, Object, ObjectKind, StoredData, VersionEntry, VersionRef,
};

use super::upload_part_copy;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::conditions::forbids_overwrite;
use crate::oss::copy_source;
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::tags::{self, Directive};
use crate::oss::throttle::Throttle;
use crate::oss::upload_body::SINGLE_UPLOAD_LIMIT;
use crate::oss::versions;

/// The largest source of one CopyObject to another place: as much as one upload may bring. The manual promises less, 1 GiB,
/// and recommends UploadPartCopy above it.
const COPY_LIMIT: u64 = SINGLE_UPLOAD_LIMIT;

/// Runs `CopyObject`.
pub(crate) async fn copy_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let tagging = Directive::of(call)?;
    let mut throttle = Throttle::of(call)?;
    let found = copy_source::resolve(call).await?;
    let source = &found.object;
    let encryption = encryption::of_new(call).await?;
    let is_rewritten = source.attributes.encryption != encryption && source.kind != ObjectKind::Symlink;
    // Changing an object's headers moves nothing.
    let moved = if is_onto_itself(call, source)? && !is_rewritten { 0 } else { source.size };
    if moved > COPY_LIMIT {
        return Err(ErrorCode::EntityTooLarge.into());
    }
    let data = match is_rewritten {
        true => Some(written_anew(call, source, encryption.as_ref()).await?),
        false => None,
    };
    let copy = CopyObject {
        source_bucket: source.bucket.clone(),
        source_key: source.key.clone(),
        source_version: found.version,
        source_generation: Some(source.generation),
        data,
        bucket: call.bucket_name()?.as_str().to_owned(),
        key: call.key()?.as_str().to_owned(),
        attributes: copied_attributes(call, source, tagging)?,
        forbid_overwrite: forbids_overwrite(call)?,
        now_ms: call.now.unix_millis(),
    };
    let object = call.app.store.copy_object(copy).await?;
    throttle.hold_up(moved, || body.is_finishing()).await;
    let modified = Timestamp::from_unix_millis(object.last_modified_ms);
    let document = CopyObjectResult { etag: &object.etag, last_modified: modified };
    let reply = found.show_on(throttle.delay().show_on(Reply::xml(document.to_xml())));
    Ok(attributes::identify(reply, call.bucket()?, &object))
}

/// Writes the source's data anew, encrypted in another way.
async fn written_anew(
    call: &Call,
    source: &Object,
    encryption: Option<&Encryption>,
) -> Result<StoredData, Failure> {
    let store = &call.app.store;
    let upload = store.upload(Some(source.size)).encrypted(encryption)?;
    let version = VersionRef::of(source.version_id);
    match store.open_object_version(&source.bucket, &source.key, version).await? {
        Some(VersionEntry::Object(opened)) if opened.generation == source.generation => {
            upload_part_copy::read(call, &opened, 0..opened.size, upload).await
        }
        _ => Err(ErrorCode::PreconditionFailed.into()),
    }
}

/// Tells whether the object is copied onto itself, which is how clients change its headers.
fn is_onto_itself(call: &Call, source: &Object) -> Result<bool, Error> {
    Ok(source.bucket == call.bucket_name()?.as_str() && source.key == call.key()?.as_str())
}

/// Reads from the directives whose headers and whose tags count, but for an object that replaces itself the headers are always
/// the request's (manual), if it has any (suite of oss2). ACL and storage class are never inherited.
fn copied_attributes(call: &Call, source: &Object, tagging: Directive) -> Result<CopyAttributes, Error> {
    let directive = call.header("x-oss-metadata-directive")?.unwrap_or("COPY");
    let mut requested = attributes::from_headers(&call.head.headers, call.key()?)?;
    // Where versions are kept, the copy is another version and leaves the source alone.
    let onto_itself = is_onto_itself(call, source)?
        && !versions::are_kept(call.bucket()?)
        && attributes::has_headers(&call.head.headers);
    match (directive.to_ascii_uppercase().as_str(), tagging) {
        ("COPY", Directive::Copy) if !onto_itself => {
            let (acl, storage_class) = (requested.acl, requested.storage_class);
            Ok(CopyAttributes::Keep { acl, storage_class })
        }
        ("COPY", Directive::Replace) if !onto_itself => {
            let mut kept = source.attributes.clone();
            tags::take_over(&mut kept, &requested);
            (kept.acl, kept.storage_class) = (requested.acl, requested.storage_class);
            Ok(CopyAttributes::Replace(Box::new(kept)))
        }
        ("COPY" | "REPLACE", Directive::Replace) => Ok(CopyAttributes::Replace(Box::new(requested))),
        ("COPY" | "REPLACE", Directive::Copy) => {
            tags::take_over(&mut requested, &source.attributes);
            Ok(CopyAttributes::Replace(Box::new(requested)))
        }
        _ => {
            let message = "Unknown metadata directive.";
            let error = Error::invalid_argument(message, "x-oss-metadata-directive", directive);
            Err(error.with_detail("Source", source.key.clone()))
        }
    }
}
