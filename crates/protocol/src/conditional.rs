//! Conditional requests: `If-Match` and its kin on objects, `x-oss-copy-source-if-match` and its kin on the
//! source of a copy.

use http::HeaderMap;

use crate::{ETag, Error, ErrorCode, Timestamp};

/// The conditions of one request.
///
/// Conditions that cannot be read do not exist, as in OSS and RFC 9110.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
    names: Names,
}

/// What becomes of a conditional request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All conditions hold.
    Pass,
    /// The client has what it asks for: status 304, also for the source of a copy.
    NotModified,
    /// This condition does not hold: status 412.
    PreconditionFailed {
        /// The condition, by the name of the header that holds it on the object itself. OSS says the same of the
        /// source of a copy.
        condition: &'static str,
        /// The detail code.
        ec: &'static str,
    },
}

impl Conditions {
    /// Returns the conditions on the object that a request names.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self::read(headers, PLAIN)
    }

    /// Returns the conditions on the source of a copy.
    #[must_use]
    pub fn from_copy_source_headers(headers: &HeaderMap) -> Self {
        Self::read(headers, COPY_SOURCE)
    }

    /// Returns whether there are no conditions at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.if_match.is_none()
            && self.if_none_match.is_none()
            && self.if_modified_since.is_none()
            && self.if_unmodified_since.is_none()
    }

    /// Holds the conditions against an object.
    ///
    /// The order and precedence are those of RFC 9110, section 13.2.2: a tag condition makes the date
    /// condition of its pair moot.
    #[must_use]
    pub fn evaluate(&self, etag: &ETag, last_modified: Timestamp) -> Verdict {
        let modified = last_modified.unix_seconds();
        if let Some(tags) = &self.if_match {
            if !tags.contain(etag) {
                return self.names.failed(PLAIN.if_match);
            }
        } else if self.if_unmodified_since.is_some_and(|since| modified > since.unix_seconds()) {
            return self.names.failed(PLAIN.if_unmodified_since);
        }
        let unchanged = match &self.if_none_match {
            Some(tags) => tags.contain(etag),
            None => self.if_modified_since.is_some_and(|since| modified <= since.unix_seconds()),
        };
        if unchanged { Verdict::NotModified } else { Verdict::Pass }
    }

    fn read(headers: &HeaderMap, names: Names) -> Self {
        Self {
            if_match: Tags::read(headers, names.if_match),
            if_none_match: Tags::read(headers, names.if_none_match),
            if_modified_since: date(headers, names.if_modified_since),
            if_unmodified_since: date(headers, names.if_unmodified_since),
            names,
        }
    }
}

impl Verdict {
    /// Turns everything but [`Verdict::Pass`] into the error that OSS answers.
    ///
    /// # Errors
    /// `NotModified`, or `PreconditionFailed` with the name of the condition.
    pub fn into_result(self) -> Result<(), Error> {
        match self {
            Self::Pass => Ok(()),
            Self::NotModified => Err(Error::new(ErrorCode::NotModified)),
            Self::PreconditionFailed { condition, ec } => {
                Err(Error::new(ErrorCode::PreconditionFailed).with_ec(ec).with_detail("Condition", condition))
            }
        }
    }
}

/// What the headers of one set of conditions are called.
#[derive(Clone, Copy, Debug)]
struct Names {
    if_match: &'static str,
    if_none_match: &'static str,
    if_modified_since: &'static str,
    if_unmodified_since: &'static str,
    /// The detail code of a condition that fails; empty where OSS publishes none.
    ec: &'static str,
}

impl Names {
    fn failed(self, condition: &'static str) -> Verdict {
        Verdict::PreconditionFailed { condition, ec: self.ec }
    }
}

const PLAIN: Names = Names {
    if_match: "If-Match",
    if_none_match: "If-None-Match",
    if_modified_since: "If-Modified-Since",
    if_unmodified_since: "If-Unmodified-Since",
    ec: "0017-00001001",
};

const COPY_SOURCE: Names = Names {
    if_match: "x-oss-copy-source-if-match",
    if_none_match: "x-oss-copy-source-if-none-match",
    if_modified_since: "x-oss-copy-source-if-modified-since",
    if_unmodified_since: "x-oss-copy-source-if-unmodified-since",
    ec: "",
};

impl Default for Names {
    fn default() -> Self {
        PLAIN
    }
}

/// The tags of one condition.
#[derive(Clone, Debug)]
enum Tags {
    /// `*`
    Any,
    These(Vec<ETag>),
}

impl Tags {
    fn read(headers: &HeaderMap, name: &str) -> Option<Self> {
        let mut tags = Vec::new();
        for value in headers.get_all(name) {
            for tag in value.to_str().ok()?.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
                if tag == "*" {
                    return Some(Self::Any);
                }
                tags.push(ETag::read(tag));
            }
        }
        (!tags.is_empty()).then_some(Self::These(tags))
    }

    fn contain(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.contains(etag),
        }
    }
}

