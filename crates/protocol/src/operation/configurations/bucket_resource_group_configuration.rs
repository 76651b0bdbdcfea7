//! `BucketResourceGroupConfiguration`: the resource group of a bucket, both what `PutBucketResourceGroup` is sent and what
//! `GetBucketResourceGroup` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// The resource group that a bucket belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketResourceGroupConfiguration {
    /// The id of the group. Whether there is such a group is not known here.
    pub resource_group_id: String,
}

impl Document for BucketResourceGroupConfiguration {
    const MAX_BODY: usize = 4 * 1024;

    const ELEMENTS: &'static [Input] =
        &[Input::element("BucketResourceGroupConfiguration/ResourceGroupId", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "BucketResourceGroupConfiguration", Self::MAX_BODY)?;
        Ok(Self { resource_group_id: root.required("ResourceGroupId")?.trim().to_owned() })
    }

    /// Every bucket has a group.
    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::ResourceGroupIdPreCheckError)
    }

    fn to_xml(&self) -> String {
        document("BucketResourceGroupConfiguration", 192, |c| {
            c.text("ResourceGroupId", &self.resource_group_id);
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::BucketResourceGroupConfiguration;
    use crate::ErrorCode;
    use crate::xml::Document;

    proptest! {
        #[test]
        fn reads_what_it_writes(resource_group_id in "[!-~]{0,40}") {
            let document = BucketResourceGroupConfiguration { resource_group_id };
            assert_eq!(BucketResourceGroupConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    #[test]
    fn refuses_bad_documents() {
        for body in ["", "<ResourceGroupId>rg-a</ResourceGroupId>", "<BucketResourceGroupConfiguration/>"] {
            let error = BucketResourceGroupConfiguration::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }
}
