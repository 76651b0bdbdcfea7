//! The operations: one file for each, named as OSS names it, with one function of that name; and where the documents of
//! configurations are kept, whose operations are the same for all.

mod abort_multipart_upload;
mod append_object;
mod clean_restored_object;
mod complete_multipart_upload;
mod copy_object;
mod delete_bucket;
mod delete_multiple_objects;
mod delete_object;
mod delete_object_tagging;
mod get_bucket_acl;
mod get_bucket_info;
mod get_bucket_location;
mod get_bucket_stat;
mod get_object;
mod get_object_acl;
mod get_object_meta;
mod get_object_tagging;
mod get_symlink;
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
pub(crate) mod put_bucket_acl;
mod put_object;
mod put_object_acl;
mod put_object_tagging;
mod put_symlink;
mod restore_object;
mod seal_append_object;
mod upload_part;
mod upload_part_copy;

use std::pin::Pin;
use std::sync::LazyLock;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use ossicle_protocol::configurations::{
    AccessMonitorConfiguration, ArchiveDirectReadConfiguration, BucketCallbackPolicy,
    BucketResourceGroupConfiguration, HttpsConfiguration, OverwriteConfiguration,
    PublicAccessBlockConfiguration, RequestPaymentConfiguration, ResponseHeaderConfiguration,
    ServerSideEncryptionRule, StyleList, TransferAccelerationConfiguration, VersioningConfiguration,
    WebsiteConfiguration,
};
use ossicle_protocol::{
    Body, BucketTags, CorsRules, Error, ErrorCode, LifecycleRules, Operation, RefererConfiguration,
};
use ossicle_store::BucketDocument;
use tokio::sync::Semaphore;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::configurations::public_access_block::OfAccount;
use crate::oss::configurations::{
    bucket_lifecycle, bucket_overwrite_config, bucket_policy, bucket_style, bucket_tags, bucket_worm, delete,
    get, put,
};
use crate::oss::failure::Failure;
use crate::oss::kept::Kept;

/// Says under which number the store keeps the document of each configuration.
macro_rules! kept {
    ($($configuration:ty = $number:literal),* $(,)?) => {
        $(
            impl Kept for $configuration {
                const DOCUMENT: BucketDocument = BucketDocument::numbered($number);
            }
        )*

        /// The numbers, and what becomes of the elements of the documents.
        #[cfg(test)]
        const KEPT: &[(u8, &[ossicle_protocol::inputs::Input])] = &[$(($number, <$configuration as ossicle_protocol::xml::Document>::ELEMENTS)),*];
    };
}

// A number is on disk and belongs to its configuration for ever. 3 is not used, and 6
// is that of the bucket policy, which is no XML.
kept![
    CorsRules = 1,
    BucketCallbackPolicy = 2,
    BucketTags = 4,
    LifecycleRules = 5,
    RefererConfiguration = 7,
    RequestPaymentConfiguration = 8,
    OverwriteConfiguration = 40,
    TransferAccelerationConfiguration = 60,
    AccessMonitorConfiguration = 61,
    StyleList = 62,
    WebsiteConfiguration = 63,
    HttpsConfiguration = 64,
    ResponseHeaderConfiguration = 65,
    ArchiveDirectReadConfiguration = 66,
    ServerSideEncryptionRule = 80,
];

/// Listings under way: each holds all its rows, and then its document, before any of it is counted as an answer. Twice the
/// processors keep them busy while one waits for the disk.
static LISTINGS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(2 * std::thread::available_parallelism().map_or(1, usize::from)));

/// What an operation comes to. It is boxed, so that no request carries the size of the largest operation.
type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + 'a>>;

/// Runs the operation that the call was routed to.
pub(crate) async fn run(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    demand_length(call)?;
    let _turn = match is_listing(call.operation) {
        true => LISTINGS.acquire().await.ok(),
        false => None,
    };
    begin(call, body).await
}

