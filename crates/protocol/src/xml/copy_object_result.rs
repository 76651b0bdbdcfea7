//! `CopyObjectResult`: the answer of `CopyObject`.

use super::writer::document;
use crate::Timestamp;

/// The object a copy made.
#[derive(Clone, Copy, Debug)]
pub struct CopyObjectResult<'a> {
    /// Its tag, without quotes.
    pub etag: &'a str,
    /// When it was made.
    pub last_modified: Timestamp,
}

impl CopyObjectResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("CopyObjectResult", 256, |c| {
            c.etag(self.etag);
            c.time("LastModified", self.last_modified);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CopyObjectResult;
    use crate::Timestamp;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, CopyObject, third example.
        let last_modified = Timestamp::from_unix_millis(1_554_781_532_999);
        assert_eq!(
            CopyObjectResult { etag: "C4CA4238A0B923820DCC509A6F75849B", last_modified }.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyObjectResult>\
             <ETag>\"C4CA4238A0B923820DCC509A6F75849B\"</ETag>\
             <LastModified>2019-04-09T03:45:32.000Z</LastModified></CopyObjectResult>"
        );
    }
}
