//! `TransferAccelerationConfiguration`: whether a bucket is reached over the accelerated network, both what
//! `PutBucketTransferAcceleration` is sent and what `GetBucketTransferAcceleration` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// Whether transfer acceleration is switched on. There is no second network here: what is set is what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferAccelerationConfiguration {
    /// Whether it is.
    pub enabled: bool,
}

impl Document for TransferAccelerationConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] =
        &[Input::element("TransferAccelerationConfiguration/Enabled", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "TransferAccelerationConfiguration", Self::MAX_BODY)?;
        root.required("Enabled")?;
        Ok(Self { enabled: root.flag("Enabled")? })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchTransferAccelerationConfiguration)
    }

    fn to_xml(&self) -> String {
        document("TransferAccelerationConfiguration", 192, |c| c.flag("Enabled", self.enabled))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::TransferAccelerationConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    proptest! {
        #[test]
        fn reads_what_it_writes(enabled in any::<bool>()) {
            let document = TransferAccelerationConfiguration { enabled };
            assert_eq!(TransferAccelerationConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    #[test]
    fn reads_the_manual_and_refuses_bad_documents() {
        let read = |inside: &str| {
            let body =
                format!("<TransferAccelerationConfiguration>{inside}</TransferAccelerationConfiguration>");
            TransferAccelerationConfiguration::parse(body.as_bytes())
        };
        // OSS manual, PutBucketTransferAcceleration.
        assert!(read("\n  <Enabled>true</Enabled>\n").expect("the manual's").enabled);
        assert!(!read("<Enabled>false</Enabled>").expect("the other").enabled);
        for inside in
            ["", "<Enabled/>", "<Enabled>Enabled</Enabled>", "<Enabled>true</Enabled><Enabled>true</Enabled>"]
        {
            assert_eq!(read(inside).expect_err(inside).code(), ErrorCode::MalformedXML);
        }
    }
}
