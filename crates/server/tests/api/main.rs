//! The server as clients meet it: every operation and every way to ask for it wrongly, over raw sockets against the real
//! binary. One module for each operation, named as in `src/ops/`, one for
//! each configuration of buckets, named as in `src/configurations/`, and some for what all operations share.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use ossicle_harness as harness;

mod abort_multipart_upload;
mod accounts;
mod append_object;
mod assume_role;
mod bucket_access_monitor;
mod bucket_archive_direct_read;
mod bucket_callback_policy;
mod bucket_cors;
mod bucket_encryption;
mod bucket_https_config;
mod bucket_lifecycle;
mod bucket_overwrite_config;
mod bucket_policy;
mod bucket_public_access_block;
mod bucket_referer;
mod bucket_request_payment;
mod bucket_resource_group;
mod bucket_response_header;
mod bucket_style;
mod bucket_tags;
mod bucket_transfer_acceleration;
mod bucket_versioning;
mod bucket_website;
mod bucket_worm;
mod clean_restored_object;
mod cluster;
mod complete_multipart_upload;
mod connections;
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
mod opendal;
mod post_object;
mod preflight;
mod process_object;
mod public_access_block;
mod put_bucket;
mod put_bucket_acl;
mod put_object;
mod put_object_acl;
mod put_object_tagging;
mod put_symlink;
mod restore_object;
mod seal_append_object;
mod upload_part;
mod upload_part_copy;

mod access;
mod addressing;
mod callbacks;
mod data_folder;
mod decisions;
mod encryption;
mod http;
mod inputs;
mod leaving_clients;
mod lifecycle;
mod metrics;
mod signatures;
mod startup;
mod stored_headers;
mod sts;
mod tampered_requests;
mod traffic_limit;
mod users_and_policies;
mod versioning;

/// What the files state of their operations for the tests of inputs.
const INPUTS: &[inputs::Inputs] = &[
    abort_multipart_upload::INPUTS,
    append_object::INPUTS,
    bucket_access_monitor::INPUTS,
    bucket_archive_direct_read::INPUTS,
    bucket_callback_policy::INPUTS,
    bucket_cors::INPUTS,
    bucket_encryption::INPUTS,
    bucket_https_config::INPUTS,
    bucket_lifecycle::INPUTS,
    bucket_overwrite_config::INPUTS,
    bucket_policy::INPUTS,
    bucket_public_access_block::INPUTS,
    bucket_referer::INPUTS,
    bucket_request_payment::INPUTS,
    bucket_resource_group::INPUTS,
    bucket_response_header::INPUTS,
    bucket_style::INPUTS,
    bucket_tags::INPUTS,
    bucket_transfer_acceleration::INPUTS,
    bucket_website::INPUTS,
    bucket_worm::BEGINNING,
    bucket_worm::CHANGES,
    bucket_worm::EXTENSION,
    bucket_versioning::INPUTS,
    clean_restored_object::INPUTS,
    complete_multipart_upload::INPUTS,
    copy_object::INPUTS,
    delete_bucket::INPUTS,
    delete_multiple_objects::INPUTS,
    get_symlink::INPUTS,
    initiate_multipart_upload::INPUTS,
    list_buckets::INPUTS,
    list_parts::INPUTS,
    post_object::INPUTS,
    preflight::INPUTS,
    process_object::INPUTS,
    public_access_block::INPUTS,
    put_bucket::INPUTS,
    put_bucket_acl::INPUTS,
    put_object::INPUTS,
    put_object_acl::INPUTS,
    put_object_tagging::INPUTS,
    put_symlink::INPUTS,
    restore_object::INPUTS,
    seal_append_object::INPUTS,
    upload_part::INPUTS,
    upload_part_copy::INPUTS,
];
