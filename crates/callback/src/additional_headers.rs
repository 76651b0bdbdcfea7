//! The headers that an uploader adds to a callback: which names and values are let through, and how many.

use serde_json::{Map, Value as Json};

/// The most headers that may be added.
const MAX_HEADERS: usize = 32;

/// Headers that frame the message, belong to one connection, or are the callback's own: a second one would let the uploader
/// contradict the signature or smuggle a request. `Content-Encoding` would have the signed bytes read as something else.
const RESERVED: [&str; 20] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Prefixes of OSS's names and of this server's own.
const RESERVED_PREFIXES: [&str; 2] = ["x-oss-", "x-ossicle-"];

/// Reads `additionalHeaders`.
///
/// # Errors
/// What may not be sent.
pub(crate) fn read(map: &Map<String, Json>) -> Result<Vec<(String, String)>, String> {
    if map.len() > MAX_HEADERS {
        return Err(format!("there are more than {MAX_HEADERS}"));
    }
    let mut headers: Vec<(String, String)> = Vec::with_capacity(map.len());
    for (name, value) in map {
        if !is_allowed(name) || headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err(format!("a header may not be added: {name}"));
        }
        let value = value.as_str().filter(|value| is_value(value));
        let value = value.ok_or_else(|| format!("a header's value is not one: {name}"))?;
        headers.push((name.clone(), value.to_owned()));
    }
    Ok(headers)
}

/// Returns whether a header of this name may be added. One with `_` may not: receivers behind CGI and its kin cannot
/// tell it from the name with `-`, which may be one of those that are signed.
fn is_allowed(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^`|~".contains(&byte);
    let lower = name.to_ascii_lowercase();
    !name.is_empty()
        && name.bytes().all(token)
        && !RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        && !RESERVED.contains(&lower.as_str())
}

fn is_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{MAX_HEADERS, read};

    #[test]
    fn headers_that_may_be_added() {
        let check = |headers: Json, allowed: bool| {
            let told = read(headers.as_object().unwrap());
            assert_eq!(told.is_ok(), allowed, "{headers}");
            if let Ok(told) = told {
                let expected = headers.as_object().unwrap().iter();
                let expected =
                    expected.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
                assert_eq!(told, expected.collect::<Vec<_>>());
            }
        };
        check(json!({}), true);
        check(json!({"key1": "val1", "key2": "", "X-Mixed-Case": "a\tb 中"}), true);
        for name in [
            "",
            "a b",
            "a:b",
            "中",
            "x-oss-test",
            "X-OSS-Test",
            "X-Ossicle-Attempt",
            "x-ossicle-delivery-id",
            "Content-Length",
            "transfer-encoding",
            "Content-Encoding",
            "Host",
            "Proxy-Connection",
            "Keep-Alive",
            "Upgrade",
            "x_oss_tag",
            "Content_Length",
            "my_header",
        ] {
            check(json!({ name: "v" }), false);
        }
        for value in [json!("v\r\nb: c"), json!("\0"), json!(1), json!(null), json!(["v"])] {
            check(json!({ "a": value }), false);
        }
        // Two spellings of one name.
        check(json!({"A": "1", "a": "2"}), false);
        let many =
            |count: usize| Json::Object((0..count).map(|index| (format!("h{index}"), json!("v"))).collect());
        check(many(MAX_HEADERS), true);
        check(many(MAX_HEADERS + 1), false);
    }
}
