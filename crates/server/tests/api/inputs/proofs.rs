//! What shows that an input is honoured, and a value with which it would matter if it were: for what several operations have, and
//! for fields of forms. The rest is stated in the file of the operation.

use ossicle_protocol::inputs::{Input, Place};
use ossicle_protocol::{ErrorCode, Operation};

use super::stated::{self, Proof};
use super::world::{ORIGIN, callback};

/// The ETag of the object that the drafts read.
const ETAG: &str = "\"9F3342B981C1DD59E50CA3EB86BC36AA\"";

/// The SHA-1 of something else.
const NO_SHA1: &str = "0000000000000000000000000000000000000000";

const LONG_AGO: &str = "Thu, 01 Dec 1994 16:00:00 GMT";
const IN_A_WHILE: &str = "Fri, 01 Dec 2124 16:00:00 GMT";

pub(super) fn proof(operation: Operation, input: &Input) -> Proof {
    let shared = match input.place {
        Place::Header => header(operation, input.name),
        Place::Query => query(input.name),
        Place::Field => field(input.name),
        Place::Element => None,
    };
    let stated = || stated::proof(operation, input.name);
    // What is stated counts more, but for forms, whose fields are named like headers.
    let proof = if operation == Operation::PostObject { shared } else { stated().or(shared) };
    proof.unwrap_or_else(|| panic!("no proof for {:?} {} of {}", input.place, input.name, operation.name()))
}

fn header(operation: Operation, name: &str) -> Option<Proof> {
    use ErrorCode::{InvalidArgument, InvalidDigest, NotModified, PreconditionFailed};
    use Proof::{Differs, Refused, Test};
    Some(match name {
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
        "x-oss-server-side-encryption" => Refused("DES", ErrorCode::InvalidEncryptionAlgorithmError),
        "x-oss-server-side-encryption-key-id" => {
            Test("encryption::keys_of_the_key_ring_are_named_and_missed")
        }
        "x-oss-server-side-data-encryption" => Test("encryption::answers_tell_how_an_object_is_encrypted"),
        "x-oss-object-acl" | "x-oss-acl" => Refused("everybody", InvalidArgument),
        "x-oss-storage-class" => Differs("IA"),
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
        "x-oss-resource-group-id" => Refused("another", ErrorCode::ResourceGroupIdPreCheckError),
        "Encoding-type" => Refused("base64", InvalidArgument),
        "x-oss-traffic-limit" => Refused("1", InvalidArgument),
        "Origin" => Test("bucket_cors::actual_requests_are_allowed_by_the_first_rule_that_fits"),
        "Referer" => Test("bucket_referer::pages_that_may_use_the_objects_and_others"),
        "x-oss-request-payer" => {
            Test("bucket_request_payment::nobody_stays_anonymous_where_the_requester_pays")
        }
        _ => return None,
    })
}

fn query(name: &str) -> Option<Proof> {
    use ErrorCode::{InvalidArgument, NoSuchUpload};
    use Proof::{Differs, Refused, Test};
    Some(match name {
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
        "marker" | "start-after" => Differs("k"),
        "key-marker" => Differs("zzz"),
        "upload-id-marker" => Test("list_multipart_uploads::pages"),
        "version-id-marker" => Test("list_object_versions::wrong_parameters"),
        "versionId" => Refused("IllegalVersion", InvalidArgument),
        "max-keys" | "max-uploads" | "max-parts" | "part-number-marker" | "position" => {
            Refused("many", InvalidArgument)
        }
        "continuation-token" => Refused("nobody-gave-this-out", InvalidArgument),
        "fetch-owner" => Differs("true"),
        "list-type" => Test("list_objects_v2::has_every_element_of_the_manual"),
        name if name.starts_with("x-oss-ac-") => {
            Test("tampered_requests::a_url_for_one_network_serves_no_other")
        }
        "uploadId" => Refused("X", NoSuchUpload),
        "partNumber" => Refused("0", InvalidArgument),
        "sequential" => Test("upload_part::a_sequential_upload_makes_an_object_with_content_md5"),
        name if name.starts_with("response-") => Differs("proof"),
        "x-oss-request-payer" => {
            Test("bucket_request_payment::nobody_stays_anonymous_where_the_requester_pays")
        }
        _ => return None,
    })
}

fn field(name: &str) -> Option<Proof> {
    use ErrorCode::{InvalidArgument, InvalidDigest, SignatureDoesNotMatch};
    use Proof::{Differs, Refused, Test};
    Some(match name {
        "key" => Differs("another"),
        "x-oss-traffic-limit" => Refused("1", InvalidArgument),
        "file" => Test("post_object::stores_the_file_and_answers_204"),
        "OSSAccessKeyId" => Refused("nobody", ErrorCode::InvalidAccessKeyId),
        "Signature" => Refused("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", SignatureDoesNotMatch),
        "x-oss-request-payer" => {
            Test("bucket_request_payment::nobody_stays_anonymous_where_the_requester_pays")
        }
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
        "x-oss-server-side-encryption" => Refused("DES", ErrorCode::InvalidEncryptionAlgorithmError),
        "x-oss-server-side-encryption-key-id" | "x-oss-server-side-data-encryption" => {
            Test("encryption::a_form_asks_for_it_by_its_fields")
        }
        "callback" => Refused("!!!", InvalidArgument),
        "callback-var" | "x:*" => Test("callbacks::template::every_variable_of_post_object"),
        _ => return None,
    })
}

/// A name and a value with which an input would matter. For an element the value is the whole body.
pub(super) fn sample(operation: Operation, input: &Input) -> (String, String) {
    let name = input.name.replace('*', "sample");
    let value = match (input.place, input.name) {
        (Place::Element, name) => stated::of(operation)
            .find_map(|inputs| (inputs.samples)(name))
            .unwrap_or_else(|| panic!("no sample for {name} of {}", operation.name())),
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
