//! Serving the callback public keys on the API port, for requests whose Host is the advertised key URL's host.
//!
//! Receivers in the wild accept keys from `gosspublic.alicdn.com` only. With a hosts entry that points that name here, an
//! unmodified receiver fetches this server's key and verifies.

use http::Method;

use crate::app::App;
use crate::callback::keys::follow;
use crate::http::reply::Reply;

/// Answers with the key file that a request asks for, if it asks for one.
pub(crate) async fn reply(app: &App, head: &http::request::Parts, host: &str) -> Option<Reply> {
    let name = head.uri.path().strip_prefix('/')?;
    if !name.starts_with("callback_pub_key_v") || !matches!(head.method, Method::GET | Method::HEAD) {
        return None;
    }
    let advertised = http::Uri::try_from(app.callbacks.public_key_url().as_str()).ok()?;
    let host = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    if !host.eq_ignore_ascii_case(advertised.host()?) {
        return None;
    }
    let pem = follow::public_pem(app, name).await?;
    Some(Reply::ok().with_body("application/x-pem-file", pem))
}
