//! Who pays for requests to a bucket. Nobody is charged here. Where the requester pays, nobody stays anonymous, and others than
//! the owner have to say that they would pay.

use ossicle_protocol::configurations::Payer;
use ossicle_protocol::{Error, ErrorCode, Operation};

use crate::access::auth::Caller;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::settings::BucketSettings;

/// Lets a call pass whose caller may use the bucket as far as the payer goes. A form names its caller later, and asks [`demand`]
/// then.
pub(crate) fn check(call: &Call) -> Result<(), Error> {
    match (call.operation, call.settings.as_deref()) {
        (Operation::Preflight | Operation::PostObject, _) | (_, None) => Ok(()),
        (_, Some(settings)) => demand(call, settings, None),
    }
}

/// Lets a caller use a bucket, which is that of the call or of the source of a copy. A form says in a field, too, that its
/// caller would pay.
pub(crate) fn demand(call: &Call, settings: &BucketSettings, field: Option<&str>) -> Result<(), Error> {
    if !is_charged(call, settings)? {
        return Ok(());
    }
    let in_header = call.header("x-oss-request-payer")?.or(field).is_some_and(is_requester);
    let in_query = || call.query.get("x-oss-request-payer").is_some_and(is_requester);
    let ec = match &call.caller {
        Caller::Anonymous => "0003-00000701",
        _ if !touches_objects(call) || in_header => return Ok(()),
        _ if !call.signed_url => "0003-00000703",
        _ if in_query() => return Ok(()),
        _ => "0003-00000702",
    };
    Err(Error::new(ErrorCode::AccessDenied)
        .with_message("Access denied for requester pay bucket")
        .with_ec(ec)
        .with_detail("BucketName", &settings.bucket().name))
}

/// Tells a caller that it would have been charged.
pub(crate) fn apply_charged(call: &Call, reply: Reply) -> Reply {
    // What was done for an anonymous caller was done for the one of a form, who is told by the form's operation.
    let settings = call.settings.as_deref().filter(|_| call.caller.identity().is_some());
    if settings.is_some_and(|settings| is_charged(call, settings) == Ok(true)) && touches_objects(call) {
        reply.with_named("x-oss-request-charged", "requester")
    } else {
        reply
    }
}

/// Returns whether the caller is the one who pays, and not the account that owns the bucket, or somebody of it.
fn is_charged(call: &Call, settings: &BucketSettings) -> Result<bool, Error> {
    let payer = settings.request_payment()?.map(|configuration| configuration.payer);
    Ok(payer == Some(Payer::Requester) && call.caller.account() != Some(settings.bucket().owner.as_str()))
}

fn is_requester(payer: &str) -> bool {
    payer.eq_ignore_ascii_case("requester")
}

/// Returns whether a call reads, writes or lists objects.
fn touches_objects(call: &Call) -> bool {
    use Operation::{
        DeleteMultipleObjects, ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2,
        PostObject,
    };
    let on_bucket = matches!(
        call.operation,
        ListObjects
            | ListObjectsV2
            | ListObjectVersions
            | ListMultipartUploads
            | DeleteMultipleObjects
            | PostObject
    );
    on_bucket || call.target.key().is_some()
}
