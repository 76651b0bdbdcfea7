//! The CORS rules of a bucket, and the headers that tell a browser what it may do.

use http::HeaderMap;
use http::header::{HeaderValue, ORIGIN, VARY};
use ossicle_protocol::{CorsAnswer, CorsRules};

use crate::app::App;
use crate::http::reply::Reply;

/// Adds what a browser needs to let its page read an answer, if a rule lets it, and `Vary: Origin` where the rules ask for
/// it: on every answer then, whether a page of another origin asked and whether it may read the answer or not, and on none
/// otherwise.
pub(crate) fn apply_actual(
    app: &App,
    rules: Option<&CorsRules>,
    method: &str,
    headers: &HeaderMap,
    reply: Reply,
) -> Reply {
    let reply = apply_vary(rules, reply);
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return reply };
    if let Some(answer) = rules.and_then(|rules| rules.actual(origin, method)) {
        return apply(reply, &answer);
    }
    let console = app.console_origins.rules_for(origin).and_then(|rules| rules.actual(origin, method));
    match console {
        Some(answer) => vary(apply(reply, &answer)),
        None => reply,
    }
}

/// Adds `Vary: Origin` where the rules ask for it.
pub(crate) fn apply_vary(rules: Option<&CorsRules>, reply: Reply) -> Reply {
    if rules.is_some_and(CorsRules::response_vary) { vary(reply) } else { reply }
}

/// Tells caches that the answer is for one origin.
pub(crate) fn vary(reply: Reply) -> Reply {
    reply.with_header(VARY, HeaderValue::from_static("Origin"))
}

/// Adds the headers of an answer.
pub(crate) fn apply(reply: Reply, answer: &CorsAnswer) -> Reply {
    answer.headers().fold(reply, |reply, (name, value)| reply.with_named(name, value))
}
