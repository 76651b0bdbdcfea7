//! The operations: one file for each, named as OSS names it, with one function of that name.

mod abort_multipart_upload;
mod append_object;
mod complete_multipart_upload;
mod copy_object;
mod delete_bucket;
mod delete_bucket_callback_policy;
mod delete_bucket_cors;
mod delete_bucket_public_access_block;
mod delete_bucket_tags;
mod delete_multiple_objects;
mod delete_object;
mod delete_object_tagging;
mod get_bucket_acl;
mod get_bucket_callback_policy;
mod get_bucket_cors;
mod get_bucket_info;
mod get_bucket_location;
mod get_bucket_public_access_block;
mod get_bucket_stat;
mod get_bucket_tags;
mod get_bucket_versioning;
mod get_object;
mod get_object_acl;
mod get_object_meta;
mod get_object_tagging;
mod head_bucket;
mod head_object;
mod initiate_multipart_upload;
mod list_buckets;
mod list_live_channel;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod post_object;
mod preflight;
mod process_object;
mod put_bucket;
mod put_bucket_acl;
mod put_bucket_callback_policy;
mod put_bucket_cors;
mod put_bucket_public_access_block;
mod put_bucket_tags;
mod put_object;
mod put_object_acl;
mod put_object_tagging;
mod upload_part;
mod upload_part_copy;

use std::sync::LazyLock;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use ossicle_protocol::{Error, ErrorCode, Operation};
use tokio::sync::Semaphore;

use crate::aside::aside;
use crate::call::Call;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Listings under way: each holds all its rows, and then its document, before any of it is counted as an answer. Twice the
/// processors keep them busy while one waits for the disk.
static LISTINGS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(2 * std::thread::available_parallelism().map_or(1, usize::from)));

/// Runs the operation that the call was routed to.
pub(crate) async fn run(call: Call, body: RequestBody) -> Result<Reply, Error> {
    demand_length(&call)?;
    match call.operation {
        Operation::ListBuckets => list(call, list_buckets::list_buckets).await,
        Operation::PutBucket => put_bucket::put_bucket(&call, body).await,
        Operation::DeleteBucket => delete_bucket::delete_bucket(&call).await,
        Operation::HeadBucket => head_bucket::head_bucket(&call),
        Operation::GetBucketInfo => get_bucket_info::get_bucket_info(&call),
        Operation::GetBucketLocation => get_bucket_location::get_bucket_location(&call),
        Operation::GetBucketStat => get_bucket_stat::get_bucket_stat(&call),
        Operation::GetBucketAcl => get_bucket_acl::get_bucket_acl(&call),
        Operation::PutBucketAcl => put_bucket_acl::put_bucket_acl(&call).await,
        Operation::PutBucketCors => put_bucket_cors::put_bucket_cors(&call, body).await,
        Operation::GetBucketCors => get_bucket_cors::get_bucket_cors(&call),
        Operation::DeleteBucketCors => delete_bucket_cors::delete_bucket_cors(&call).await,
        Operation::PutBucketCallbackPolicy => {
            put_bucket_callback_policy::put_bucket_callback_policy(&call, body).await
        }
        Operation::GetBucketCallbackPolicy => get_bucket_callback_policy::get_bucket_callback_policy(&call),
        Operation::DeleteBucketCallbackPolicy => {
            delete_bucket_callback_policy::delete_bucket_callback_policy(&call).await
        }
        Operation::PutBucketPublicAccessBlock => {
            put_bucket_public_access_block::put_bucket_public_access_block(&call, body).await
        }
        Operation::GetBucketPublicAccessBlock => {
            get_bucket_public_access_block::get_bucket_public_access_block(&call)
        }
        Operation::DeleteBucketPublicAccessBlock => {
            delete_bucket_public_access_block::delete_bucket_public_access_block(&call).await
        }
        Operation::PutBucketTags => put_bucket_tags::put_bucket_tags(&call, body).await,
        Operation::GetBucketTags => get_bucket_tags::get_bucket_tags(&call),
        Operation::DeleteBucketTags => delete_bucket_tags::delete_bucket_tags(&call).await,
        Operation::Preflight => preflight::preflight(&call),
        Operation::ListObjects => list(call, list_objects::list_objects).await,
        Operation::ListObjectsV2 => list(call, list_objects_v2::list_objects_v2).await,
        Operation::ListObjectVersions => list(call, list_object_versions::list_object_versions).await,
        Operation::GetBucketVersioning => get_bucket_versioning::get_bucket_versioning(&call),
        Operation::ListLiveChannel => list_live_channel::list_live_channel(&call),
        Operation::ListMultipartUploads => list(call, list_multipart_uploads::list_multipart_uploads).await,
        Operation::DeleteMultipleObjects => {
            delete_multiple_objects::delete_multiple_objects(&call, body).await
        }
        Operation::PostObject => post_object::post_object(call, body).await,
        Operation::PutObject => put_object::put_object(call, body).await,
        Operation::CopyObject => copy_object::copy_object(&call).await,
        Operation::AppendObject => append_object::append_object(&call, body).await,
        Operation::GetObject => get_object::get_object(&call).await,
        Operation::HeadObject => head_object::head_object(&call).await,
        Operation::GetObjectMeta => get_object_meta::get_object_meta(&call).await,
        Operation::DeleteObject => delete_object::delete_object(&call).await,
        Operation::GetObjectAcl => get_object_acl::get_object_acl(&call).await,
        Operation::PutObjectAcl => put_object_acl::put_object_acl(&call).await,
        Operation::PutObjectTagging => put_object_tagging::put_object_tagging(&call, body).await,
        Operation::GetObjectTagging => get_object_tagging::get_object_tagging(&call).await,
        Operation::DeleteObjectTagging => delete_object_tagging::delete_object_tagging(&call).await,
        Operation::InitiateMultipartUpload => {
            initiate_multipart_upload::initiate_multipart_upload(&call).await
        }
        Operation::UploadPart => upload_part::upload_part(&call, body).await,
        Operation::UploadPartCopy => upload_part_copy::upload_part_copy(&call).await,
        Operation::CompleteMultipartUpload => {
            complete_multipart_upload::complete_multipart_upload(call, body).await
        }
        Operation::AbortMultipartUpload => abort_multipart_upload::abort_multipart_upload(&call).await,
        Operation::ListParts => list(call, list_parts::list_parts).await,
        Operation::ProcessObject => process_object::process_object(call, body).await,
    }
}

/// Refuses a request that neither has a length nor comes in chunks, where the operation lives on its body: what the client
/// meant to send is lost, and an empty object in the place of a good one would be too.
fn demand_length(call: &Call) -> Result<(), Error> {
    use Operation::{
        AppendObject, CompleteMultipartUpload, DeleteMultipleObjects, PostObject, ProcessObject,
        PutBucketCallbackPolicy, PutBucketCors, PutObject, UploadPart,
    };
    let lives_on_its_body = matches!(
        call.operation,
        AppendObject
            | CompleteMultipartUpload
            | DeleteMultipleObjects
            | PostObject
            | ProcessObject
            | PutBucketCallbackPolicy
            | PutBucketCors
            | PutObject
            | UploadPart
    );
    let framed = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| call.head.headers.contains_key(name));
    if lives_on_its_body && !framed { Err(ErrorCode::MissingContentLength.into()) } else { Ok(()) }
}

/// Lists: looking through many rows must not hold up the other connections of this thread.
async fn list(call: Call, operation: fn(&Call) -> Result<Reply, Error>) -> Result<Reply, Error> {
    let _turn = LISTINGS.acquire().await;
    aside(move || operation(&call)).await?
}
