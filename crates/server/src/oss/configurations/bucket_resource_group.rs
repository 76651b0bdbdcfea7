//! The resource group of a bucket: every bucket is in the one that there is, and can be put into it again.

use ossicle_protocol::configurations::BucketResourceGroupConfiguration;
use ossicle_protocol::{Error, ErrorCode};

use crate::oss::call::Call;
use crate::oss::configurations::Configuration;
use crate::oss::failure::Failure;
use crate::oss::resource_group::DEFAULT;

impl Configuration for BucketResourceGroupConfiguration {
    async fn load(_: &Call) -> Result<Option<Self>, Failure> {
        Ok(Some(Self { resource_group_id: DEFAULT.to_owned() }))
    }

    /// Takes an empty id for the default group, as OSS does.
    async fn save(_: &Call, new: Option<&Self>) -> Result<(), Failure> {
        let group = new.map_or(DEFAULT, |new| new.resource_group_id.as_str());
        match group {
            "" | DEFAULT => Ok(()),
            _ => Err(Error::new(ErrorCode::ResourceGroupIdPreCheckError).into()),
        }
    }
}
