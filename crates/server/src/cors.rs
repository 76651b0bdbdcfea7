//! The CORS rules of a bucket, and the headers that tell a browser what it may do.

use http::HeaderMap;
use http::header::{HeaderValue, ORIGIN, VARY};
use ossicle_protocol::{BucketName, CorsAnswer, CorsRules, Error};
use ossicle_store::{BucketDocument, Store};

use crate::app::App;
use crate::failure;
use crate::http::reply::Reply;

/// The rules that are set on a bucket.
pub(crate) fn rules(store: &Store, bucket: &BucketName) -> Result<Option<CorsRules>, Error> {
    let document =
        store.bucket_document(bucket.as_str(), BucketDocument::Cors).map_err(failure::from_store)?;
    document.map(|document| CorsRules::parse(&document)).transpose()
}

/// Adds what a browser needs to let its page read an answer, if a rule lets it.
pub(crate) fn dress_actual(
    app: &App,
    bucket: &BucketName,
    method: &str,
    headers: &HeaderMap,
    reply: Reply,
) -> Reply {
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return reply };
    let rules = match rules(&app.store, bucket) {
        Ok(Some(rules)) if rules.actual(origin, method).is_some() => Some(rules),
        Ok(rules) => app.console_origins.rules_for(origin).or(rules),
        Err(_) => None,
    };
    let Some(rules) = rules else { return reply };
    let reply = if rules.response_vary() {
        reply.with_header(VARY, HeaderValue::from_static("Origin"))
    } else {
        reply
    };
    match rules.actual(origin, method) {
        Some(answer) => dress(reply, &answer),
        None => reply,
    }
}

/// Adds the headers of an answer.
pub(crate) fn dress(reply: Reply, answer: &CorsAnswer) -> Reply {
    answer.headers().fold(reply, |reply, (name, value)| reply.with_named(name, value))
}
