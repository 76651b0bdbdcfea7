//! `ListObjects` (V1): objects and common prefixes of a bucket after a marker.

use ossicle_protocol::xml::ListBucketResult;
use ossicle_protocol::{Error, Timestamp};
use ossicle_store::{Bucket, ListObjects, Listing, ObjectFields};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{OBJECTS, Page};

/// Runs `ListObjects`.
pub(crate) async fn list_objects(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = call.bucket()?;
    refuse_other_versions(call)?;
    let page = Page::of(call, &OBJECTS)?;
    let marker = OBJECTS.text(call, "marker")?;
    let listing = list(call, &page, marker).await?;
    let owner = call.app.owner_id();
    let document = ListBucketResult {
        name: call.bucket_name()?.as_str(),
        prefix: page.prefix,
        marker,
        max_keys: page.max,
        delimiter: page.delimiter,
        encoding: page.encoding,
        next_marker: listing.next.as_deref(),
        contents: listing.objects.iter().map(|object| listed(holder, object, Some(owner))).collect(),
        common_prefixes: listing.common_prefixes.iter().map(String::as_str).collect(),
    };
    Ok(Reply::xml(document.to_xml()))
}

/// Refuses a version of the listing that there is not; the second has an operation of its own.
fn refuse_other_versions(call: &Call) -> Result<(), Error> {
    match call.query.get("list-type") {
        None | Some("" | "1") => Ok(()),
        Some(other) => Err(Error::invalid_argument("list-type must be 2.", "list-type", other)),
    }
}

/// Reads a page from the index.
pub(super) async fn list(call: &Call, page: &Page<'_>, after: &str) -> Result<Listing, Failure> {
    let which = ListObjects {
        bucket: call.bucket_name()?.as_str().to_owned(),
        prefix: page.prefix.to_owned(),
        delimiter: page.delimiter.to_owned(),
        after: after.to_owned(),
        max: page.max as usize,
    };
    Ok(call.app.store.list_objects(&which).await?)
}

/// Makes an entry of a listing of an object.
pub(super) fn listed<'a>(
    bucket: &'a Bucket,
    object: &'a ObjectFields,
    owner: Option<&'a str>,
) -> ossicle_protocol::xml::ListedObject<'a> {
    ossicle_protocol::xml::ListedObject {
        key: &object.key,
        last_modified: Timestamp::from_unix_millis(object.last_modified_ms),
        etag: &object.etag,
        object_type: crate::oss::attributes::kind(object),
        size: object.size,
        storage_class: crate::oss::attributes::storage_class_of(bucket, &object.attributes),
        owner,
    }
}
