//! `GetObjectAcl`: who may do what with an object.

use ossicle_protocol::xml::AccessControlPolicy;

use crate::access::acl::object_acl;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::{object_lookup, versions};

/// Runs `GetObjectAcl`.
pub(crate) async fn get_object_acl(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let reply = Reply::xml(AccessControlPolicy::of_object(call.owner(), object_acl(object)).to_xml());
    Ok(versions::show(reply, call.bucket()?, object))
}
