//! `VersioningConfiguration`: whether a bucket keeps versions of its objects, both what `PutBucketVersioning` is sent and what
//! `GetBucketVersioning` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Whether a bucket keeps versions of its objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersioningConfiguration {
    /// What was set; `None` until versioning is first set, and never again after that.
    pub status: Option<VersioningStatus>,
}

/// What versioning can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersioningStatus {
    /// Each write makes a version with an id of its own.
    Enabled,
    /// Each write replaces the version `null`; the others stay.
    Suspended,
}

impl VersioningStatus {
    /// Returns the word that documents have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        }
    }
}

impl Document for VersioningConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] = &[Input::element("VersioningConfiguration/Status", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "VersioningConfiguration", Self::MAX_BODY)?;
        match root.required("Status")?.trim() {
            "Enabled" => Ok(Self { status: Some(VersioningStatus::Enabled) }),
            "Suspended" => Ok(Self { status: Some(VersioningStatus::Suspended) }),
            _ => Err(malformed("Status must be Enabled or Suspended.")),
        }
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("VersioningConfiguration", 160, |c| {
            c.optional("Status", self.status.map(VersioningStatus::as_str));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{VersioningConfiguration, VersioningStatus};
    use crate::ErrorCode;
    use crate::xml::Document;

    #[test]
    fn reads_and_writes_the_document() {
        let check = |inside: &str, status: VersioningStatus, name: &str| {
            let body = format!("<VersioningConfiguration>{inside}</VersioningConfiguration>");
            let read = VersioningConfiguration::parse(body.as_bytes()).expect(inside);
            assert_eq!(read.status, Some(status), "{inside}");
            assert_eq!(
                read.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration><Status>{name}</Status>\
                     </VersioningConfiguration>"
                )
            );
        };
        // OSS manual, PutBucketVersioning.
        check("\n    <Status>Enabled</Status>\n", VersioningStatus::Enabled, "Enabled");
        check("<Status>Suspended</Status>", VersioningStatus::Suspended, "Suspended");
    }

    #[test]
    fn has_no_status_until_it_is_set() {
        // C++ SDK, BucketVersioningTest; Python SDK, test_bucket_versioning.py.
        assert_eq!(
            VersioningConfiguration::default().to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration></VersioningConfiguration>"
        );
    }

    #[test]
    fn refuses_bad_documents() {
        // The first two: Python SDK, test_bucket_versioning.py, test_bucket_versioning_wrong.
        for inside in ["", "<Status>Disabled</Status>", "<Status/>", "<Status>enabled</Status>"] {
            let body = format!("<VersioningConfiguration>{inside}</VersioningConfiguration>");
            let error = VersioningConfiguration::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML, "{inside}");
        }
        assert!(VersioningConfiguration::parse(b"").is_err());
    }
}
