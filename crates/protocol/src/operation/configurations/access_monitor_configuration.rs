//! `AccessMonitorConfiguration`: whether the last access to objects is followed, both what `PutBucketAccessMonitor` is sent
//! and what `GetBucketAccessMonitor` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Whether the last access to objects is followed. The status is kept and told; the time of an access is not recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessMonitorConfiguration {
    /// Whether it is.
    pub enabled: bool,
}

impl AccessMonitorConfiguration {
    /// Returns the status in OSS's words.
    #[must_use]
    pub fn status(self) -> &'static str {
        if self.enabled { "Enabled" } else { "Disabled" }
    }
}

impl Document for AccessMonitorConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] = &[Input::element("AccessMonitorConfiguration/Status", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "AccessMonitorConfiguration", Self::MAX_BODY)?;
        match root.required("Status")?.trim() {
            "Enabled" => Ok(Self { enabled: true }),
            "Disabled" => Ok(Self { enabled: false }),
            _ => Err(malformed("Status must be Enabled or Disabled.")),
        }
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("AccessMonitorConfiguration", 160, |c| c.text("Status", self.status()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::AccessMonitorConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    proptest! {
        #[test]
        fn reads_what_it_writes(enabled in any::<bool>()) {
            let document = AccessMonitorConfiguration { enabled };
            assert_eq!(AccessMonitorConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    #[test]
    fn refuses_bad_documents() {
        // The first: Python SDK, test_bucket_access_monitor.py.
        for inside in ["<Status>aa</Status>", "", "<Status/>", "<Status>enabled</Status>"] {
            let body = format!("<AccessMonitorConfiguration>{inside}</AccessMonitorConfiguration>");
            let error = AccessMonitorConfiguration::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }
}
