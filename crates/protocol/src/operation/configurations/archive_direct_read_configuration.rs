//! `ArchiveDirectReadConfiguration`: whether objects of the class `Archive` are read without being restored, both what
//! `PutBucketArchiveDirectRead` is sent and what `GetBucketArchiveDirectRead` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Whether objects of the class `Archive` are read without being restored. Colder classes never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArchiveDirectReadConfiguration {
    /// Whether they are.
    pub enabled: bool,
}

impl Document for ArchiveDirectReadConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] = &[Input::element("ArchiveDirectReadConfiguration/Enabled", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "ArchiveDirectReadConfiguration", Self::MAX_BODY)?;
        match root.required("Enabled")?.trim() {
            "true" => Ok(Self { enabled: true }),
            "false" => Ok(Self { enabled: false }),
            _ => Err(malformed("Enabled must be true or false.")),
        }
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("ArchiveDirectReadConfiguration", 160, |c| c.flag("Enabled", self.enabled))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::ArchiveDirectReadConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    proptest! {
        #[test]
        fn reads_what_it_writes(enabled in any::<bool>()) {
            let document = ArchiveDirectReadConfiguration { enabled };
            assert_eq!(ArchiveDirectReadConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    #[test]
    fn refuses_bad_documents() {
        // The first: Python SDK, test_bucket_archive_direct_read.py.
        for inside in ["<Enabled>aa</Enabled>", "", "<Enabled/>", "<Enabled>True</Enabled>"] {
            let body = format!("<ArchiveDirectReadConfiguration>{inside}</ArchiveDirectReadConfiguration>");
            let error = ArchiveDirectReadConfiguration::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }
}
