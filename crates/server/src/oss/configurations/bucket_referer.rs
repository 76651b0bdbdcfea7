//! The pages that may use the objects of a bucket. As in OSS only who does not sign in a header is asked for the page: browsers
//! that fetch an object or send a form.

use http::header::REFERER;
use ossicle_protocol::{Error, Operation};

use crate::oss::call::Call;

/// Lets a call pass that comes from a page that may use the bucket, or whose page does not matter.
pub(crate) fn check(call: &Call) -> Result<(), Error> {
    let Some(settings) = call.settings.as_deref().filter(|_| matters(call)) else { return Ok(()) };
    let Some(configuration) = settings.referer()? else { return Ok(()) };
    let mut values = call.head.headers.get_all(REFERER).iter().peekable();
    let admitted = match values.peek() {
        None => configuration.admit(b""),
        Some(_) => values.try_for_each(|value| configuration.admit(value.as_bytes())),
    };
    admitted.map_err(|error| error.with_detail("BucketName", &settings.bucket().name))
}

/// Returns whether the page matters from which a call comes. A form names its caller later, but never in a header.
fn matters(call: &Call) -> bool {
    let is_checked = match call.operation {
        Operation::Preflight => false,
        Operation::PostObject => true,
        _ => call.target.key().is_some(),
    };
    is_checked && (call.signed_url || call.caller.identity().is_none())
}
