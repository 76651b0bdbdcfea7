//! `ListObjectVersions` (`GetBucketVersions`): all versions of objects and delete markers, by key and then newest first.

use ossicle_protocol::xml::{self, ListVersionsResult, ListedMarker};
use ossicle_protocol::{Error, Timestamp};
use ossicle_store::{Bucket, ListVersions, ListedVersion, VersionEntry, VersionRef};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes::{kind_text, storage_class_of};
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{Page, VERSIONS};
use crate::oss::{restoring, versions};

/// Runs `ListObjectVersions`.
pub(crate) async fn list_object_versions(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let page = Page::of(call, &VERSIONS)?;
    let key_marker = VERSIONS.text(call, "key-marker")?;
    let (version_id_marker, version_marker) = version_id_marker(call, key_marker)?;
    let which = ListVersions {
        bucket: bucket.name.clone(),
        prefix: page.prefix.clone(),
        delimiter: page.delimiter.clone(),
        key_marker: key_marker.to_owned(),
        version_marker,
        max: page.max as usize,
    };
    let found = call.app.store.list_versions(&which).await?;
    let next_version = found.next.as_ref().and_then(|(_, version)| version.and_then(versions::name_of));
    let document = ListVersionsResult {
        name: &bucket.name,
        prefix: &page.prefix,
        key_marker,
        version_id_marker,
        max_keys: page.max,
        delimiter: &page.delimiter,
        encoding: page.encoding,
        next_key_marker: found.next.as_ref().map(|(key, _)| key.as_str()),
        // A page that ends with a prefix has no version to go on after.
        next_version_id_marker: next_version.as_deref().unwrap_or(""),
        versions: found.versions.iter().map(|version| listed(bucket, version, call.now)).collect(),
        common_prefixes: found.common_prefixes.iter().map(String::as_str).collect(),
    };
    Ok(Reply::xml(document.to_xml()))
}

fn listed<'a>(bucket: &'a Bucket, version: &'a ListedVersion, now: Timestamp) -> xml::ListedVersion<'a> {
    let entry = match &version.entry {
        VersionEntry::Object(object) => xml::VersionEntry::Object(xml::ListedObject {
            key: &object.key,
            last_modified: Timestamp::from_unix_millis(object.last_modified_ms),
            etag: &object.etag,
            object_type: kind_text(object.kind),
            size: object.size,
            storage_class: storage_class_of(bucket, &object.attributes.storage_class),
            restore: restoring::told(object.attributes.restore, now),
            owner: Some(&bucket.owner),
        }),
        VersionEntry::DeleteMarker(marker) => xml::VersionEntry::DeleteMarker(ListedMarker {
            key: &marker.key,
            last_modified: Timestamp::from_unix_millis(marker.last_modified_ms),
            owner: &bucket.owner,
        }),
    };
    let id = versions::id_text(version.entry.version_id()).into();
    xml::ListedVersion { id, is_latest: version.is_latest, entry }
}

/// Reads the version to go on after, which must look like one and belong to a key.
fn version_id_marker<'a>(call: &'a Call, key_marker: &str) -> Result<(&'a str, Option<VersionRef>), Error> {
    let name = "version-id-marker";
    let invalid = |text| VERSIONS.invalid("The version id marker is no version id.".to_owned(), name, text);
    let text = VERSIONS.text(call, name)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_.".contains(&byte)) {
        return Err(invalid(text));
    }
    if key_marker.is_empty() && !text.is_empty() {
        return Err(Error::invalid_argument("A version-id-marker must come with a key-marker.", name, text)
            .with_ec("0012-00000106"));
    }
    if text.is_empty() {
        return Ok((text, None));
    }
    VersionRef::parse(text).map(|version| (text, Some(version))).ok_or_else(|| invalid(text))
}
