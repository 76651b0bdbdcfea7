//! `ListVersionsResult`: the answer of `ListObjectVersions`, objects and delete markers in one order.

use std::borrow::Cow;

use super::KeyEncoding;
use super::listed_object::{ListedObject, write_common_prefixes};
use super::writer::{Content, document};
use crate::Timestamp;

/// A page of a bucket's versions.
#[derive(Clone, Debug, Default)]
pub struct ListVersionsResult<'a> {
    /// The bucket.
    pub name: &'a str,
    /// Keys begin with this.
    pub prefix: &'a str,
    /// Keys come after this, or with [`Self::version_id_marker`] also at this.
    pub key_marker: &'a str,
    /// At the key marker, versions come after this.
    pub version_id_marker: &'a str,
    /// How many versions and prefixes were asked for.
    pub max_keys: u32,
    /// Where keys are rolled up.
    pub delimiter: &'a str,
    /// How keys are written.
    pub encoding: KeyEncoding,
    /// The key or prefix after which the next page begins; `None` on the last one.
    pub next_key_marker: Option<&'a str>,
    /// The version of that key after which it begins; empty where a prefix ends the page.
    pub next_version_id_marker: &'a str,
    /// The versions, in order of their keys, of each key the newest first.
    pub versions: Vec<ListedVersion<'a>>,
    /// The rolled-up prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

/// A version in a listing.
#[derive(Clone, Debug)]
pub struct ListedVersion<'a> {
    /// The id of the version; `null` for one that was written without versioning.
    pub id: Cow<'a, str>,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// What the version is.
    pub entry: VersionEntry<'a>,
}

/// What a version is.
#[derive(Clone, Copy, Debug)]
pub enum VersionEntry<'a> {
    /// An object.
    Object(ListedObject<'a>),
    /// A delete marker: the key was deleted then.
    DeleteMarker(ListedMarker<'a>),
}

/// A delete marker in a listing.
#[derive(Clone, Copy, Debug)]
pub struct ListedMarker<'a> {
    /// The key.
    pub key: &'a str,
    /// When the key was deleted.
    pub last_modified: Timestamp,
    /// The id of the owner.
    pub owner: &'a str,
}

impl ListedVersion<'_> {
    fn write(&self, c: &mut Content, encoding: KeyEncoding) {
        match &self.entry {
            VersionEntry::Object(object) => object.write_version(c, encoding, &self.id, self.is_latest),
            VersionEntry::DeleteMarker(marker) => c.nested("DeleteMarker", |c| {
                c.key("Key", marker.key, encoding);
                c.text("VersionId", &self.id);
                c.flag("IsLatest", self.is_latest);
                c.time("LastModified", marker.last_modified);
                c.owner(marker.owner);
            }),
        }
    }
}

impl ListVersionsResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let capacity = 1024 + (self.versions.len() + self.common_prefixes.len()) * ListedObject::LENGTH;
        document("ListVersionsResult", capacity, |c| {
            c.text("Name", self.name);
            c.key("Prefix", self.prefix, self.encoding);
            c.key("KeyMarker", self.key_marker, self.encoding);
            c.text("VersionIdMarker", self.version_id_marker);
            c.number("MaxKeys", self.max_keys.into());
            c.key("Delimiter", self.delimiter, self.encoding);
            c.encoding_type(self.encoding);
            c.flag("IsTruncated", self.next_key_marker.is_some());
            if let Some(next) = self.next_key_marker {
                c.key("NextKeyMarker", next, self.encoding);
                c.text("NextVersionIdMarker", self.next_version_id_marker);
            }
            for version in &self.versions {
                version.write(c, self.encoding);
            }
            write_common_prefixes(c, &self.common_prefixes, self.encoding);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ListVersionsResult, ListedMarker, ListedVersion, VersionEntry};
    use crate::Timestamp;
    use crate::xml::{KeyEncoding, ListedObject};

    fn pictures() -> ListVersionsResult<'static> {
        ListVersionsResult {
            name: "oss-example",
            max_keys: 1,
            versions: vec![ListedVersion {
                id: "null".into(),
                is_latest: true,
                entry: VersionEntry::Object(ListedObject {
                    key: "a/pic.jpg",
                    last_modified: Timestamp::from_unix_millis(1_554_794_848_000),
                    etag: "3663F7B0B9D3153F884C821E7CF4ABCD",
                    object_type: "Normal",
                    size: 574_768,
                    storage_class: "Standard",
                    restore: None,
                    owner: Some("1234512528586"),
                }),
            }],
            ..ListVersionsResult::default()
        }
    }

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, GetBucketVersions (ListObjectVersions), with the version id that the SDKs' suites expect.
        assert_eq!(
            pictures().to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListVersionsResult><Name>oss-example</Name><Prefix>\
             </Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker><MaxKeys>1</MaxKeys><Delimiter>\
             </Delimiter><IsTruncated>false</IsTruncated>\
             <Version><Key>a/pic.jpg</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2019-04-09T07:27:28.000Z</LastModified>\
             <ETag>\"3663F7B0B9D3153F884C821E7CF4ABCD\"</ETag><Type>Normal</Type><Size>574768</Size>\
             <StorageClass>Standard</StorageClass><Owner><ID>1234512528586</ID>\
             <DisplayName>1234512528586</DisplayName></Owner></Version></ListVersionsResult>"
        );
    }

    #[test]
    fn delete_markers_have_no_content() {
        // OSS manual, GetBucketVersions (ListObjectVersions): a delete marker.
        let marker = ListedVersion {
            id: "CAEQMxiBgICAof2D0BYiIDJhMGE3N2M1YTI1NDQzOGY5NTkyNTI3MGYyMzJm".into(),
            is_latest: false,
            entry: VersionEntry::DeleteMarker(ListedMarker {
                key: "example",
                last_modified: Timestamp::from_unix_millis(1_554_794_848_000),
                owner: "1234512528586",
            }),
        };
        let xml = ListVersionsResult { versions: vec![marker], ..pictures() }.to_xml();
        let expected = "<IsTruncated>false</IsTruncated><DeleteMarker><Key>example</Key>\
             <VersionId>CAEQMxiBgICAof2D0BYiIDJhMGE3N2M1YTI1NDQzOGY5NTkyNTI3MGYyMzJm</VersionId>\
             <IsLatest>false</IsLatest><LastModified>2019-04-09T07:27:28.000Z</LastModified><Owner>\
             <ID>1234512528586</ID><DisplayName>1234512528586</DisplayName></Owner></DeleteMarker>\
             </ListVersionsResult>";
        assert!(xml.ends_with(expected), "{xml}");
    }

    #[test]
    fn pages() {
        let check = |page: ListVersionsResult<'_>, expected: &str| {
            let xml = page.to_xml();
            assert!(xml.contains(expected), "{expected} in {xml}");
        };
        let next = ListVersionsResult {
            next_key_marker: Some("a/pic.jpg"),
            next_version_id_marker: "null",
            ..pictures()
        };
        check(
            ListVersionsResult { encoding: KeyEncoding::Url, ..next.clone() },
            "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a%2Fpic.jpg\
             </NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>",
        );
        check(
            ListVersionsResult {
                next_key_marker: Some("b/"),
                next_version_id_marker: "",
                common_prefixes: vec!["b/"],
                ..next
            },
            "<NextKeyMarker>b/</NextKeyMarker><NextVersionIdMarker></NextVersionIdMarker>",
        );
    }
}