/// Finds the function of the call's operation.
#[expect(clippy::too_many_lines, reason = "one line for each operation, kept in one exhaustive match")]
fn begin(call: &Call, body: RequestBody) -> Outcome<'_> {
    match call.operation {
        Operation::ListBuckets => Box::pin(list_buckets::list_buckets(call, body)),
        Operation::PutPublicAccessBlock => Box::pin(put::<OfAccount>(call, body)),
        Operation::GetPublicAccessBlock => Box::pin(get::<OfAccount>(call, body)),
        Operation::DeletePublicAccessBlock => Box::pin(delete::<OfAccount>(call, body)),
        Operation::PutBucket => Box::pin(put_bucket::put_bucket(call, body)),
        Operation::DeleteBucket => Box::pin(delete_bucket::delete_bucket(call, body)),
        Operation::HeadBucket => Box::pin(head_bucket::head_bucket(call, body)),
        Operation::GetBucketInfo => Box::pin(get_bucket_info::get_bucket_info(call, body)),
        Operation::GetBucketLocation => Box::pin(get_bucket_location::get_bucket_location(call, body)),
        Operation::GetBucketStat => Box::pin(get_bucket_stat::get_bucket_stat(call, body)),
        Operation::GetBucketAcl => Box::pin(get_bucket_acl::get_bucket_acl(call, body)),
        Operation::PutBucketAcl => Box::pin(put_bucket_acl::put_bucket_acl(call, body)),
        Operation::PutBucketLifecycle => Box::pin(bucket_lifecycle::put_bucket_lifecycle(call, body)),
        Operation::GetBucketLifecycle => Box::pin(get::<LifecycleRules>(call, body)),
        Operation::DeleteBucketLifecycle => Box::pin(delete::<LifecycleRules>(call, body)),
        Operation::PutBucketCors => Box::pin(put::<CorsRules>(call, body)),
        Operation::GetBucketCors => Box::pin(get::<CorsRules>(call, body)),
        Operation::DeleteBucketCors => Box::pin(delete::<CorsRules>(call, body)),
        Operation::PutBucketCallbackPolicy => Box::pin(put::<BucketCallbackPolicy>(call, body)),
        Operation::GetBucketCallbackPolicy => Box::pin(get::<BucketCallbackPolicy>(call, body)),
        Operation::DeleteBucketCallbackPolicy => Box::pin(delete::<BucketCallbackPolicy>(call, body)),
        Operation::PutBucketPublicAccessBlock => Box::pin(put::<PublicAccessBlockConfiguration>(call, body)),
        Operation::GetBucketPublicAccessBlock => Box::pin(get::<PublicAccessBlockConfiguration>(call, body)),
        Operation::DeleteBucketPublicAccessBlock => {
            Box::pin(delete::<PublicAccessBlockConfiguration>(call, body))
        }
        Operation::PutBucketTags => Box::pin(put::<BucketTags>(call, body)),
        Operation::GetBucketTags => Box::pin(get::<BucketTags>(call, body)),
        Operation::DeleteBucketTags => Box::pin(bucket_tags::delete_bucket_tags(call, body)),
        Operation::PutBucketReferer => Box::pin(put::<RefererConfiguration>(call, body)),
        Operation::GetBucketReferer => Box::pin(get::<RefererConfiguration>(call, body)),
        Operation::PutBucketRequestPayment => Box::pin(put::<RequestPaymentConfiguration>(call, body)),
        Operation::GetBucketRequestPayment => Box::pin(get::<RequestPaymentConfiguration>(call, body)),
        Operation::PutBucketTransferAcceleration => {
            Box::pin(put::<TransferAccelerationConfiguration>(call, body))
        }
        Operation::GetBucketTransferAcceleration => {
            Box::pin(get::<TransferAccelerationConfiguration>(call, body))
        }
        Operation::PutBucketAccessMonitor => Box::pin(put::<AccessMonitorConfiguration>(call, body)),
        Operation::GetBucketAccessMonitor => Box::pin(get::<AccessMonitorConfiguration>(call, body)),
        Operation::PutBucketResourceGroup => Box::pin(put::<BucketResourceGroupConfiguration>(call, body)),
        Operation::GetBucketResourceGroup => Box::pin(get::<BucketResourceGroupConfiguration>(call, body)),
        Operation::PutBucketWebsite => Box::pin(put::<WebsiteConfiguration>(call, body)),
        Operation::GetBucketWebsite => Box::pin(get::<WebsiteConfiguration>(call, body)),
        Operation::DeleteBucketWebsite => Box::pin(delete::<WebsiteConfiguration>(call, body)),
        Operation::PutBucketHttpsConfig => Box::pin(put::<HttpsConfiguration>(call, body)),
        Operation::GetBucketHttpsConfig => Box::pin(get::<HttpsConfiguration>(call, body)),
        Operation::PutBucketResponseHeader => Box::pin(put::<ResponseHeaderConfiguration>(call, body)),
        Operation::GetBucketResponseHeader => Box::pin(get::<ResponseHeaderConfiguration>(call, body)),
        Operation::DeleteBucketResponseHeader => Box::pin(delete::<ResponseHeaderConfiguration>(call, body)),
        Operation::PutBucketArchiveDirectRead => Box::pin(put::<ArchiveDirectReadConfiguration>(call, body)),
        Operation::GetBucketArchiveDirectRead => Box::pin(get::<ArchiveDirectReadConfiguration>(call, body)),
        Operation::PutBucketEncryption => Box::pin(put::<ServerSideEncryptionRule>(call, body)),
        Operation::GetBucketEncryption => Box::pin(get::<ServerSideEncryptionRule>(call, body)),
        Operation::DeleteBucketEncryption => Box::pin(delete::<ServerSideEncryptionRule>(call, body)),
        Operation::ExtendBucketWorm => Box::pin(bucket_worm::extend_bucket_worm(call, body)),
        Operation::InitiateBucketWorm => Box::pin(bucket_worm::initiate_bucket_worm(call, body)),
        Operation::CompleteBucketWorm => Box::pin(bucket_worm::complete_bucket_worm(call, body)),
        Operation::AbortBucketWorm => Box::pin(bucket_worm::abort_bucket_worm(call, body)),
        Operation::GetBucketWorm => Box::pin(bucket_worm::get_bucket_worm(call, body)),
        Operation::GetStyle => Box::pin(bucket_style::get_style(call, body)),
        Operation::ListStyle => Box::pin(get::<StyleList>(call, body)),
        Operation::PutStyle => Box::pin(bucket_style::put_style(call, body)),
        Operation::DeleteStyle => Box::pin(bucket_style::delete_style(call, body)),
        Operation::PutBucketOverwriteConfig => {
            Box::pin(bucket_overwrite_config::put_bucket_overwrite_config(call, body))
        }
        Operation::GetBucketOverwriteConfig => Box::pin(get::<OverwriteConfiguration>(call, body)),
        Operation::DeleteBucketOverwriteConfig => Box::pin(delete::<OverwriteConfiguration>(call, body)),
        Operation::PutBucketPolicy => Box::pin(bucket_policy::put_bucket_policy(call, body)),
        Operation::GetBucketPolicy => Box::pin(bucket_policy::get_bucket_policy(call, body)),
        Operation::DeleteBucketPolicy => Box::pin(bucket_policy::delete_bucket_policy(call, body)),
        Operation::GetBucketPolicyStatus => Box::pin(bucket_policy::get_bucket_policy_status(call, body)),
        Operation::Preflight => Box::pin(preflight::preflight(call, body)),
        Operation::ListObjects => Box::pin(list_objects::list_objects(call, body)),
        Operation::ListObjectsV2 => Box::pin(list_objects_v2::list_objects_v2(call, body)),
        Operation::ListObjectVersions => Box::pin(list_object_versions::list_object_versions(call, body)),
        Operation::PutBucketVersioning => Box::pin(put::<VersioningConfiguration>(call, body)),
        Operation::GetBucketVersioning => Box::pin(get::<VersioningConfiguration>(call, body)),
        Operation::ListLiveChannel => Box::pin(list_live_channel::list_live_channel(call, body)),
        Operation::ListMultipartUploads => {
            Box::pin(list_multipart_uploads::list_multipart_uploads(call, body))
        }
        Operation::DeleteMultipleObjects => {
            Box::pin(delete_multiple_objects::delete_multiple_objects(call, body))
        }
        Operation::PostObject => Box::pin(post_object::post_object(call, body)),
        Operation::PutObject => Box::pin(put_object::put_object(call, body)),
        Operation::CopyObject => Box::pin(copy_object::copy_object(call, body)),
        Operation::AppendObject => Box::pin(append_object::append_object(call, body)),
        Operation::SealAppendObject => Box::pin(seal_append_object::seal_append_object(call, body)),
        Operation::RestoreObject => Box::pin(restore_object::restore_object(call, body)),
        Operation::CleanRestoredObject => Box::pin(clean_restored_object::clean_restored_object(call, body)),
        Operation::GetObject => Box::pin(get_object::get_object(call, body)),
        Operation::HeadObject => Box::pin(head_object::head_object(call, body)),
        Operation::GetObjectMeta => Box::pin(get_object_meta::get_object_meta(call, body)),
        Operation::DeleteObject => Box::pin(delete_object::delete_object(call, body)),
        Operation::GetObjectAcl => Box::pin(get_object_acl::get_object_acl(call, body)),
        Operation::PutObjectAcl => Box::pin(put_object_acl::put_object_acl(call, body)),
        Operation::PutObjectTagging => Box::pin(put_object_tagging::put_object_tagging(call, body)),
        Operation::GetObjectTagging => Box::pin(get_object_tagging::get_object_tagging(call, body)),
        Operation::DeleteObjectTagging => Box::pin(delete_object_tagging::delete_object_tagging(call, body)),
        Operation::PutSymlink => Box::pin(put_symlink::put_symlink(call, body)),
        Operation::GetSymlink => Box::pin(get_symlink::get_symlink(call, body)),
        Operation::InitiateMultipartUpload => {
            Box::pin(initiate_multipart_upload::initiate_multipart_upload(call, body))
        }
        Operation::UploadPart => Box::pin(upload_part::upload_part(call, body)),
        Operation::UploadPartCopy => Box::pin(upload_part_copy::upload_part_copy(call, body)),
        Operation::CompleteMultipartUpload => {
            Box::pin(complete_multipart_upload::complete_multipart_upload(call, body))
        }
        Operation::AbortMultipartUpload => {
            Box::pin(abort_multipart_upload::abort_multipart_upload(call, body))
        }
        Operation::ListParts => Box::pin(list_parts::list_parts(call, body)),
        Operation::ProcessObject => Box::pin(process_object::process_object(call, body)),
    }
}

