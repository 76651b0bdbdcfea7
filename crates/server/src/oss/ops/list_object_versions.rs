//! `ListObjectVersions` (`GetBucketVersions`): no bucket keeps versions, so each object is listed once, as its version
//! `null`.

use std::sync::Arc;

use ossicle_protocol::Error;
use ossicle_protocol::xml::{ListVersionsResult, ListedObject, ListedVersion, VersionEntry};
use ossicle_store::ObjectPage;

use super::list_objects::{listed, which};
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{Page, VERSIONS};

/// The id of the version of an object that was written without versioning.
const NULL_VERSION: &str = "null";

/// Runs `ListObjectVersions`.
pub(crate) async fn list_object_versions(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = Arc::clone(call.bucket()?);
    let page = Page::of(call, &VERSIONS)?;
    let key_marker = VERSIONS.text(call, "key-marker")?.to_owned();
    let version_id_marker = version_id_marker(call, &key_marker)?.to_owned();
    // A key has one version, so whichever of its versions the marker names, the next is one of another key.
    let which = which(call, &page, &key_marker)?;
    let render = move |found: &ObjectPage<'_>| {
        ListVersionsResult {
            name: &holder.name,
            prefix: &page.prefix,
            key_marker: &key_marker,
            version_id_marker: &version_id_marker,
            max_keys: page.max,
            delimiter: &page.delimiter,
            encoding: page.encoding,
            next_key_marker: found.next,
            // A page that ends with a prefix has no version to go on after.
            next_version_id_marker: if ends_with_object(found) { NULL_VERSION } else { "" },
            versions: listed(&holder, found, Some(&holder.owner)).into_iter().map(only_version).collect(),
            common_prefixes: found.common_prefixes.clone(),
        }
        .to_xml()
    };
    Ok(Reply::xml(call.app.store.render_objects(which, render).await?))
}

fn ends_with_object(found: &ObjectPage<'_>) -> bool {
    found.objects.last().is_some_and(|object| Some(object.key) == found.next)
}

fn only_version(object: ListedObject<'_>) -> ListedVersion<'_> {
    ListedVersion { id: NULL_VERSION.into(), is_latest: true, entry: VersionEntry::Object(object) }
}

/// Reads the version to go on after, which must look like one and belong to a key.
fn version_id_marker<'a>(call: &'a Call, key_marker: &str) -> Result<&'a str, Error> {
    let name = "version-id-marker";
    let text = VERSIONS.text(call, name)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte)) {
        return Err(VERSIONS.invalid("The version id marker is no version id.".to_owned(), name, text));
    }
    if key_marker.is_empty() && !text.is_empty() {
        return Err(Error::invalid_argument("A version-id-marker must come with a key-marker.", name, text)
            .with_ec("0012-00000106"));
    }
    Ok(text)
}
