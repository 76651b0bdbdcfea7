//! `ListPartsResult`: the answer of `ListParts`.

use super::KeyEncoding;
use super::writer::document;
use crate::Timestamp;

/// A page of the parts of a multipart upload.
#[derive(Clone, Debug, Default)]
pub struct ListPartsResult<'a> {
    /// How the key is written.
    pub encoding: KeyEncoding,
    /// The bucket.
    pub bucket: &'a str,
    /// The key of the object to be.
    pub key: &'a str,
    /// The id of the upload.
    pub upload_id: &'a str,
    /// The storage class of the object to be.
    pub storage_class: &'a str,
    /// Part numbers come after this.
    pub part_number_marker: u32,
    /// The last part number of the page, which OSS says even on the last page; `None` on a page without parts, where
    /// the element is empty.
    pub next_part_number_marker: Option<u32>,
    /// How many parts were asked for.
    pub max_parts: u32,
    /// Whether more parts follow.
    pub is_truncated: bool,
    /// What the upload was begun with of client-side encryption.
    pub client_encryption: ClientEncryption,
    /// The parts, in order of their numbers.
    pub parts: Vec<ListedPart<'a>>,
}

/// What clients that encrypt keep with an upload, each as it was given.
#[derive(Clone, Debug, Default)]
pub struct ClientEncryption {
    /// The encrypted key.
    pub key: Option<String>,
    /// The encrypted start of the counter.
    pub start: Option<String>,
    /// How the data is encrypted.
    pub cek_alg: Option<String>,
    /// How the key is encrypted.
    pub wrap_alg: Option<String>,
    /// The length of all data.
    pub data_size: Option<String>,
    /// The length of each part.
    pub part_size: Option<String>,
}

/// A part in the list.
#[derive(Clone, Copy, Debug)]
pub struct ListedPart<'a> {
    /// Its number.
    pub number: u32,
    /// When it was uploaded.
    pub last_modified: Timestamp,
    /// Its tag, without quotes.
    pub etag: &'a str,
    /// Its CRC-64.
    pub crc64: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl ListPartsResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("ListPartsResult", 1024 + self.parts.len() * 256, |c| {
            c.encoding_type(self.encoding);
            c.text("Bucket", self.bucket);
            c.key("Key", self.key, self.encoding);
            c.text("UploadId", self.upload_id);
            c.text("StorageClass", self.storage_class);
            c.number("PartNumberMarker", self.part_number_marker.into());
            match self.next_part_number_marker {
                Some(number) => c.number("NextPartNumberMarker", number.into()),
                None => c.text("NextPartNumberMarker", ""),
            }
            c.number("MaxParts", self.max_parts.into());
            c.flag("IsTruncated", self.is_truncated);
            let encryption = &self.client_encryption;
            c.optional("ClientEncryptionKey", encryption.key.as_deref());
            c.optional("ClientEncryptionStart", encryption.start.as_deref());
            c.optional("ClientEncryptionCekAlg", encryption.cek_alg.as_deref());
            c.optional("ClientEncryptionWrapAlg", encryption.wrap_alg.as_deref());
            c.optional("ClientEncryptionDataSize", encryption.data_size.as_deref());
            c.optional("ClientEncryptionPartSize", encryption.part_size.as_deref());
            for part in &self.parts {
                c.nested("Part", |c| {
                    c.number("PartNumber", part.number.into());
                    c.time("LastModified", part.last_modified);
                    c.etag(part.etag);
                    c.number("HashCrc64ecma", part.crc64);
                    c.number("Size", part.size);
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ListPartsResult, ListedPart};
    use crate::Timestamp;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, ListParts, with the CRC-64 that newer SDKs read.
        let xml = ListPartsResult {
            bucket: "multipart_upload",
            key: "multipart.data",
            upload_id: "0004B999EF5A239BB9138C6227D69F95",
            storage_class: "Standard",
            next_part_number_marker: Some(5),
            max_parts: 1000,
            parts: vec![ListedPart {
                number: 1,
                last_modified: Timestamp::from_unix_millis(1_329_980_494_000),
                etag: "3349DC700140D7F86A078484278075A9",
                crc64: u64::MAX,
                size: 6_291_456,
            }],
            ..ListPartsResult::default()
        }
        .to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListPartsResult><Bucket>multipart_upload</Bucket>\
             <Key>multipart.data</Key><UploadId>0004B999EF5A239BB9138C6227D69F95</UploadId>\
             <StorageClass>Standard</StorageClass><PartNumberMarker>0</PartNumberMarker>\
             <NextPartNumberMarker>5</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false\
             </IsTruncated>\
             <Part><PartNumber>1</PartNumber><LastModified>2012-02-23T07:01:34.000Z</LastModified>\
             <ETag>\"3349DC700140D7F86A078484278075A9\"</ETag><HashCrc64ecma>18446744073709551615\
             </HashCrc64ecma>\
             <Size>6291456</Size></Part></ListPartsResult>"
        );
    }

    #[test]
    fn a_page_without_parts_has_an_empty_marker() {
        // Java SDK, UploadPartTest: no number where there is no part.
        let xml = ListPartsResult::default().to_xml();
        assert!(xml.contains("<NextPartNumberMarker></NextPartNumberMarker>"), "{xml}");
    }
}
