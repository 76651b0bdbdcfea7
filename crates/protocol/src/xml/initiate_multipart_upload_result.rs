//! `InitiateMultipartUploadResult`: the answer of `InitiateMultipartUpload`.

use super::KeyEncoding;
use super::writer::document;

/// A multipart upload that has begun.
#[derive(Clone, Copy, Debug)]
pub struct InitiateMultipartUploadResult<'a> {
    /// How the key is written.
    pub encoding: KeyEncoding,
    /// The bucket.
    pub bucket: &'a str,
    /// The key of the object to be.
    pub key: &'a str,
    /// The id of the upload.
    pub upload_id: &'a str,
}

impl InitiateMultipartUploadResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("InitiateMultipartUploadResult", 512, |c| {
            c.encoding_type(self.encoding);
            c.text("Bucket", self.bucket);
            c.key("Key", self.key, self.encoding);
            c.text("UploadId", self.upload_id);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::InitiateMultipartUploadResult;
    use crate::xml::KeyEncoding;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, InitiateMultipartUpload.
        let check = |encoding, expected: &str| {
            let result = InitiateMultipartUploadResult {
                encoding,
                bucket: "oss-example",
                key: "dir/multipart.data",
                upload_id: "0004B9894A22E5B1888A1E29F8236E2D",
            };
            assert_eq!(
                result.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult>{expected}\
                     <UploadId>0004B9894A22E5B1888A1E29F8236E2D</UploadId></InitiateMultipartUploadResult>"
                )
            );
        };
        check(KeyEncoding::Plain, "<Bucket>oss-example</Bucket><Key>dir/multipart.data</Key>");
        check(
            KeyEncoding::Url,
            "<EncodingType>url</EncodingType><Bucket>oss-example</Bucket><Key>dir%2Fmultipart.data</Key>",
        );
    }
}
