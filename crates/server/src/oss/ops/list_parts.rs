//! `ListParts`: the parts of an upload in progress.

use ossicle_protocol::xml::{KeyEncoding, ListPartsResult, ListedPart};
use ossicle_protocol::{Error, ErrorCode, Timestamp};
use ossicle_store::{ListParts, UploadInfo};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::client_encryption;
use crate::oss::failure::Failure;
use crate::oss::paging::PARTS;

/// Runs `ListParts`.
pub(crate) async fn list_parts(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (bucket, key) = (call.bucket_name()?.as_str(), call.key()?.as_str());
    let holder = call.bucket()?;
    let upload_id = call.query.get("uploadId").unwrap_or("");
    let upload = upload(call, bucket, key, upload_id).await?;
    let after = marker(call)?;
    let max_parts = PARTS.max(call)?;
    let which = ListParts {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        upload_id: upload_id.to_owned(),
        after,
        max: max_parts as usize,
    };
    let page = call.app.store.list_parts(&which).await?;
    let parts = page.parts.iter().map(|part| ListedPart {
        number: part.number,
        last_modified: Timestamp::from_unix_millis(part.last_modified_ms),
        etag: &part.etag,
        crc64: part.crc64,
        size: part.size,
    });
    let document = ListPartsResult {
        encoding: KeyEncoding::from_query(&call.query)?,
        bucket,
        key,
        upload_id,
        storage_class: attributes::storage_class_of(holder, &upload.attributes.storage_class),
        part_number_marker: after,
        next_part_number_marker: page.parts.last().map(|part| part.number),
        max_parts,
        is_truncated: page.truncated,
        client_encryption: client_encryption::described(&upload.attributes),
        parts: parts.collect(),
    };
    Ok(Reply::xml(document.to_xml()))
}

async fn upload(call: &Call, bucket: &str, key: &str, upload_id: &str) -> Result<UploadInfo, Failure> {
    let missing = || Error::new(ErrorCode::NoSuchUpload).with_detail("UploadId", upload_id);
    Ok(call.app.store.upload_info(bucket, key, upload_id).await?.ok_or_else(missing)?)
}

fn marker(call: &Call) -> Result<u32, Error> {
    match call.query.get("part-number-marker") {
        None | Some("") => Ok(0),
        Some(text) => text.parse().map_err(|_| {
            let message = "The part number marker must be a non-negative integer.";
            Error::invalid_argument(message, "part-number-marker", text)
        }),
    }
}
