//! The request that a signature covers. What is verified and what is executed must be one value, so whatever tolerant
//! reading of a request made its signature fit is the reading that comes out of the check, and nothing after it looks
//! at the request as it came.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::SignedRequest;
use crate::{Query, Target};

/// A request as its signature covers it: the one value that may be acted upon.
///
/// Of a header that is covered and came several times, the values stand joined by commas in one, as they were signed. A
/// query parameter that came several times stands in the order in which it was signed. Headers that the version does not
/// cover are left as they came.
#[derive(Clone, Debug)]
pub struct CanonicalRequest<'a> {
    /// What the request is about.
    pub target: &'a Target,
    /// The whole query, the signature's own parameters included.
    pub query: Cow<'a, Query>,
    /// All headers.
    pub headers: Cow<'a, HeaderMap>,
}

/// How a check read the request before the signature fitted.
#[derive(Clone, Copy, Default)]
pub(super) struct Reading<'a> {
    /// Headers that are covered besides `x-oss-*`, `Content-MD5` and `Content-Type`.
    pub(super) additional: &'a [String],
    /// Covered headers without a value do not count.
    pub(super) skip_empty_headers: bool,
    /// The space around names and values of parameters does not count.
    pub(super) trim_parameters: bool,
    /// Parameters are covered in sorted order, so their own order does not count.
    pub(super) any_order: bool,
}

impl<'a> CanonicalRequest<'a> {
    /// Returns a request that nobody signed: it stands for itself.
    #[must_use]
    pub fn unsigned(request: &SignedRequest<'a>) -> Self {
        Self {
            target: request.target,
            query: Cow::Borrowed(request.query),
            headers: Cow::Borrowed(request.headers),
        }
    }

    /// Returns what the signature of `request` covers if it fits in this reading.
    pub(super) fn signed(request: &SignedRequest<'a>, reading: Reading<'_>) -> Self {
        Self {
            target: request.target,
            query: canonical_query(request.query, reading),
            headers: canonical_headers(request, reading),
        }
    }
}

fn canonical_query<'a>(query: &'a Query, reading: Reading<'_>) -> Cow<'a, Query> {
    let padded = |text: &str| text.trim() != text;
    let trims = reading.trim_parameters && query.iter().any(|(name, value)| padded(name) || padded(value));
    let reorders = reading.any_order && query.has_duplicates();
    if !trims && !reorders {
        return Cow::Borrowed(query);
    }
    let text = |text: &'a str| if reading.trim_parameters { text.trim() } else { text };
    let read = query.iter().map(|(name, value)| (text(name), text(value)));
    // What has neither name nor value after this leaves no trace in the signed text.
    let mut pairs: Vec<(&str, &str)> = read.filter(|pair| *pair != ("", "")).collect();
    if reading.any_order {
        pairs.sort_unstable();
    }
    Cow::Owned(Query::from_pairs(pairs))
}

fn canonical_headers<'a>(request: &SignedRequest<'a>, reading: Reading<'_>) -> Cow<'a, HeaderMap> {
    let headers = request.headers;
    let repeats = headers.keys_len() != headers.len();
    let as_signed = |value: &HeaderValue| {
        let value = value.as_bytes();
        value.trim_ascii().len() == value.len() && !(value.is_empty() && reading.skip_empty_headers)
    };
    let covered = |name: &HeaderName| is_covered(name.as_str(), reading.additional);
    if !repeats && headers.iter().all(|(name, value)| as_signed(value) || !covered(name)) {
        return Cow::Borrowed(headers);
    }
    let mut canonical = headers.clone();
    for name in headers.keys().filter(|name| covered(name)) {
        let signed = request.header(name.as_str()).unwrap_or_default();
        if signed.is_empty() && reading.skip_empty_headers {
            canonical.remove(name);
        } else {
            replace(&mut canonical, name, &signed);
        }
    }
    Cow::Owned(canonical)
}

