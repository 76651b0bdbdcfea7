//! `ListMultipartUploads`: the uploads in progress, in order of key and upload id.

use ossicle_protocol::Timestamp;
use ossicle_protocol::xml::{ListMultipartUploadsResult, ListedUpload};
use ossicle_store::ListUploads;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{Page, UPLOADS};

/// Runs `ListMultipartUploads`.
pub(crate) async fn list_multipart_uploads(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = call.bucket()?;
    let page = Page::of(call, &UPLOADS)?;
    let (key_marker, upload_id_marker) =
        (UPLOADS.text(call, "key-marker")?, UPLOADS.text(call, "upload-id-marker")?);
    let bucket = call.bucket_name()?.as_str();
    let which = ListUploads {
        bucket: bucket.to_owned(),
        prefix: page.prefix.clone(),
        delimiter: page.delimiter.clone(),
        key_marker: key_marker.to_owned(),
        upload_id_marker: upload_id_marker.to_owned(),
        max: page.max as usize,
    };
    let listing = call.app.store.list_uploads(&which).await?;
    let uploads = listing.uploads.iter().map(|upload| ListedUpload {
        key: &upload.key,
        upload_id: &upload.upload_id,
        storage_class: attributes::storage_class_of(holder, &upload.attributes.storage_class),
        initiated: Timestamp::from_unix_millis(upload.initiated_ms),
    });
    let document = ListMultipartUploadsResult {
        bucket,
        encoding: page.encoding,
        key_marker,
        upload_id_marker,
        next_key_marker: &listing.next_key_marker,
        next_upload_id_marker: &listing.next_upload_id_marker,
        delimiter: &page.delimiter,
        prefix: &page.prefix,
        max_uploads: page.max,
        is_truncated: listing.truncated,
        uploads: uploads.collect(),
        common_prefixes: listing.common_prefixes.iter().map(String::as_str).collect(),
    };
    Ok(Reply::xml(document.to_xml()))
}
