//! `CreateBucketConfiguration`: what `PutBucket` may be sent.

use super::reader::Element;
use crate::{DataRedundancyType, Error, StorageClass};

/// What a new bucket is to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreateBucketConfiguration {
    /// The storage class; `None` if the request names none.
    pub storage_class: Option<StorageClass>,
    /// The redundancy; `None` if the request names none.
    pub data_redundancy_type: Option<DataRedundancyType>,
    /// The region, which older SDKs still name.
    pub location: Option<String>,
}

impl CreateBucketConfiguration {
    /// Longest body that is read.
    pub const MAX_BODY: usize = 64 * 1024;

    /// Reads the document; no body at all asks for nothing in particular.
    ///
    /// # Errors
    /// `MalformedXML`; `InvalidArgument` for unknown storage classes and redundancies.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let root = Element::parse(body, "CreateBucketConfiguration", Self::MAX_BODY)?;
        let chosen = |name| Ok(root.optional(name)?.map(str::trim).filter(|text| !text.is_empty()));
        let storage_class: Option<&str> = chosen("StorageClass")?;
        let data_redundancy_type: Option<&str> = chosen("DataRedundancyType")?;
        let location: Result<_, Error> = chosen("LocationConstraint");
        Ok(Self {
            storage_class: storage_class.map(StorageClass::parse).transpose()?,
            data_redundancy_type: data_redundancy_type.map(DataRedundancyType::parse).transpose()?,
            location: location?.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CreateBucketConfiguration;
    use crate::{DataRedundancyType, ErrorCode, StorageClass};

    #[test]
    fn reads_what_is_chosen() {
        let check = |body: &str, expected: CreateBucketConfiguration| {
            assert_eq!(CreateBucketConfiguration::parse(body.as_bytes()).expect(body), expected, "{body}");
        };
        let nothing = CreateBucketConfiguration::default();
        check("", nothing.clone());
        check(" \r\n", nothing.clone());
        check("<CreateBucketConfiguration/>", nothing.clone());
        // OSS manual, PutBucket.
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateBucketConfiguration>\n    \
             <StorageClass>Standard</StorageClass>\n</CreateBucketConfiguration>",
            CreateBucketConfiguration { storage_class: Some(StorageClass::Standard), ..nothing.clone() },
        );
        check(
            "<CreateBucketConfiguration><StorageClass>IA</StorageClass><DataRedundancyType>ZRS\
             </DataRedundancyType>\
             <LocationConstraint>oss-cn-beijing</LocationConstraint></CreateBucketConfiguration>",
            CreateBucketConfiguration {
                storage_class: Some(StorageClass::InfrequentAccess),
                data_redundancy_type: Some(DataRedundancyType::ZoneRedundant),
                location: Some("oss-cn-beijing".to_owned()),
            },
        );
        check("<CreateBucketConfiguration><StorageClass/></CreateBucketConfiguration>", nothing);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let check = |body: &str, expected: ErrorCode| {
            let error = CreateBucketConfiguration::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), expected, "{body}");
        };
        check("Standard", ErrorCode::MalformedXML);
        check("<BucketConfiguration/>", ErrorCode::MalformedXML);
        check(
            "<CreateBucketConfiguration><StorageClass>Cold</StorageClass></CreateBucketConfiguration>",
            ErrorCode::InvalidArgument,
        );
    }
}