/// Reads a date: the manual shows ISO 8601 in the conditions of copies, the SDKs send HTTP dates.
fn date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    Timestamp::parse_http_date(text).or_else(|| Timestamp::parse_iso8601(text))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::{Conditions, Verdict};
    use crate::{ETag, Timestamp};

    const BEFORE: &str = "Fri, 13 Nov 2015 14:47:52 GMT";
    const SAME: &str = "Fri, 13 Nov 2015 14:47:53 GMT";
    const AFTER: &str = "Fri, 13 Nov 2015 14:47:54 GMT";

    fn headers(rows: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        headers
    }

    /// Evaluates against an object that has the tag `ABC` and was modified within the second of `SAME`.
    fn evaluate(conditions: &Conditions) -> Verdict {
        conditions.evaluate(&ETag::read("ABC"), Timestamp::from_unix_millis(1_447_426_073_456))
    }

    /// Returns the verdict on the object itself; EC page 0017-00001001 of the OSS manual.
    fn failed(condition: &'static str) -> Verdict {
        Verdict::PreconditionFailed { condition, ec: "0017-00001001" }
    }

    /// Returns the verdict on the source of a copy, named as the official suites expect it.
    fn failed_source(condition: &'static str) -> Verdict {
        Verdict::PreconditionFailed { condition, ec: "" }
    }

    #[test]
    fn conditions_on_objects() {
        let check = |rows: &[(&str, &str)], expected: Verdict| {
            assert_eq!(evaluate(&Conditions::from_headers(&headers(rows))), expected, "{rows:?}");
        };
        check(&[], Verdict::Pass);
        // OSS manual, GetObject, request headers.
        check(&[("if-match", "\"ABC\"")], Verdict::Pass);
        check(&[("if-match", "\"ABD\"")], failed("If-Match"));
        check(&[("if-none-match", "\"ABC\"")], Verdict::NotModified);
        check(&[("if-none-match", "\"ABD\"")], Verdict::Pass);
        check(&[("if-modified-since", BEFORE)], Verdict::Pass);
        check(&[("if-modified-since", SAME)], Verdict::NotModified);
        check(&[("if-modified-since", AFTER)], Verdict::NotModified);
        check(&[("if-modified-since", "yesterday")], Verdict::Pass);
        check(&[("if-unmodified-since", BEFORE)], failed("If-Unmodified-Since"));
        check(&[("if-unmodified-since", SAME)], Verdict::Pass);
        check(&[("if-unmodified-since", AFTER)], Verdict::Pass);
        // The SDKs send tags bare and in lists.
        check(&[("if-match", "ABC")], Verdict::Pass);
        check(&[("if-match", "nonmatching-etag, ABC")], Verdict::Pass);
        check(&[("if-none-match", "nonmatching-etag")], Verdict::Pass);
        check(&[("if-match", "\"X\""), ("if-match", "\"ABC\"")], Verdict::Pass);
        check(&[("if-match", "")], Verdict::Pass);
        // RFC 9110, section 13.
        check(&[("if-match", "*")], Verdict::Pass);
        check(&[("if-none-match", "*")], Verdict::NotModified);
        check(&[("if-match", "ABC"), ("if-unmodified-since", BEFORE)], Verdict::Pass);
        check(&[("if-none-match", "ABD"), ("if-modified-since", AFTER)], Verdict::Pass);
        check(&[("if-none-match", "ABC"), ("if-modified-since", BEFORE)], Verdict::NotModified);
        check(&[("if-match", "ABD"), ("if-none-match", "ABC")], failed("If-Match"));
        // The conditions of copies do not concern the object itself.
        check(&[("x-oss-copy-source-if-match", "ABD")], Verdict::Pass);
    }

    #[test]
    fn conditions_on_copy_sources() {
        let check = |rows: &[(&str, &str)], expected: Verdict| {
            assert_eq!(evaluate(&Conditions::from_copy_source_headers(&headers(rows))), expected, "{rows:?}");
        };
        // OSS manual, CopyObject, error codes: 412 for the first two kinds, 304 for the others.
        check(&[("x-oss-copy-source-if-match", "ABD")], failed_source("If-Match"));
        check(&[("x-oss-copy-source-if-unmodified-since", BEFORE)], failed_source("If-Unmodified-Since"));
        check(&[("x-oss-copy-source-if-none-match", "ABC")], Verdict::NotModified);
        check(&[("x-oss-copy-source-if-modified-since", SAME)], Verdict::NotModified);
        // The manual's own example of a date.
        check(&[("x-oss-copy-source-if-modified-since", "2019-04-09T07:01:56.000Z")], Verdict::NotModified);
        check(&[("if-match", "ABD")], Verdict::Pass);
    }

    #[test]
    fn verdicts_become_errors() {
        assert!(Verdict::Pass.into_result().is_ok());
        let error = Verdict::NotModified.into_result().expect_err("not modified");
        assert_eq!(error.status(), StatusCode::NOT_MODIFIED);
        let error = failed("If-Match").into_result().expect_err("failed");
        assert_eq!(error.status(), StatusCode::PRECONDITION_FAILED);
        assert!(error.to_xml("ID", "host").contains("<Condition>If-Match</Condition>"));
        assert!(Conditions::default().is_empty());
    }
}
