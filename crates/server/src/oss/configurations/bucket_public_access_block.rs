//! Whether public access to a bucket is blocked. While it is, what the ACLs of the bucket and its objects allow everybody does
//! not count, and no such ACL can be set; `acl` sees to that. It is kept with the bucket itself.

use ossicle_protocol::configurations::PublicAccessBlockConfiguration;

use super::Configuration;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

impl Configuration for PublicAccessBlockConfiguration {
    async fn load(call: &Call) -> Result<Option<Self>, Failure> {
        Ok(Some(Self { block_public_access: call.bucket()?.block_public_access }))
    }

    async fn save(call: &Call, new: Option<&Self>) -> Result<(), Failure> {
        let block = new.is_some_and(|new| new.block_public_access);
        Ok(call.app.store.set_bucket_public_access_block(call.bucket_name()?.as_str(), block).await?)
    }
}
