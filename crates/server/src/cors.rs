//! The CORS rules of a bucket, and the headers that tell a browser what it may do.

use http::HeaderMap;
use http::header::{HeaderValue, ORIGIN, VARY};
use ossicle_protocol::{BucketName, CorsAnswer, CorsRules};
use ossicle_store::{BucketDocument, Store};

use crate::app::App;
use crate::failure::Failure;
use crate::http::reply::Reply;

/// The rules that are set on a bucket.
pub(crate) async fn rules(store: &Store, bucket: &BucketName) -> Result<Option<CorsRules>, Failure> {
    let document = store.bucket_document(bucket.as_str(), BucketDocument::Cors).await?;
    Ok(document.map(|document| CorsRules::parse(&document)).transpose()?)
}

/// Adds what a browser needs to let its page read an answer, if a rule lets it.
pub(crate) async fn dress_actual(
    app: &App,
    bucket: &BucketName,
    method: &str,
    headers: &HeaderMap,
    reply: Reply,
) -> Reply {
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return reply };
    let Ok(rules) = rules(&app.store, bucket).await else { return reply };
    if let Some(answer) = rules.and_then(|rules| rules.actual(origin, method)) {
        return dress(reply, &answer);
    }
    let console = app.console_origins.rules_for(origin).and_then(|rules| rules.actual(origin, method));
    match console {
        Some(answer) => vary(dress(reply, &answer)),
        None => reply,
    }
}

/// Adds `Vary: Origin` where the rules of the bucket ask for it: on every answer then, whether a page of another origin
/// asked and whether it may read the answer or not, and on none otherwise.
pub(crate) async fn vary_on_demand(app: &App, bucket: &BucketName, reply: Reply) -> Reply {
    match app.store.bucket_document(bucket.as_str(), BucketDocument::Cors).await {
        Ok(Some(document)) if CorsRules::document_varies(&document) => vary(reply),
        _ => reply,
    }
}

/// Tells caches that the answer is for one origin.
pub(crate) fn vary(reply: Reply) -> Reply {
    reply.with_header(VARY, HeaderValue::from_static("Origin"))
}

/// Adds the headers of an answer.
pub(crate) fn dress(reply: Reply, answer: &CorsAnswer) -> Reply {
    answer.headers().fold(reply, |reply, (name, value)| reply.with_named(name, value))
}
