//! `response-*` parameters: the caller of GetObject decides about some headers of the answer.

use http::HeaderName;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES,
};
use ossicle_protocol::{Error, ErrorCode};

use crate::http::reply::Reply;
use crate::oss::call::Call;

const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-content-type", CONTENT_TYPE),
    ("response-content-language", CONTENT_LANGUAGE),
    ("response-expires", EXPIRES),
    ("response-cache-control", CACHE_CONTROL),
    ("response-content-disposition", CONTENT_DISPOSITION),
    ("response-content-encoding", CONTENT_ENCODING),
];

/// Puts the requested headers on the reply. Anonymous callers may not: the parameters are not signed then.
pub(crate) fn override_headers(call: &Call, mut reply: Reply) -> Result<Reply, Error> {
    for (parameter, name) in OVERRIDES {
        let Some(value) = call.query.get(parameter) else { continue };
        if call.caller.identity().is_none() {
            return Err(Error::new(ErrorCode::InvalidRequest)
                .with_message("Overriding response headers is not allowed for anonymous requests.")
                .with_detail("ArgumentName", parameter));
        }
        let value = http::HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| Error::invalid_argument("The value cannot stand in a header.", parameter, ""))?;
        reply = reply.with_header(name, value);
    }
    Ok(reply)
}
