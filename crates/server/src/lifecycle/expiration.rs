//! The header that tells when an object will be deleted.

use std::borrow::Cow;

use http::HeaderName;
use ossicle_protocol::{Error, percent_encode};
use ossicle_store::{ObjectFields, VersionRef};

use super::candidate::candidate;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::{tags, versions};

const EXPIRATION: HeaderName = HeaderName::from_static("x-oss-expiration");

/// Adds `x-oss-expiration` to an answer about the latest version of an object that a rule will delete. Rules that cannot be read are no reason not
/// to answer; a run says so in the log.
pub(crate) fn show_expiration(call: &Call, object: &ObjectFields, reply: Reply) -> Result<Reply, Error> {
    if versions::of(call)? != VersionRef::Current {
        return Ok(reply);
    }
    let (app, bucket) = (&call.app, call.bucket()?);
    let Ok(Some(rules)) = call.settings()?.lifecycle() else { return Ok(reply) };
    let tags = tags::of_object(&object.attributes);
    let day_ms = app.config.testing.lifecycle_day_ms();
    let Some((date, rule)) = rules.expiration(&candidate(bucket, object, &tags), day_ms) else {
        return Ok(reply);
    };
    let value = format!("expiry-date=\"{}\", rule-id=\"{}\"", date.http_date(), in_header(rule));
    Ok(reply.with_header(EXPIRATION, value))
}

/// Writes an id within quotation marks: as it is if it can stand there, else percent-encoded.
fn in_header(id: &str) -> Cow<'_, str> {
    let fits = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if id.bytes().all(fits) { id.into() } else { percent_encode(id).into() }
}
