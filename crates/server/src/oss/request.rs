//! A request as it came, with what is known of it before anything in it is believed: who sent it, when and to which host.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use http::header::HOST;
use ossicle_protocol::Timestamp;
use ossicle_protocol::sign::Client;

use crate::app::{self, App};
use crate::http::tls_version::TlsVersion;
use crate::observe::request_id::RequestId;

/// A request but for its body.
pub(crate) struct Request {
    pub(crate) head: Arc<http::request::Parts>,
    /// The host as the client wrote it; empty where there is none.
    pub(crate) host: Arc<str>,
    /// `http` or `https`, whichever the client speaks.
    pub(crate) scheme: &'static str,
    /// The version of TLS that the client speaks to this server; none through a proxy.
    pub(crate) tls: Option<TlsVersion>,
    pub(crate) client: Client,
    pub(crate) now: Timestamp,
    pub(crate) started: Instant,
    pub(crate) id: RequestId,
}

impl Request {
    /// Takes a request in, whose head has just arrived from `peer`.
    pub(crate) fn new(app: &App, peer: SocketAddr, head: http::request::Parts) -> Self {
        let (started, now) = (Instant::now(), app::now());
        let ip = client_ip(app, peer, &head.headers);
        let client = Client { ip, forwarded: is_forwarded(app, ip, &head.headers) };
        let host = host_of(&head).unwrap_or_default().into();
        let scheme = scheme(app, peer, &head.headers);
        let tls = head.extensions.get().copied();
        Self { head: Arc::new(head), host, scheme, tls, client, now, started, id: app.request_ids.next(now) }
    }

    /// Returns the host, if there is one.
    pub(crate) fn host(&self) -> Option<&str> {
        Some(&*self.host).filter(|host| !host.is_empty())
    }
}

/// Returns the host as the client wrote it, from an absolute request target or from `Host`.
fn host_of(head: &http::request::Parts) -> Option<&str> {
    match head.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => head.headers.get(HOST)?.to_str().ok(),
    }
}

/// Returns the scheme that a trusted proxy was asked with, where it says so, else this server's own.
fn scheme(app: &App, peer: SocketAddr, headers: &HeaderMap) -> &'static str {
    if !is_trusted(app, peer.ip().to_canonical()) {
        return app.scheme();
    }
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()).unwrap_or("");
    // Where each of several proxies adds its own, the first is the one that the client speaks to.
    let first = forwarded.split(',').next().unwrap_or("").trim();
    ["http", "https"].into_iter().find(|known| first.eq_ignore_ascii_case(known)).unwrap_or(app.scheme())
}

/// Returns whether this is the address of a proxy whose headers are believed.
fn is_trusted(app: &App, ip: IpAddr) -> bool {
    app.config.server.trusted_proxies.iter().any(|network| network.contains(&ip))
}

/// Returns the peer, or the address that a trusted proxy forwards for: the last entry that is not itself a trusted proxy.
pub(crate) fn client_ip(app: &App, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |ip| is_trusted(app, ip);
    let mut client = peer.ip().to_canonical();
    if !trusted(client) {
        return client;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
        client = ip.to_canonical();
        if !trusted(client) {
            break;
        }
    }
    client
}

/// Returns whether a request from `client` says that it was forwarded for somebody else: by a proxy that is not trusted.
fn is_forwarded(app: &App, client: IpAddr, headers: &HeaderMap) -> bool {
    let trusted = |ip| is_trusted(app, ip);
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops = forwarded.flat_map(|value| value.split(',')).map(str::trim).filter(|hop| !hop.is_empty());
    hops.filter_map(|hop| hop.parse::<IpAddr>().ok())
        .map(|ip| ip.to_canonical())
        .any(|ip| ip != client && !trusted(ip))
}
