//! The XML documents of the protocol, one file each: what clients send is read with bounds and precise
//! errors, what the server answers is written from borrowed strings. Nothing here knows where the data comes
//! from. The documents of configurations stand beside the table of operations.

mod access_control_policy;
mod bucket_info;
mod bucket_stat;
mod complete_multipart_upload;
mod copy_object_result;
mod copy_part_result;
mod create_bucket_configuration;
mod delete;
mod document;
mod initiate_multipart_upload_result;
mod key_encoding;
mod list_all_my_buckets_result;
mod list_bucket_result;
mod list_bucket_result_v2;
mod list_live_channel_result;
mod list_multipart_uploads_result;
mod list_parts_result;
mod list_versions_result;
mod listed_object;
mod location_constraint;
mod policy_status;
mod post_response;
pub(crate) mod reader;
mod restore_request;
mod tagging;
pub(crate) mod writer;

pub use access_control_policy::AccessControlPolicy;
pub use bucket_info::BucketInfo;
pub use bucket_stat::{BucketStat, ClassStat};
pub use complete_multipart_upload::{CompleteMultipartUpload, CompleteMultipartUploadResult};
pub use copy_object_result::CopyObjectResult;
pub use copy_part_result::CopyPartResult;
pub use create_bucket_configuration::CreateBucketConfiguration;
pub use delete::{DeleteRequest, DeleteResult, DeletedObject, ObjectToDelete};
pub use document::Document;
pub use initiate_multipart_upload_result::InitiateMultipartUploadResult;
pub use key_encoding::KeyEncoding;
pub use list_all_my_buckets_result::{BucketsPage, ListAllMyBucketsResult, ListedBucket};
pub use list_bucket_result::ListBucketResult;
pub use list_bucket_result_v2::{ListBucketResultV2, continuation_token, read_continuation_token};
pub use list_live_channel_result::ListLiveChannelResult;
pub use list_multipart_uploads_result::{ListMultipartUploadsResult, ListedUpload};
pub use list_parts_result::{ClientEncryption, ListPartsResult, ListedPart};
pub use list_versions_result::{ListVersionsResult, ListedMarker, ListedVersion, VersionEntry};
pub use listed_object::ListedObject;
pub use location_constraint::LocationConstraint;
pub use policy_status::PolicyStatus;
pub use post_response::PostResponse;
pub use restore_request::RestoreRequest;
pub(crate) use tagging::Tagging;
