//! The console's address: the callback public keys, health and metrics for machines, a page and its API for
//! people.

mod access;
mod accounts;
mod assets;
mod bucket_access;
mod buckets;
mod callback_keys;
mod deliveries;
mod events;
mod failed_log_ins;
mod host;
mod info;
mod lifecycle;
mod machines;
mod nodes;
mod object_access;
mod objects;
pub(crate) mod origins;
mod policy_check;
mod problem;
mod request;
mod serve;
mod session;
mod sessions;
mod upload_form;
mod upload_parts;

pub(crate) use self::serve::malformed_answer;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, delete, get, post, put};
use tokio::sync::{Semaphore, watch};

use self::failed_log_ins::FailedLogIns;
use self::sessions::Sessions;
use crate::app::{self, App};
use crate::callback::browse::Journal;

/// Pages that watch deliveries at once.
const MAX_WATCHERS: usize = 64;

/// The longest document that a stranger is listened to for: an access key id and its secret.
const MAX_LOG_IN: usize = 8 * 1024;

/// The longest JSON document that the API reads.
const MAX_JSON: usize = 256 * 1024;

/// The state that the console's handlers share.
#[derive(Clone)]
pub(crate) struct Console {
    app: Arc<App>,
    /// The URL of the API as it listens.
    endpoint: Arc<str>,
    /// The address that the console listens on.
    address: SocketAddr,
    /// Whoever comes from this machine is let in without a log-in.
    dev: bool,
    started_ms: i64,
    sessions: Arc<Sessions>,
    failed_log_ins: Arc<FailedLogIns>,
    watchers: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// Makes the console's service on `socket`. For `ossicle dev`, `application`, the built-in application server, answers
/// below `/app`, and whoever comes from this machine is let in without a log-in.
pub(crate) fn service(
    app: Arc<App>,
    endpoint: &str,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
    application: Option<Router>,
) -> serve::ConsoleService {
    let console = Console {
        sessions: Arc::new(Sessions::new(app.master_key.clone(), app.credentials.root())),
        app,
        endpoint: endpoint.into(),
        address,
        dev: application.is_some(),
        started_ms: app::now().unix_millis(),
        failed_log_ins: Arc::default(),
        watchers: Arc::new(Semaphore::new(MAX_WATCHERS)),
        stop,
    };
    let mut router = router(console);
    if let Some(application) = application {
        router = router.nest("/app", application);
    }
    serve::ConsoleService::new(router)
}

/// Returns all routes. What machines ask for is open; the API needs a log-in, and with it goes the page.
fn router(console: Console) -> Router {
    let closed = Router::new()
        .route("/api/session", delete(session::log_out))
        .route("/api/info", get(info::info))
        .route("/api/buckets", get(buckets::list).post(buckets::create))
        .route("/api/objects", get(objects::list))
        .route("/api/object", get(objects::head).delete(objects::delete))
        .route("/api/download-url", get(objects::download_url))
        .route("/api/upload-form", post(upload_form::upload_form))
        .route("/api/upload-parts", post(upload_parts::upload_parts))
        .route("/api/objects/delete", post(objects::delete_many))
        .route("/api/deliveries", get(deliveries::list))
        .route("/api/deliveries/summary", get(deliveries::summary))
        .route("/api/deliveries/{id}", get(deliveries::detail))
        .route("/api/deliveries/{id}/replay", post(deliveries::replay))
        .route("/api/callback-keys/rotate", post(callback_keys::rotate))
        .route("/api/events", get(events::events))
        .route("/api/lifecycle/run", post(lifecycle::run))
        .route("/api/nodes", get(nodes::nodes))
        .route("/api/bucket-access", get(bucket_access::show))
        .route("/api/bucket-acl", put(bucket_access::set_acl))
        .route("/api/bucket-policy", put(bucket_access::set_policy).delete(bucket_access::delete_policy))
        .route("/api/object-access", get(object_access::who))
        .route("/api/access/check-policy", post(policy_check::check))
        .route("/api/access/{*rest}", any(accounts::administer))
        .layer(from_fn_with_state(console.clone(), access::require));
    let open = Router::new()
        .route(
            "/api/session",
            get(session::current).post(session::log_in).layer(DefaultBodyLimit::max(MAX_LOG_IN)),
        )
        .route("/api/{*rest}", any(access::no_such_path))
        .route("/", get(assets::page))
        .route("/assets/{file}", get(assets::file));
    let people = closed
        .merge(open)
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .layer(from_fn_with_state(console.clone(), access::refuse_strange_hosts))
        .layer(from_fn_with_state(console.clone(), access::add_security_headers));
    let app = Arc::clone(&console.app);
    let metrics = metrics().layer(from_fn_with_state(console.clone(), access::refuse_strange_hosts));
    let machines =
        Router::new().route("/{key_file}", get(machines::public_key)).merge(health()).merge(metrics);
    people.with_state(console).merge(machines.layer(from_fn(machines::add_headers)).with_state(app))
}

/// Makes the service of a listener for metrics alone. It is for the operator to say who may reach it, and under which
/// name.
pub(crate) fn metrics_service(app: Arc<App>) -> serve::ConsoleService {
    let routes = metrics().merge(health()).layer(from_fn(machines::add_headers));
    serve::ConsoleService::new(routes.with_state(app))
}

fn metrics() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(machines::metrics))
}

fn health() -> Router<Arc<App>> {
    Router::new().route("/healthz", get(machines::alive)).route("/readyz", get(machines::ready))
}

impl Console {
    /// Returns the journal as it is now.
    fn journal(&self) -> Journal<'_> {
        Journal { store: &self.app.store, callbacks: &self.app.callbacks, now_ms: app::now().unix_millis() }
    }

    /// Returns the API as the browser that sent `headers` reaches it. A server that listens on every address is
    /// reached under the name that the console was reached under.
    fn endpoint_for(&self, headers: &http::HeaderMap) -> String {
        if let Some(url) = &self.app.config.server.public_url {
            return url.clone();
        }
        let (scheme, authority) = self.endpoint.split_once("://").unwrap_or(("http", &self.endpoint));
        match authority.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_unspecified() => {
                format!("{scheme}://{}:{}", host::name_of(host::host(headers)), address.port())
            }
            _ => self.endpoint.to_string(),
        }
    }

    /// Returns the built-in application server's URL, where there is one.
    fn application_url(&self) -> Option<String> {
        self.dev.then(|| format!("http://{}/app/callback", self.address))
    }
}
