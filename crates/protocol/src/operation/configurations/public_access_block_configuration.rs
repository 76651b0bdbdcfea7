//! `PublicAccessBlockConfiguration`: whether public access is blocked, both what `PutBucketPublicAccessBlock` is sent
//! and what `GetBucketPublicAccessBlock` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Whether public access is blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlockConfiguration {
    /// Whether public ACLs are refused and, where there are some, ignored.
    pub block_public_access: bool,
}

impl Document for PublicAccessBlockConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] =
        &[Input::element("PublicAccessBlockConfiguration/BlockPublicAccess", Honoured)];

    /// Reads the document. Without the element nothing is blocked, as the manual has it.
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "PublicAccessBlockConfiguration", Self::MAX_BODY)?;
        Ok(Self { block_public_access: root.flag("BlockPublicAccess")? })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("PublicAccessBlockConfiguration", 192, |c| {
            c.flag("BlockPublicAccess", self.block_public_access);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PublicAccessBlockConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    #[test]
    fn reads_and_writes_the_document() {
        let check = |inside: &str, expected: bool| {
            let body = format!("<PublicAccessBlockConfiguration>{inside}</PublicAccessBlockConfiguration>");
            let read = PublicAccessBlockConfiguration::parse(body.as_bytes()).expect(inside);
            assert_eq!(read.block_public_access, expected, "{inside}");
            assert_eq!(
                read.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PublicAccessBlockConfiguration>\
                     <BlockPublicAccess>{expected}</BlockPublicAccess></PublicAccessBlockConfiguration>"
                )
            );
        };
        // OSS manual, PutBucketPublicAccessBlock.
        check("\n  <BlockPublicAccess>true</BlockPublicAccess>\n", true);
        check("<BlockPublicAccess>false</BlockPublicAccess>", false);
        check("", false);
        for body in ["", "<BlockPublicAccess>true</BlockPublicAccess>"] {
            let error = PublicAccessBlockConfiguration::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }
}
