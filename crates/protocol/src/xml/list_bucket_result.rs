//! `ListBucketResult`: the answer of `ListObjects`.

use super::KeyEncoding;
use super::listed_object::{ListedObject, write_common_prefixes};
use super::writer::document;

/// A page of a bucket's objects.
#[derive(Clone, Debug, Default)]
pub struct ListBucketResult<'a> {
    /// The bucket.
    pub name: &'a str,
    /// Keys begin with this.
    pub prefix: &'a str,
    /// Keys come after this.
    pub marker: &'a str,
    /// How many objects and prefixes were asked for.
    pub max_keys: u32,
    /// Where keys are rolled up.
    pub delimiter: &'a str,
    /// How keys are written.
    pub encoding: KeyEncoding,
    /// Where the next page begins; `None` on the last one.
    pub next_marker: Option<&'a str>,
    /// The objects, in order of their keys.
    pub contents: Vec<ListedObject<'a>>,
    /// The rolled-up prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

impl ListBucketResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let capacity = 1024 + (self.contents.len() + self.common_prefixes.len()) * ListedObject::LENGTH;
        document("ListBucketResult", capacity, |c| {
            c.text("Name", self.name);
            c.key("Prefix", self.prefix, self.encoding);
            c.key("Marker", self.marker, self.encoding);
            c.number("MaxKeys", self.max_keys.into());
            c.key("Delimiter", self.delimiter, self.encoding);
            c.encoding_type(self.encoding);
            c.flag("IsTruncated", self.next_marker.is_some());
            c.optional_key("NextMarker", self.next_marker, self.encoding);
            for object in &self.contents {
                object.write(c, self.encoding);
            }
            write_common_prefixes(c, &self.common_prefixes, self.encoding);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ListBucketResult;
    use crate::Timestamp;
    use crate::xml::{KeyEncoding, ListedObject};

    fn object(key: &str) -> ListedObject<'_> {
        ListedObject {
            key,
            last_modified: Timestamp::from_unix_millis(1_330_072_987_123),
            etag: "5B3C1A2E053D763E1B002CC607C5A0FE",
            object_type: "Normal",
            size: 344_606,
            storage_class: "Standard",
            restore: None,
            owner: Some("0022012"),
        }
    }

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, GetBucket (ListObjects), first example.
        let xml = ListBucketResult {
            name: "oss-example",
            max_keys: 100,
            contents: vec![object("fun/movie/001.avi")],
            ..ListBucketResult::default()
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>oss-example</Name><Prefix>\
             </Prefix>\
             <Marker></Marker><MaxKeys>100</MaxKeys><Delimiter></Delimiter><IsTruncated>false</IsTruncated>\
             <Contents><Key>fun/movie/001.avi</Key><LastModified>2012-02-24T08:43:07.000Z</LastModified>\
             <ETag>\"5B3C1A2E053D763E1B002CC607C5A0FE\"</ETag><Type>Normal</Type><Size>344606</Size>\
             <StorageClass>Standard</StorageClass><Owner><ID>0022012</ID><DisplayName>0022012</DisplayName>\
             </Owner>\
             </Contents></ListBucketResult>"
        );
    }

    #[test]
    fn encodes_keys() {
        let key = "fun/<&>\u{1} +%键";
        let listing = |encoding| {
            ListBucketResult {
                name: "b",
                prefix: "fun/",
                marker: "fun/a b",
                max_keys: 1,
                delimiter: "/",
                encoding,
                next_marker: Some(key),
                contents: vec![object(key)],
                common_prefixes: vec!["fun/x y/"],
            }
            .to_xml()
        };
        let check = |xml: &str, expected: &str| assert!(xml.contains(expected), "{expected} in {xml}");
        // Go SDK v2, api_op_bucket_test.go: slashes are encoded, digits of escapes are upper case.
        let url = listing(KeyEncoding::Url);
        check(&url, "<Prefix>fun%2F</Prefix><Marker>fun%2Fa%20b</Marker>");
        check(
            &url,
            "<Delimiter>%2F</Delimiter><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>",
        );
        check(&url, "<NextMarker>fun%2F%3C%26%3E%01%20%2B%25%E9%94%AE</NextMarker>");
        check(&url, "<Key>fun%2F%3C%26%3E%01%20%2B%25%E9%94%AE</Key>");
        check(&url, "<CommonPrefixes><Prefix>fun%2Fx%20y%2F</Prefix></CommonPrefixes>");
        let plain = listing(KeyEncoding::Plain);
        check(&plain, "<Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>");
        check(&plain, "<Key>fun/&lt;&amp;&gt;&#x1; +%键</Key>");
    }
}
