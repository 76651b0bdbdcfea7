//! `CopyObject`: a new object with the bytes of another. Nothing is copied: both share their data in the store.

use ossicle_protocol::xml::CopyObjectResult;
use ossicle_protocol::{Error, ErrorCode, StorageClass, Timestamp};
use ossicle_store::{CopyAttributes, CopyObject, Object};

use crate::acl::requested_object_acl;
use crate::attributes;
use crate::call::Call;
use crate::conditions::forbids_overwrite;
use crate::copy_source;
use crate::failure;
use crate::http::reply::Reply;
use crate::throttle::Throttle;

/// The largest source of one CopyObject to another place. The manual promises less, 1 GiB, and recommends UploadPartCopy
/// above it.
const COPY_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// Runs `CopyObject`.
pub(crate) async fn copy_object(call: &Call) -> Result<Reply, Error> {
    check_tagging_directive(call)?;
    Throttle::of(call)?;
    let source = copy_source::resolve(call)?;
    if source.size > COPY_LIMIT && !is_onto_itself(call, &source)? {
        return Err(Error::new(ErrorCode::EntityTooLarge));
    }
    let copy = CopyObject {
        source_bucket: source.bucket.clone(),
        source_key: source.key.clone(),
        source_generation: Some(source.generation),
        bucket: call.bucket_name()?.as_str().to_owned(),
        key: call.key()?.as_str().to_owned(),
        attributes: copied_attributes(call, &source)?,
        forbid_overwrite: forbids_overwrite(call)?,
        now_ms: call.now.unix_millis(),
    };
    let object = call.app.store.copy_object(copy).await.map_err(failure::from_store)?;
    let modified = Timestamp::from_unix_millis(object.last_modified_ms);
    let document = CopyObjectResult { etag: &object.etag, last_modified: modified };
    Ok(attributes::identify(Reply::xml(document.to_xml()), &object))
}

/// The directive says whose tags count, but no object has any.
fn check_tagging_directive(call: &Call) -> Result<(), Error> {
    match call.header("x-oss-tagging-directive")? {
        None => Ok(()),
        Some(text) if ["COPY", "REPLACE"].iter().any(|known| text.eq_ignore_ascii_case(known)) => Ok(()),
        Some(text) => {
            Err(Error::invalid_argument("Unknown tagging directive.", "x-oss-tagging-directive", text))
        }
    }
}

/// Tells whether the object is copied onto itself, which is how clients change its headers.
fn is_onto_itself(call: &Call, source: &Object) -> Result<bool, Error> {
    Ok(source.bucket == call.bucket_name()?.as_str() && source.key == call.key()?.as_str())
}

/// The directive says whose headers count, but for an object copied onto itself it is always the request's (manual). ACL and
/// storage class are never inherited.
fn copied_attributes(call: &Call, source: &Object) -> Result<CopyAttributes, Error> {
    let directive = call.header("x-oss-metadata-directive")?.unwrap_or("COPY");
    let key = call.key()?;
    let onto_itself = is_onto_itself(call, source)?;
    match directive.to_ascii_uppercase().as_str() {
        "COPY" if onto_itself => {
            attributes::from_headers(&call.head.headers, key).map(CopyAttributes::Replace)
        }
        "REPLACE" => attributes::from_headers(&call.head.headers, key).map(CopyAttributes::Replace),
        "COPY" => {
            let class = call.header("x-oss-storage-class")?.map(StorageClass::parse).transpose()?;
            Ok(CopyAttributes::Keep {
                acl: requested_object_acl(call)?.unwrap_or_default(),
                storage_class: class.map_or_else(String::new, |class| class.as_str().to_owned()),
            })
        }
        _ => Err(Error::new(ErrorCode::InvalidArgument)
            .with_message("Unknown metadata directive.")
            .with_detail("ArgumentName", "x-oss-metadata-directive")
            .with_detail("ArgumentValue", directive)
            .with_detail("Source", source.key.clone())),
    }
}
