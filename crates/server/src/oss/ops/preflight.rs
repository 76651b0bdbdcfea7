//! `OPTIONS`: a browser asks whether its page may send a request. Nobody signs that.

use ossicle_protocol::{Error, ErrorCode, PreflightRequest};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::configurations::bucket_cors;
use crate::oss::failure::Failure;

/// Runs the preflight.
pub(crate) async fn preflight(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    if call.target.bucket().is_some() {
        call.bucket()?;
    }
    let request = PreflightRequest::from_headers(&call.head.headers)?;
    let rules = match &call.settings {
        Some(settings) => settings.cors()?,
        None => None,
    };
    let origin = call.header("origin")?.unwrap_or("");
    if let Some(answer) = rules.and_then(|rules| rules.preflight(&request)) {
        return Ok(bucket_cors::apply(Reply::ok(), &answer));
    }
    let console = call.app.console_origins.rules_for(origin).and_then(|rules| rules.preflight(&request));
    match console {
        Some(answer) => Ok(bucket_cors::vary(bucket_cors::apply(Reply::ok(), &answer))),
        None if rules.is_none() => Err(Error::new(ErrorCode::AccessForbidden)
            .with_message("CORSResponse: CORS is not enabled for this bucket.")
            .into()),
        None => Err(ErrorCode::AccessForbidden.into()),
    }
}