/// Returns whether a signature of any version covers the header, besides those it names itself.
fn is_covered(name: &str, additional: &[String]) -> bool {
    name.starts_with("x-oss-")
        || name == "content-md5"
        || name == "content-type"
        || additional.iter().any(|additional| additional == name)
}

fn replace(headers: &mut HeaderMap, name: &HeaderName, signed: &[u8]) {
    match HeaderValue::from_bytes(signed) {
        Ok(value) => drop(headers.insert(name, value)),
        // Values that stood in headers can stand in one together. If not, what was not signed does not count.
        Err(_) => drop(headers.remove(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::{CanonicalRequest, Reading};
    use crate::sign::SignedRequest;
    use crate::{Addressing, Query};
    use http::{HeaderMap, HeaderName, HeaderValue, Method};
    use std::borrow::Cow;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    fn check(
        query: &str,
        sent: &[(&'static str, &'static str)],
        reading: Reading<'_>,
    ) -> (String, HeaderMap) {
        let target = Addressing::default().resolve(None, "/bucket/key").unwrap().target;
        let (query, headers) = (Query::parse(query).unwrap(), headers(sent));
        let request =
            SignedRequest { method: &Method::PUT, target: &target, query: &query, headers: &headers };
        let canonical = CanonicalRequest::signed(&request, reading);
        (canonical.query.encode(), canonical.headers.into_owned())
    }

    #[test]
    fn parameters_are_read_as_they_were_signed() {
        let sorted = Reading { any_order: true, ..Reading::default() };
        let trimmed = Reading { trim_parameters: true, ..sorted };
        let row = |query: &str, reading, expected: &str| assert_eq!(check(query, &[], reading).0, expected);
        row("b=2&a=1", sorted, "b=2&a=1");
        row("a=2&b&a=1", sorted, "a=1&a=2&b");
        row("a=2&a=1", Reading::default(), "a=2&a=1");
        row("%20uploadId=7", sorted, "%20uploadId=7");
        row("%20uploadId=7", trimmed, "uploadId=7");
        row("%E3%80%80acl%09=%C2%A0x+", trimmed, "acl=x");
    }

    #[test]
    fn covered_headers_are_read_as_they_were_signed() {
        let range = ["range".to_owned()];
        let usual = Reading::default();
        let row =
            |sent: &[(&'static str, &'static str)], reading, expected: &[(&'static str, &'static str)]| {
                assert_eq!(check("", sent, reading).1, headers(expected), "{sent:?}");
            };
        row(&[("x-oss-meta-a", "1"), ("x-oss-meta-a", "2")], usual, &[("x-oss-meta-a", "1,2")]);
        row(&[("range", "a"), ("range", "b")], usual, &[("range", "a"), ("range", "b")]);
        row(&[("range", "a"), ("range", "b")], Reading { additional: &range, ..usual }, &[("range", "a,b")]);
        row(&[("x-oss-callback", "")], usual, &[("x-oss-callback", "")]);
        row(
            &[("x-oss-callback", ""), ("cache-control", "")],
            Reading { skip_empty_headers: true, ..usual },
            &[("cache-control", "")],
        );
    }

    #[test]
    fn nothing_is_copied_where_nothing_differs() {
        let target = Addressing::default().resolve(None, "/bucket/key").unwrap().target;
        let (query, headers) = (Query::parse("acl&x=1").unwrap(), headers(&[("x-oss-acl", "private")]));
        let request =
            SignedRequest { method: &Method::PUT, target: &target, query: &query, headers: &headers };
        let tolerant =
            Reading { trim_parameters: true, skip_empty_headers: true, any_order: true, additional: &[] };
        let canonical = CanonicalRequest::signed(&request, tolerant);
        assert!(matches!(canonical.query, Cow::Borrowed(_)));
        assert!(matches!(canonical.headers, Cow::Borrowed(_)));
    }
}
