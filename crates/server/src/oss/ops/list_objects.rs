//! `ListObjects` (V1): objects and common prefixes of a bucket after a marker.

use std::sync::Arc;

use ossicle_protocol::xml::ListBucketResult;
use ossicle_protocol::{Error, Timestamp};
use ossicle_store::{Bucket, ListObjects, ListedObject, ObjectPage};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{OBJECTS, Page};
use crate::oss::restoring;

/// Runs `ListObjects`.
pub(crate) async fn list_objects(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = Arc::clone(call.bucket()?);
    refuse_other_versions(call)?;
    let page = Page::of(call, &OBJECTS)?;
    let marker = OBJECTS.text(call, "marker")?.to_owned();
    let which = which(call, &page, &marker)?;
    let now = call.now;
    let render = move |found: &ObjectPage<'_>| {
        ListBucketResult {
            name: &holder.name,
            prefix: &page.prefix,
            marker: &marker,
            max_keys: page.max,
            delimiter: &page.delimiter,
            encoding: page.encoding,
            next_marker: found.next,
            contents: listed(&holder, found, Some(&holder.owner), now),
            common_prefixes: found.common_prefixes.clone(),
        }
        .to_xml()
    };
    Ok(Reply::xml(call.app.store.render_objects(which, render).await?))
}

/// Refuses a version of the listing that there is not; the second has an operation of its own.
fn refuse_other_versions(call: &Call) -> Result<(), Error> {
    match call.query.get("list-type") {
        None | Some("" | "1") => Ok(()),
        Some(other) => Err(Error::invalid_argument("list-type must be 2.", "list-type", other)),
    }
}

/// Says what to read from the index for a page.
pub(super) fn which(call: &Call, page: &Page, after: &str) -> Result<ListObjects, Error> {
    Ok(ListObjects {
        bucket: call.bucket_name()?.as_str().to_owned(),
        prefix: page.prefix.clone(),
        delimiter: page.delimiter.clone(),
        after: after.to_owned(),
        max: page.max as usize,
    })
}

/// Makes entries of a listing of the objects found.
pub(super) fn listed<'a>(
    bucket: &'a Bucket,
    found: &'a ObjectPage<'_>,
    owner: Option<&'a str>,
    now: Timestamp,
) -> Vec<ossicle_protocol::xml::ListedObject<'a>> {
    let entry = |object: &'a ListedObject<'_>| ossicle_protocol::xml::ListedObject {
        key: object.key,
        last_modified: Timestamp::from_unix_millis(object.last_modified_ms),
        etag: object.etag.as_str(),
        object_type: crate::oss::attributes::kind_text(object.kind),
        size: object.size,
        storage_class: crate::oss::attributes::storage_class_of(bucket, object.storage_class),
        restore: restoring::told(object.restore, now),
        owner,
    };
    found.objects.iter().map(entry).collect()
}
