//! What shows that an input is honoured, and a value with which it would matter if it were.

use ossicle_protocol::inputs::{Input, Place};
use ossicle_protocol::{ErrorCode, Operation};

use super::world::{LIFECYCLE, ORIGIN, callback};

/// How it is seen that an input has an effect.
pub(super) enum Proof {
    /// With this value, the answer or what is stored afterwards is another one.
    Differs(&'static str),
    /// This value is refused with this code.
    Refused(&'static str, ErrorCode),
    /// There is a test of its own.
    Test(&'static str),
}

/// The ETag of the object that the drafts read.
const ETAG: &str = "\"9F3342B981C1DD59E50CA3EB86BC36AA\"";

/// The SHA-1 of something else.
const NO_SHA1: &str = "0000000000000000000000000000000000000000";

const LONG_AGO: &str = "Thu, 01 Dec 1994 16:00:00 GMT";
const IN_A_WHILE: &str = "Fri, 01 Dec 2124 16:00:00 GMT";

pub(super) fn proof(operation: Operation, input: &Input) -> Proof {
    match input.place {
        Place::Header => header(operation, input.name),
        Place::Query => query(operation, input.name),
        Place::Field => field(input.name),
        Place::Element => element(operation, input.name),
    }
}

fn header(operation: Operation, name: &str) -> Proof {
    use ErrorCode::{AccessForbidden, InvalidArgument, InvalidDigest, NotModified, PreconditionFailed};
    use Proof::{Differs, Refused, Test};
    match name {
        "Authorization" => Test("signatures::headers_that_cannot_be_read"),
        "Date" | "x-oss-date" => Test("signatures::clocks_may_differ_by_fifteen_minutes"),
        "x-oss-content-sha256" => Refused("nonsense", InvalidArgument),
        "x-oss-security-token" => Refused("nobody-gave-this-out", ErrorCode::InvalidAccessKeyId),
        "Content-Type" if operation == Operation::PostObject => Test("post_object::forms_that_are_none"),
        "Content-Type" => Differs("text/x-proof"),
        "Cache-Control"
        | "Content-Disposition"
        | "Content-Encoding"
        | "Content-Language"
        | "x-oss-meta-*" => Differs("proof"),
        "Expires" => Differs(LONG_AGO),
        "x-oss-meta-client-side-encryption-*" => {
            Test("upload_part::sizes_of_client_side_encryption_are_kept_to")
        }
        "x-oss-object-acl" | "x-oss-acl" => Refused("everybody", InvalidArgument),
        "x-oss-storage-class" => Differs("IA"),
        "x-oss-tagging" if operation == Operation::CopyObject => {
            Test("put_object_tagging::a_copy_has_the_tags_of_its_source_or_those_of_the_request")
        }
        "x-oss-tagging" => Refused("a=b=c", ErrorCode::InvalidTag),
        "x-oss-forbid-overwrite" => Refused("perhaps", InvalidArgument),
        "Content-MD5" => Refused("AAAAAAAAAAAAAAAAAAAAAA==", InvalidDigest),
        "x-oss-hash-crc64ecma" => Refused("1", ErrorCode::InvalidCRC64),
        "x-oss-hash-sha1" => Refused(NO_SHA1, InvalidDigest),
        "If-Match" | "x-oss-copy-source-if-match" => Refused("\"0\"", PreconditionFailed),
        "If-None-Match" | "x-oss-copy-source-if-none-match" => Refused(ETAG, NotModified),
        "If-Modified-Since" | "x-oss-copy-source-if-modified-since" => Refused(IN_A_WHILE, NotModified),
        "If-Unmodified-Since" | "x-oss-copy-source-if-unmodified-since" => {
            Refused(LONG_AGO, PreconditionFailed)
        }
        "x-oss-copy-source" => Refused("nonsense", InvalidArgument),
        "x-oss-copy-source-range" => Differs("bytes=0-3"),
        "x-oss-metadata-directive" | "x-oss-tagging-directive" => Refused("KEEP", InvalidArgument),
        "x-oss-complete-all" => Refused("no", InvalidArgument),
        "x-oss-callback" => Refused("!!!", InvalidArgument),
        "x-oss-callback-var" => Test("callbacks::refusals::every_mistake_in_callback_var"),
        "Range" => Differs("bytes=0-3"),
        "x-oss-range-behavior" => Test("get_object::ranges_as_the_standard_has_them"),
        "x-oss-resource-group-id" if operation == Operation::ListBuckets => Differs("another"),
        "x-oss-resource-group-id" => Refused("another", ErrorCode::ResourceGroupIdPreCheckError),
        "x-oss-bucket-comment" => Differs("proof"),
        "Encoding-type" => Refused("base64", InvalidArgument),
        "x-oss-traffic-limit" => Refused("1", InvalidArgument),
        "x-oss-allow-same-action-overlap" => {
            Test("bucket_lifecycle::rules_for_the_same_objects_need_permission")
        }
        "Origin" if operation != Operation::Preflight => {
            Test("bucket_cors::actual_requests_are_allowed_by_the_first_rule_that_fits")
        }
        "Origin" => Refused("http://nobody.example", AccessForbidden),
        "Access-Control-Request-Method" => Refused("PUT", AccessForbidden),
        "Access-Control-Request-Headers" => Refused("x-secret", AccessForbidden),
        name => panic!("no proof for the header {name} of {}", operation.name()),
    }
}

fn query(operation: Operation, name: &str) -> Proof {
    use ErrorCode::{InvalidArgument, NoSuchUpload};
    use Proof::{Differs, Refused, Test};
    match name {
        "OSSAccessKeyId"
        | "Expires"
        | "Signature"
        | "x-oss-signature-version"
        | "x-oss-credential"
        | "x-oss-date"
        | "x-oss-expires"
        | "x-oss-signature"
        | "x-oss-access-key-id" => Test("signatures::urls_that_lack_a_part"),
        "x-oss-additional-headers" => Test("signatures::spellings_of_the_sdks"),
        "security-token" | "x-oss-security-token" => Test("signatures::wrong_secrets_and_unknown_keys"),
        "callback" | "x-oss-callback" => Refused("!!!", InvalidArgument),
        "callback-var" | "x-oss-callback-var" => {
            Test("callbacks::sources::query_of_a_signed_request_and_of_a_presigned_one")
        }
        "encoding-type" => Refused("base64", InvalidArgument),
        "x-oss-traffic-limit" => Refused("1", InvalidArgument),
        "prefix" => Differs("zzz"),
        "delimiter" => Differs("/"),
        "marker" if operation == Operation::ListBuckets => Differs("zzz"),
        "marker" | "start-after" => Differs("k"),
        "key-marker" => Differs("zzz"),
        "upload-id-marker" => Test("list_multipart_uploads::pages"),
        "version-id-marker" => Test("list_object_versions::wrong_parameters"),
        "max-keys" | "max-uploads" | "max-parts" | "part-number-marker" | "position" => {
            Refused("many", InvalidArgument)
        }
        "continuation-token" => Refused("nobody-gave-this-out", InvalidArgument),
        "tag-key" => Differs("a"),
        "tag-value" => Refused("a", InvalidArgument),
        "tagging" if operation == Operation::ListBuckets => Refused("a", InvalidArgument),
        "tagging" => Test("bucket_tags::removes_all_tags_or_those_that_are_named"),
        "fetch-owner" => Differs("true"),
        "list-type" => Test("list_objects_v2::has_every_element_of_the_manual"),
        name if name.starts_with("x-oss-ac-") => {
            Test("tampered_requests::a_url_for_one_network_serves_no_other")
        }
        "policy" | "comp" => Test("bucket_callback_policy::replaces_the_policies"),
        "uploadId" => Refused("X", NoSuchUpload),
        "partNumber" => Refused("0", InvalidArgument),
        "sequential" => Test("upload_part::a_sequential_upload_makes_an_object_with_content_md5"),
        name if name.starts_with("response-") => Differs("proof"),
        name => panic!("no proof for the parameter {name} of {}", operation.name()),
    }
}

fn field(name: &str) -> Proof {
    use ErrorCode::{InvalidArgument, InvalidDigest, InvalidPolicyDocument, SignatureDoesNotMatch};
    use Proof::{Differs, Refused, Test};
    match name {
        "key" => Differs("another"),
        "x-oss-traffic-limit" => Refused("1", InvalidArgument),
        "file" => Test("post_object::stores_the_file_and_answers_204"),
        "OSSAccessKeyId" => Refused("nobody", ErrorCode::InvalidAccessKeyId),
        "Signature" => Refused("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", SignatureDoesNotMatch),
        "policy" => Test("post_object::policies_that_do_not_hold_or_cannot_be_read"),
        "x-oss-signature-version" | "x-oss-credential" | "x-oss-date" | "x-oss-signature" => {
            Test("post_object::signatures")
        }
        "x-oss-security-token" => Refused("nobody-gave-this-out", ErrorCode::InvalidAccessKeyId),
        "success_action_status" => Differs("201"),
        "success_action_redirect" => Differs("http://127.0.0.1:1/"),
        "Content-MD5" => Refused("AAAAAAAAAAAAAAAAAAAAAA==", InvalidDigest),
        "x-oss-hash-crc64ecma" => Refused("1", ErrorCode::InvalidCRC64),
        "x-oss-hash-sha1" => Refused(NO_SHA1, InvalidDigest),
        "Content-Type" => Test("post_object::the_content_type_of_the_file_and_what_replaces_it"),
        "x-oss-content-type" => Differs("text/x-proof"),
        "Cache-Control"
        | "Content-Disposition"
        | "Content-Encoding"
        | "Content-Language"
        | "x-oss-meta-*" => Differs("proof"),
        "Expires" => Differs(LONG_AGO),
        "x-oss-object-acl" => Refused("everybody", InvalidArgument),
        "x-oss-storage-class" => Differs("IA"),
        "x-oss-forbid-overwrite" => Refused("perhaps", InvalidArgument),
        "callback" => Refused("!!!", InvalidArgument),
        "callback-var" | "x:*" => Test("callbacks::template::every_variable_of_post_object"),
        name => panic!("no proof for the field {name}: {InvalidPolicyDocument:?}"),
    }
}

fn element(operation: Operation, name: &str) -> Proof {
    use Proof::Test;
    match name {
        "CreateBucketConfiguration/StorageClass" | "CreateBucketConfiguration/DataRedundancyType" => {
            Test("put_bucket::takes_acl_class_and_redundancy")
        }
        "CreateBucketConfiguration/LocationConstraint" => Test("put_bucket::a_bucket_is_where_the_server_is"),
        "CORSConfiguration/ResponseVary" => Test("bucket_cors::vary_on_demand"),
        name if name.starts_with("CORSConfiguration/") => Test("bucket_cors::replaces_and_refuses"),
        name if name.starts_with("BucketCallbackPolicy/") => {
            Test("bucket_callback_policy::replaces_the_policies")
        }
        name if name.starts_with("LifecycleConfiguration/") => lifecycle(name),
        "PublicAccessBlockConfiguration/BlockPublicAccess"
            if operation == Operation::PutPublicAccessBlock =>
        {
            Test("public_access_block::what_acls_allow_everybody_does_not_count_in_any_bucket")
        }
        "PublicAccessBlockConfiguration/BlockPublicAccess" => {
            Test("bucket_public_access_block::what_acls_allow_everybody_does_not_count")
        }
        name if name.starts_with("Tagging/") && operation == Operation::PutBucketTags => {
            Test("bucket_tags::replaces_the_tags")
        }
        name if name.starts_with("Tagging/") => {
            Test("put_object_tagging::replaces_the_tags_and_touches_nothing_else")
        }
        "Delete/Quiet" => Test("delete_multiple_objects::quiet_says_nothing"),
        "Delete/Object/Key" => Test("delete_multiple_objects::deletes_and_lists_in_the_order_of_the_request"),
        name if name.starts_with("CompleteMultipartUpload/") => {
            Test("complete_multipart_upload::wrong_lists")
        }
        name => panic!("no proof for the element {name} of {}", operation.name()),
    }
}

fn lifecycle(name: &str) -> Proof {
    use Proof::Test;
    let name = name.trim_start_matches("LifecycleConfiguration/Rule/");
    match name {
        "Prefix" | "Status" | "Tag/Key" | "Tag/Value" => Test("lifecycle::objects_expire_by_their_rules"),
        "Expiration/Days" | "Expiration/CreatedBeforeDate" | "Expiration/Date" => {
            Test("lifecycle::objects_expire_by_their_rules")
        }
        name if name.starts_with("Transition/") => Test("lifecycle::objects_move_to_colder_classes"),
        name if name.starts_with("AbortMultipartUpload/") => Test("lifecycle::uploads_are_aborted"),
        name if name.starts_with("Filter/") => Test("lifecycle::objects_expire_by_their_rules"),
        _ => Test("bucket_lifecycle::every_element_comes_back"),
    }
}

/// A name and a value with which an input would matter. For an element the value is the whole body.
pub(super) fn sample(operation: Operation, input: &Input) -> (String, String) {
    let name = input.name.replace('*', "sample");
    let value = match (input.place, input.name) {
        (Place::Element, "Delete/Object/VersionId") => {
            "<Delete><Object><Key>k</Key><VersionId>CAE</VersionId></Object></Delete>".to_owned()
        }
        (Place::Element, "LifecycleConfiguration/Rule/AtimeBase") => {
            LIFECYCLE.replace("<Status>", "<AtimeBase>1631698332</AtimeBase><Status>")
        }
        (Place::Element, name) if name.starts_with("LifecycleConfiguration/") => {
            let (action, element) =
                name.trim_start_matches("LifecycleConfiguration/Rule/").split_once('/').unwrap();
            let days = if action == "Transition" { "Days" } else { "NoncurrentDays" };
            let transition = format!(
                "<{action}><{days}>9</{days}><StorageClass>IA</StorageClass><{element}>true</{element}></{action}>"
            );
            LIFECYCLE.replace("</Rule>", &format!("{transition}</Rule>"))
        }
        (Place::Element, name) => panic!("no sample for {name} of {}", operation.name()),
        (_, "x-oss-callback" | "callback") => callback(),
        (_, "x-oss-callback-var" | "callback-var") => "e30=".to_owned(),
        (_, "x-oss-meta-client-side-encryption-*") => {
            return ("x-oss-meta-client-side-encryption-magic-number-hmac".to_owned(), "sample".to_owned());
        }
        (_, "x-oss-forbid-overwrite") => "true".to_owned(),
        (_, "x-oss-storage-class") => "IA".to_owned(),
        (_, "x-oss-object-acl" | "x-oss-acl") => "public-read-write".to_owned(),
        (_, "x-oss-request-payer") => "requester".to_owned(),
        (_, "Range" | "x-oss-copy-source-range") => "bytes=0-3".to_owned(),
        (_, "Accept-Encoding") => "gzip".to_owned(),
        (_, "x-oss-process") => "image/info".to_owned(),
        (_, "x-oss-server-side-encryption") => "AES256".to_owned(),
        (_, "x-oss-complete-all") => "yes".to_owned(),
        (_, "x-oss-metadata-directive" | "x-oss-tagging-directive") => "REPLACE".to_owned(),
        (_, "Origin") => ORIGIN.to_owned(),
        (_, "x-oss-hns-status") => "enabled".to_owned(),
        (_, "If-Modified-Since" | "If-Unmodified-Since" | "Expires") => LONG_AGO.to_owned(),
        (_, "If-Match" | "If-None-Match") => ETAG.to_owned(),
        _ => "sample".to_owned(),
    };
    (name, value)
}
