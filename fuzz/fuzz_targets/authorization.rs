//! Signatures: any header and query are read or refused, and none is accepted that the secret did not make.
#![no_main]

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use ossicle_protocol::sign::{Scope, SignedRequest, presented};
use ossicle_protocol::{Addressing, Query, SecretKey, Timestamp};

fuzz_target!(|input: (&[u8], &str, &str, &str)| {
    let (authorization, date, query, path) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in [("x-oss-date", date.as_bytes()), (AUTHORIZATION.as_str(), authorization)] {
        if let Ok(value) = HeaderValue::from_bytes(value)
            && !value.is_empty()
            && let Ok(name) = http::HeaderName::try_from(name)
        {
            headers.insert(name, value);
        }
    }
    let (Ok(query), Ok(addressed)) = (Query::parse(query), Addressing::default().resolve(None, path)) else {
        return;
    };
    let Ok(Some(presented)) = presented(&headers, &query) else { return };
    let now = ["x-oss-date", "Expires"].into_iter().find_map(|name| query.get(name)).unwrap_or(date);
    let now = Timestamp::parse_iso8601(now)
        .or_else(|| Timestamp::parse_http_date(now))
        .or_else(|| now.parse().ok().map(Timestamp::from_unix_seconds))
        .unwrap_or(Timestamp::from_unix_millis(0));
    let request = SignedRequest { method: &Method::GET, target: &addressed.target, query: &query, headers: &headers };
    let secret = SecretKey::new("a secret that no input contains");
    assert!(presented.verify(&request, &secret, now, &Scope::default()).is_err());
});