/// Returns whether the operation looks through many rows and answers with them.
fn is_listing(operation: Operation) -> bool {
    use Operation::{
        ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2, ListParts,
    };
    matches!(
        operation,
        ListBuckets | ListMultipartUploads | ListObjectVersions | ListObjects | ListObjectsV2 | ListParts
    )
}

/// Refuses a request that neither has a length nor comes in chunks, where the operation lives on its body: what the client
/// meant to send is lost, and an empty object in the place of a good one would be too.
fn demand_length(call: &Call) -> Result<(), Error> {
    let framed = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| call.head.headers.contains_key(name));
    if call.operation.body() == Body::Needed && !framed {
        Err(ErrorCode::MissingContentLength.into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ossicle_protocol::inputs::Input;

    use super::KEPT;
    use crate::oss::stored_policy;

    /// What stands around the list in the page.
    const MARKS: [&str; 2] = ["| number | document |\n| --- | --- |\n", "\n\n"];

    /// Keeps the list in `docs/on-disk-format.md` equal to the one here; with `OSSICLE_UPDATE_DOCS=1` it writes it.
    #[test]
    fn documents_of_buckets_have_the_numbers_that_the_format_says() {
        let numbers: Vec<u8> = KEPT.iter().map(|(number, _)| *number).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next), "a number is given twice, or out of order");
        assert!(!numbers.contains(&stored_policy::PLACE.number()), "the bucket policy has this number");
        let root = |elements: &[Input]| elements[0].name.split('/').next().unwrap().to_owned();
        let rows: Vec<String> =
            KEPT.iter().map(|(number, elements)| format!("| {number} | `{}` |", root(elements))).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/on-disk-format.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(MARKS[0]).unwrap();
        let (listed, after) = rest.split_once(MARKS[1]).unwrap();
        if std::env::var_os("OSSICLE_UPDATE_DOCS").is_some() {
            let page = [before, MARKS[0], &rows.join("\n"), MARKS[1], after].concat();
            return std::fs::write(&path, page).unwrap();
        }
        assert_eq!(
            listed,
            rows.join("\n"),
            "OSSICLE_UPDATE_DOCS=1 cargo test -p ossicle-server --lib the_format_says"
        );
    }
}
