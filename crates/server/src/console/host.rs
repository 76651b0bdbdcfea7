//! The names under which the console answers, and whether a request comes from its own page. A name that a
//! stranger points at this machine (DNS rebinding) is refused.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// Returns the `Host` of a request as text, empty if there is none.
pub(super) fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("")
}

/// Returns whether the console answers under this `Host`: an address, `localhost`, or a name that the operator lists.
pub(super) fn is_known(host: &str, listed: &[String]) -> bool {
    let name = name_of(host);
    address(name).is_some()
        || is_localhost(name)
        || listed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns whether `Host` names this machine as seen from itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = name_of(host);
    address(name).map_or_else(|| is_localhost(name), |ip| ip.to_canonical().is_loopback())
}

/// Returns the name in `Host` without its port.
pub(super) fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        // A bracketless address with colons has no port.
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

/// Returns the port in `Host`, if it names one.
pub(super) fn port_of(host: &str) -> Option<&str> {
    host.strip_prefix(name_of(host))?.strip_prefix(':').filter(|port| !port.is_empty())
}

/// Returns whether the page that sent a request is the console's own, as far as the browser says. Programs that are
/// no browsers send none of these headers.
pub(super) fn is_own_page(headers: &HeaderMap) -> bool {
    let fetched_from = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let same_site = fetched_from.is_none_or(|site| site == b"same-origin" || site == b"none");
    same_site
        && headers
            .get(ORIGIN)
            .is_none_or(|origin| origin.to_str().is_ok_and(|origin| is_same(origin, host(headers))))
}

/// Returns whether an origin is that of `Host`. A proxy may have taken TLS away, so the scheme decides about the port
/// alone.
fn is_same(origin: &str, host: &str) -> bool {
    let (authority, port) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(authority), _) => (authority, ":80"),
        (_, Some(authority)) => (authority, ":443"),
        _ => return false,
    };
    let plain = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
    !host.is_empty() && plain(authority) == plain(host)
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_localhost(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_addresses_localhost_and_listed_names() {
        let listed = ["console.example.com".to_owned()];
        for (host, known, loopback) in [
            ("127.0.0.1:9001", true, true),
            ("127.0.0.1", true, true),
            ("[::1]:9001", true, true),
            ("[::ffff:127.0.0.1]:9001", true, true),
            ("localhost:9001", true, true),
            ("LocalHost", true, true),
            ("app.localhost:9001", true, true),
            ("192.168.1.5:9001", true, false),
            ("console.example.com", true, false),
            ("Console.Example.COM:8443", true, false),
            ("evil.example", false, false),
            ("evil.example:9001", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_known(host, &listed), known, "{host}");
            assert_eq!(is_loopback(host), loopback, "{host}");
        }
    }

    #[test]
    fn tells_the_consoles_own_page_from_others() {
        for (host, origin, site, own) in [
            ("127.0.0.1:9001", None, None, true),
            ("127.0.0.1:9001", Some("http://127.0.0.1:9001"), Some("same-origin"), true),
            ("127.0.0.1:9001", None, Some("none"), true),
            ("127.0.0.1:9001", None, Some("same-site"), false),
            ("127.0.0.1:9001", None, Some("cross-site"), false),
            ("127.0.0.1:9001", Some("http://127.0.0.1:9000"), None, false),
            ("127.0.0.1:9001", Some("null"), None, false),
            ("127.0.0.1:9001", Some("file://"), None, false),
            ("console.example.com", Some("https://console.example.com"), None, true),
            ("console.example.com:443", Some("https://console.example.com"), None, true),
            ("console.example.com:80", Some("http://console.example.com"), None, true),
            ("console.example.com:80", Some("https://console.example.com"), None, false),
            ("", Some("http://"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            let optional = [("origin", origin), ("sec-fetch-site", site)];
            for (name, value) in optional {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(is_own_page(&headers), own, "{host} {origin:?} {site:?}");
        }
    }
}
