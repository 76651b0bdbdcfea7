//! `GetBucketAcl`: who may do what with a bucket.

use ossicle_protocol::xml::AccessControlPolicy;

use crate::access::acl::bucket_acl;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `GetBucketAcl`.
pub(crate) async fn get_bucket_acl(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let acl = bucket_acl(call.bucket()?);
    Ok(Reply::xml(AccessControlPolicy::of_bucket(call.owner(), acl).to_xml()))
}
