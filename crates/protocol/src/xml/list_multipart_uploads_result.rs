//! `ListMultipartUploadsResult`: the answer of `ListMultipartUploads`.

use super::KeyEncoding;
use super::listed_object::write_common_prefixes;
use super::writer::document;
use crate::Timestamp;

/// A page of a bucket's multipart uploads.
#[derive(Clone, Debug, Default)]
pub struct ListMultipartUploadsResult<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// How keys are written.
    pub encoding: KeyEncoding,
    /// Keys come after this, or with [`Self::upload_id_marker`] also at this.
    pub key_marker: &'a str,
    /// At the key marker, upload ids come after this.
    pub upload_id_marker: &'a str,
    /// The key marker of the next page; OSS sends the element even without one.
    pub next_key_marker: &'a str,
    /// The upload id marker of the next page; OSS sends the element even without one.
    pub next_upload_id_marker: &'a str,
    /// Where keys are rolled up.
    pub delimiter: &'a str,
    /// Keys begin with this.
    pub prefix: &'a str,
    /// How many uploads were asked for.
    pub max_uploads: u32,
    /// Whether more uploads follow.
    pub is_truncated: bool,
    /// The uploads, in order of their keys and ids.
    pub uploads: Vec<ListedUpload<'a>>,
    /// The rolled-up prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

/// A multipart upload in the list.
#[derive(Clone, Copy, Debug)]
pub struct ListedUpload<'a> {
    /// The key of the object to be.
    pub key: &'a str,
    /// The id of the upload.
    pub upload_id: &'a str,
    /// The storage class of the object to be.
    pub storage_class: &'a str,
    /// When it began.
    pub initiated: Timestamp,
}

impl ListMultipartUploadsResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("ListMultipartUploadsResult", 1024 + self.uploads.len() * 320, |c| {
            c.encoding_type(self.encoding);
            c.text("Bucket", self.bucket);
            c.key("KeyMarker", self.key_marker, self.encoding);
            c.text("UploadIdMarker", self.upload_id_marker);
            c.key("NextKeyMarker", self.next_key_marker, self.encoding);
            c.text("NextUploadIdMarker", self.next_upload_id_marker);
            c.key("Delimiter", self.delimiter, self.encoding);
            c.key("Prefix", self.prefix, self.encoding);
            c.number("MaxUploads", self.max_uploads.into());
            c.flag("IsTruncated", self.is_truncated);
            for upload in &self.uploads {
                c.nested("Upload", |c| {
                    c.key("Key", upload.key, self.encoding);
                    c.text("UploadId", upload.upload_id);
                    c.text("StorageClass", upload.storage_class);
                    c.time("Initiated", upload.initiated);
                });
            }
            write_common_prefixes(c, &self.common_prefixes, self.encoding);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ListMultipartUploadsResult, ListedUpload};
    use crate::Timestamp;
    use crate::xml::KeyEncoding;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, ListMultipartUploads; the storage class as the Java SDK reads it.
        let xml = ListMultipartUploadsResult {
            bucket: "oss-example",
            next_key_marker: "oss.avi",
            next_upload_id_marker: "0004B99B8E707874FC2D692FA5D77D3F",
            max_uploads: 1000,
            uploads: vec![ListedUpload {
                key: "multipart.data",
                upload_id: "0004B999EF518A1FE585B0C9360DC4C8",
                storage_class: "Standard",
                initiated: Timestamp::from_unix_millis(1_329_970_703_000),
            }],
            ..ListMultipartUploadsResult::default()
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListMultipartUploadsResult><Bucket>oss-example\
             </Bucket>\
             <KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker><NextKeyMarker>oss.avi</NextKeyMarker>\
             <NextUploadIdMarker>0004B99B8E707874FC2D692FA5D77D3F</NextUploadIdMarker><Delimiter></Delimiter>\
             <Prefix></Prefix><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>\
             <Upload><Key>multipart.data</Key><UploadId>0004B999EF518A1FE585B0C9360DC4C8</UploadId>\
             <StorageClass>Standard</StorageClass><Initiated>2012-02-23T04:18:23.000Z</Initiated></Upload>\
             </ListMultipartUploadsResult>"
        );
    }

    #[test]
    fn encodes_keys() {
        // Go SDK v2, api_op_object_test.go: a key with control characters.
        let xml = ListMultipartUploadsResult {
            encoding: KeyEncoding::Url,
            key_marker: "a/b",
            uploads: vec![ListedUpload {
                key: "demo/gp-\u{c}\n\u{b}",
                upload_id: "X",
                storage_class: "Standard",
                initiated: Timestamp::from_unix_millis(0),
            }],
            common_prefixes: vec!["demo/"],
            ..ListMultipartUploadsResult::default()
        }
        .to_xml();
        for expected in [
            "<EncodingType>url</EncodingType>",
            "<KeyMarker>a%2Fb</KeyMarker>",
            "<Key>demo%2Fgp-%0C%0A%0B</Key>",
            "<CommonPrefixes><Prefix>demo%2F</Prefix></CommonPrefixes>",
        ] {
            assert!(xml.contains(expected), "{expected} in {xml}");
        }
    }
}
