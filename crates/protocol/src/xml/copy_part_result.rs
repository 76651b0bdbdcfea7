//! `CopyPartResult`: the answer of `UploadPartCopy`.

use super::writer::document;
use crate::Timestamp;

/// The part a copy made.
#[derive(Clone, Copy, Debug)]
pub struct CopyPartResult<'a> {
    /// Its tag, without quotes.
    pub etag: &'a str,
    /// When it was made.
    pub last_modified: Timestamp,
}

impl CopyPartResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("CopyPartResult", 256, |c| {
            c.time("LastModified", self.last_modified);
            c.etag(self.etag);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CopyPartResult;
    use crate::Timestamp;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, UploadPartCopy.
        let last_modified = Timestamp::from_unix_millis(1_405_578_474_000);
        assert_eq!(
            CopyPartResult { etag: "5B3C1A2E053D763E1B002CC607C5A0FE", last_modified }.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyPartResult>\
             <LastModified>2014-07-17T06:27:54.000Z</LastModified>\
             <ETag>\"5B3C1A2E053D763E1B002CC607C5A0FE\"</ETag></CopyPartResult>"
        );
    }
}
