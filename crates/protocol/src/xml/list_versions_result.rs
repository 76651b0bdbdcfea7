//! `ListVersionsResult`: the answer of `ListObjectVersions` for a bucket that never kept versions, in which every
//! object is its own only version.

use super::KeyEncoding;
use super::listed_object::{ListedObject, write_common_prefixes};
use super::writer::document;

/// The id of the version of an object that was written without versioning.
const NULL_VERSION: &str = "null";

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
    /// The objects, in order of their keys.
    pub versions: Vec<ListedObject<'a>>,
    /// The rolled-up prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
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
                // A page that ends with a prefix has no version to go on after.
                let ends_with_version = self.versions.last().is_some_and(|version| version.key == next);
                c.text("NextVersionIdMarker", if ends_with_version { NULL_VERSION } else { "" });
            }
            for version in &self.versions {
                version.write_version(c, self.encoding, NULL_VERSION);
            }
            write_common_prefixes(c, &self.common_prefixes, self.encoding);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ListVersionsResult;
    use crate::Timestamp;
    use crate::xml::{KeyEncoding, ListedObject};

    fn pictures() -> ListVersionsResult<'static> {
        ListVersionsResult {
            name: "oss-example",
            max_keys: 1,
            versions: vec![ListedObject {
                key: "a/pic.jpg",
                last_modified: Timestamp::from_unix_millis(1_554_794_848_000),
                etag: "3663F7B0B9D3153F884C821E7CF4ABCD",
                object_type: "Normal",
                size: 574_768,
                storage_class: "Standard",
                owner: Some("1234512528586"),
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
    fn pages() {
        let check = |page: ListVersionsResult<'_>, expected: &str| {
            let xml = page.to_xml();
            assert!(xml.contains(expected), "{expected} in {xml}");
        };
        let next = ListVersionsResult { next_key_marker: Some("a/pic.jpg"), ..pictures() };
        check(
            ListVersionsResult { encoding: KeyEncoding::Url, ..next.clone() },
            "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a%2Fpic.jpg\
             </NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>",
        );
        check(
            ListVersionsResult { next_key_marker: Some("b/"), common_prefixes: vec!["b/"], ..next },
            "<NextKeyMarker>b/</NextKeyMarker><NextVersionIdMarker></NextVersionIdMarker>",
        );
    }
}
