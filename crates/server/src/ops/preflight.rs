//! `OPTIONS`: a browser asks whether its page may send a request. Nobody signs that.

use ossicle_protocol::{Error, ErrorCode, PreflightRequest};

use crate::call::Call;
use crate::cors;
use crate::http::reply::Reply;

/// Runs the preflight.
pub(crate) fn preflight(call: &Call) -> Result<Reply, Error> {
    let request = PreflightRequest::from_headers(&call.head.headers)?;
    let rules = match call.target.bucket() {
        Some(bucket) => cors::rules(&call.app.store, bucket)?,
        None => None,
    };
    let origin = call.header("origin")?.unwrap_or("");
    let by_rules = rules.as_ref().and_then(|rules| rules.preflight(&request));
    let by_console =
        || call.app.console_origins.rules_for(origin).and_then(|rules| rules.preflight(&request));
    let answer = by_rules.or_else(by_console).ok_or_else(|| {
        Error::new(ErrorCode::AccessForbidden).with_message(
            "CORSResponse: CORS is not enabled for this bucket, or no rule allows this origin, method and headers.",
        )
    })?;
    let vary = http::HeaderValue::from_static(
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    );
    Ok(cors::dress(Reply::ok(), &answer).with_header(http::header::VARY, vary))
}
