//! Cross-origin rules of a bucket: which web pages may use it, and the headers that tell browsers so.

use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName};

use crate::{Error, ErrorCode};

/// The rules of a bucket, tried in order; the first that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsRules {
    rules: Vec<CorsRule>,
    response_vary: bool,
}

/// Origins, methods and headers that are allowed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsRule {
    allowed_origins: Vec<String>,
    allowed_methods: Vec<String>,
    allowed_headers: Vec<String>,
    expose_headers: Vec<String>,
    max_age_seconds: Option<u32>,
}

/// What a browser asks before it sends a request across origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightRequest {
    origin: String,
    method: String,
    headers: Vec<String>,
}

/// The headers that allow a request across origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsAnswer {
    headers: Vec<(&'static str, String)>,
}

impl CorsRules {
    /// Most rules that a bucket may have.
    pub const MAX_RULES: usize = 10;

    /// Puts rules together.
    ///
    /// # Errors
    /// `MalformedXML` for no rule or more than ten.
    pub fn new(rules: Vec<CorsRule>, response_vary: bool) -> Result<Self, Error> {
        match rules.len() {
            0 => Err(refused("CORSConfiguration has no CORSRule.").with_ec("0034-00000002")),
            1..=Self::MAX_RULES => Ok(Self { rules, response_vary }),
            count => Err(refused(format!(
                "CORSConfiguration has {count} CORSRule elements; a bucket has {} at most.",
                Self::MAX_RULES
            ))),
        }
    }

    /// Returns the rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[CorsRule] {
        &self.rules
    }

    /// Returns whether every answer, cross-origin or not, carries `Vary: Origin`.
    #[must_use]
    pub fn response_vary(&self) -> bool {
        self.response_vary
    }

    /// Answers a preflight request; `None` forbids it.
    #[must_use]
    pub fn preflight(&self, request: &PreflightRequest) -> Option<CorsAnswer> {
        let mut answer = self.rules.iter().find_map(|rule| {
            let origin = rule.allowed_origin(&request.origin, &request.method)?;
            let allowed = request.headers.iter().all(|header| rule.allows_header(header));
            allowed.then(|| rule.answer(origin))
        })?;
        if !request.headers.is_empty() {
            answer.headers.push(("Access-Control-Allow-Headers", request.headers.join(", ")));
        }
        Some(answer)
    }

    /// Returns the headers for the answer to a request with this `Origin` and method; `None` adds nothing.
    #[must_use]
    pub fn actual(&self, origin: &str, method: &str) -> Option<CorsAnswer> {
        self.rules.iter().find_map(|rule| Some(rule.answer(rule.allowed_origin(origin, method)?)))
    }
}

impl CorsRule {
    /// Checks a rule. Allowed headers are kept in lower case, as OSS returns them. An origin need not look like one:
    /// OSS takes any text, blanks included.
    ///
    /// # Errors
    /// `MalformedXML` for a missing element, `InvalidArgument` with the element and its value for a wrong one.
    pub fn new(
        allowed_origins: Vec<String>,
        allowed_methods: Vec<String>,
        allowed_headers: &[String],
        expose_headers: Vec<String>,
        max_age_seconds: Option<u32>,
    ) -> Result<Self, Error> {
        if allowed_origins.is_empty() {
            return Err(refused("CORSRule has no AllowedOrigin."));
        }
        if allowed_methods.is_empty() {
            return Err(refused("CORSRule has no AllowedMethod."));
        }
        if let Some(origin) = allowed_origins.iter().find(|origin| !is_pattern(origin)) {
            return Err(wrong(PATTERN, "AllowedOrigin", origin));
        }
        let known = |method: &str| matches!(method, "GET" | "PUT" | "DELETE" | "POST" | "HEAD");
        if let Some(method) = allowed_methods.iter().find(|method| !known(method)) {
            let message = "AllowedMethod is one of GET, PUT, DELETE, POST and HEAD.";
            return Err(wrong(message, "AllowedMethod", method).with_ec("0034-00000011"));
        }
        if let Some(header) = allowed_headers.iter().find(|header| !is_pattern(header)) {
            return Err(wrong(PATTERN, "AllowedHeader", header));
        }
        let is_name =
            |header: &str| HeaderName::from_bytes(header.as_bytes()).is_ok() && !header.contains('*');
        if let Some(header) = expose_headers.iter().find(|header| !is_name(header)) {
            return Err(wrong(
                "ExposeHeader is the name of a header, without asterisks.",
                "ExposeHeader",
                header,
            ));
        }
        let allowed_headers = allowed_headers.iter().map(|header| header.to_ascii_lowercase()).collect();
        Ok(Self { allowed_origins, allowed_methods, allowed_headers, expose_headers, max_age_seconds })
    }

    /// Returns the origins, with an asterisk at most.
    #[must_use]
    pub fn allowed_origins(&self) -> &[String] {
        &self.allowed_origins
    }

    /// Returns the methods in upper case.
    #[must_use]
    pub fn allowed_methods(&self) -> &[String] {
        &self.allowed_methods
    }

    /// Returns the request headers in lower case, with an asterisk at most.
    #[must_use]
    pub fn allowed_headers(&self) -> &[String] {
        &self.allowed_headers
    }

    /// Returns the response headers that the page may read.
    #[must_use]
    pub fn expose_headers(&self) -> &[String] {
        &self.expose_headers
    }

    /// Returns how long a browser may remember the answer to a preflight request.
    #[must_use]
    pub fn max_age_seconds(&self) -> Option<u32> {
        self.max_age_seconds
    }

    /// Returns the value of `Access-Control-Allow-Origin` for a request; `None` if the rule is not for it. An
    /// origin that is allowed as one of all is not repeated.
    fn allowed_origin<'a>(&self, origin: &'a str, method: &str) -> Option<&'a str> {
        if !self.allowed_methods.iter().any(|allowed| allowed == method) {
            return None;
        }
        let allowed = self.allowed_origins.iter().find(|allowed| matches_pattern(allowed, origin))?;
        Some(if allowed == "*" { "*" } else { origin })
    }

    fn allows_header(&self, header: &str) -> bool {
        self.allowed_headers.iter().any(|allowed| matches_pattern(allowed, header))
    }

    fn answer(&self, origin: &str) -> CorsAnswer {
        let mut headers = vec![
            ("Access-Control-Allow-Origin", origin.to_owned()),
            ("Access-Control-Allow-Methods", self.allowed_methods.join(", ")),
        ];
        if !self.expose_headers.is_empty() {
            headers.push(("Access-Control-Expose-Headers", self.expose_headers.join(", ")));
        }
        if let Some(seconds) = self.max_age_seconds {
            headers.push(("Access-Control-Max-Age", seconds.to_string()));
        }
        CorsAnswer { headers }
    }
}

impl PreflightRequest {
    /// Reads what a browser asks.
    ///
    /// # Errors
    /// `BadRequest` without an origin or a method.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, Error> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let needed = |name: HeaderName, message: &'static str| {
            text(name)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| Error::new(ErrorCode::BadRequest).with_message(message))
        };
        let asked = text(ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        Ok(Self {
            origin: needed(ORIGIN, "Insufficient information. Origin request header needed.")?.to_owned(),
            method: needed(
                ACCESS_CONTROL_REQUEST_METHOD,
                "Insufficient information. Request Access-Control-Request-Method header needed.",
            )?
            .to_owned(),
            headers: asked
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }
}

impl CorsAnswer {
    /// Returns the names and values of the headers.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// What a rule may say of origins and headers.
const PATTERN: &str = "The value is not empty, and has one asterisk at most and no control character.";

fn refused(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::MalformedXML).with_detail("ErrorDetail", detail)
}

fn wrong(message: &'static str, element: &'static str, value: &str) -> Error {
    Error::invalid_argument(message, element, value)
}

fn is_pattern(text: &str) -> bool {
    !text.is_empty() && text.matches('*').count() <= 1 && !text.contains(char::is_control)
}

/// Compares `text` with `pattern`, in which an asterisk stands for anything, and case does not matter.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(text);
    };
    let fits = text.len() >= head.len() + tail.len();
    fits && text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        && text.get(text.len() - tail.len()..).is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::{any, proptest};

    use super::{CorsAnswer, CorsRule, CorsRules, PreflightRequest, matches_pattern};
    use crate::ErrorCode;

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn rule(
        origins: &[&str],
        methods: &[&str],
        headers: &[&str],
        expose: &[&str],
        age: Option<u32>,
    ) -> CorsRule {
        CorsRule::new(list(origins), list(methods), &list(headers), list(expose), age).expect("a rule")
    }

    /// Returns the two rules of the manual's PutBucketCors example.
    fn rules() -> CorsRules {
        let rules = vec![
            rule(&["*"], &["PUT", "POST"], &["Authorization"], &[], None),
            rule(
                &["http://www.a.com", "http://*.b.com"],
                &["GET"],
                &["Authorization", "x-oss-*"],
                &["x-oss-test", "x-oss-test1"],
                Some(100),
            ),
        ];
        CorsRules::new(rules, false).expect("rules")
    }

    fn request(rows: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        headers
    }

    fn lines(answer: Option<CorsAnswer>) -> Option<String> {
        answer.map(|answer| {
            answer
                .headers()
                .map(|(name, value)| format!("{}: {value}\n", &name["Access-Control-".len()..]))
                .collect()
        })
    }

    #[test]
    fn answers_preflight_requests() {
        let check = |origin: &str, method: &str, headers: &str, expected: Option<&str>| {
            let headers = request(&[
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", headers),
            ]);
            let request = PreflightRequest::from_headers(&headers).expect("a request");
            assert_eq!(lines(rules().preflight(&request)).as_deref(), expected, "{request:?}");
        };
        // An asterisk stays one, another origin is repeated; the methods of the rule are joined, the asked-for headers
        // are repeated.
        check("http://x.org", "PUT", "", Some("Allow-Origin: *\nAllow-Methods: PUT, POST\n"));
        check(
            "http://x.org",
            "POST",
            "authorization",
            Some("Allow-Origin: *\nAllow-Methods: PUT, POST\nAllow-Headers: authorization\n"),
        );
        check(
            "http://www.b.com",
            "GET",
            "X-OSS-Date , authorization,",
            Some(
                "Allow-Origin: http://www.b.com\nAllow-Methods: GET\n\
                 Expose-Headers: x-oss-test, x-oss-test1\nMax-Age: 100\nAllow-Headers: X-OSS-Date, authorization\n",
            ),
        );
        check("http://x.org", "PUT", "x-oss-date", None);
        check("http://x.org", "GET", "", None);
        check("http://b.com", "GET", "", None);
        check("https://www.a.com", "GET", "", None);
        check("http://x.org", "put", "", None);
    }

    #[test]
    fn preflight_needs_origin_and_method() {
        // OSS manual, "HTTP 400 errors", BadRequest.
        let check = |rows: &[(&str, &str)], message: &str| {
            let error = PreflightRequest::from_headers(&request(rows)).expect_err("not enough");
            assert_eq!((error.code(), error.message()), (ErrorCode::BadRequest, message));
        };
        check(
            &[("access-control-request-method", "PUT")],
            "Insufficient information. Origin request header needed.",
        );
        check(
            &[("origin", "http://x.org")],
            "Insufficient information. Request Access-Control-Request-Method header needed.",
        );
    }

    #[test]
    fn answers_actual_requests() {
        let check = |origin: &str, method: &str, expected: Option<&str>| {
            assert_eq!(lines(rules().actual(origin, method)).as_deref(), expected, "{origin} {method}");
        };
        check("http://x.org", "PUT", Some("Allow-Origin: *\nAllow-Methods: PUT, POST\n"));
        check(
            "http://WWW.A.com",
            "GET",
            Some(
                "Allow-Origin: http://WWW.A.com\nAllow-Methods: GET\n\
                 Expose-Headers: x-oss-test, x-oss-test1\nMax-Age: 100\n",
            ),
        );
        check("http://x.org", "GET", None);
        check("http://x.org", "DELETE", None);
    }

    #[test]
    fn the_first_origin_that_matches_is_answered() {
        let check = |origins: &[&str], expected: &str| {
            let rules = CorsRules::new(vec![rule(origins, &["GET"], &[], &[], None)], false).expect("rules");
            let lines = lines(rules.actual("http://x.org", "GET")).expect("an answer");
            assert_eq!(lines, format!("Allow-Origin: {expected}\nAllow-Methods: GET\n"), "{origins:?}");
        };
        check(&["*"], "*");
        check(&["*", "http://x.org"], "*");
        check(&["http://x.org", "*"], "http://x.org");
        check(&["http://*"], "http://x.org");
    }

    #[test]
    fn refuses_bad_rules() {
        let make = |origins: &[&str], methods: &[&str], headers: &[&str], expose: &[&str]| {
            CorsRule::new(list(origins), list(methods), &list(headers), list(expose), None)
        };
        let missing = |origins: &[&str], methods: &[&str], detail: &str| {
            let error = make(origins, methods, &[], &[]).expect_err("a bad rule");
            assert_eq!(error.code(), ErrorCode::MalformedXML);
            assert_eq!(error.details().collect::<Vec<_>>(), [("ErrorDetail", detail)]);
        };
        // Java SDK, BucketCORSTest.testUnormalSetBucketCORS.
        missing(&[], &["GET"], "CORSRule has no AllowedOrigin.");
        missing(&["*"], &[], "CORSRule has no AllowedMethod.");
        let wrong = |rule: Result<CorsRule, crate::Error>, name: &str, value: &str| {
            let error = rule.expect_err("a bad rule");
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
            let named: Vec<_> = error.details().collect();
            assert_eq!(named, [("ArgumentName", name), ("ArgumentValue", value)]);
        };
        wrong(make(&["*", "www.*.abc.*.com"], &["GET"], &[], &[]), "AllowedOrigin", "www.*.abc.*.com");
        wrong(make(&[""], &["GET"], &[], &[]), "AllowedOrigin", "");
        wrong(make(&["a\r\nb"], &["GET"], &[], &[]), "AllowedOrigin", "a\r\nb");
        wrong(make(&["*"], &["GET", "OPTIONS"], &[], &[]), "AllowedMethod", "OPTIONS");
        wrong(make(&["*"], &["get"], &[], &[]), "AllowedMethod", "get");
        wrong(make(&["*"], &["GET"], &[], &["x-oss-*"]), "ExposeHeader", "x-oss-*");
        wrong(make(&["*"], &["GET"], &[], &["x\r\ny: z"]), "ExposeHeader", "x\r\ny: z");
        wrong(make(&["*"], &["GET"], &["x-*-*"], &[]), "AllowedHeader", "x-*-*");
        wrong(make(&["*"], &["GET"], &["x\r\ny"], &[]), "AllowedHeader", "x\r\ny");
        let one = rule(&["*"], &["GET"], &[], &[], None);
        let none = CorsRules::new(Vec::new(), false).expect_err("no rules");
        assert_eq!((none.code(), none.ec()), (ErrorCode::MalformedXML, "0034-00000002"));
        assert!(CorsRules::new(vec![one.clone(); 10], false).is_ok());
        assert_eq!(CorsRules::new(vec![one; 11], false).expect_err("many").code(), ErrorCode::MalformedXML);
    }

    #[test]
    fn an_origin_may_hold_blanks() {
        // C++ SDK, BucketCorsSettingsTest: origins such as "Original 1700000000000".
        let rule =
            rule(&["Original 1700000000000", "http://键.example"], &["GET"], &["HTTP"], &["HTTP"], Some(0));
        assert_eq!(rule.allowed_origins(), ["Original 1700000000000", "http://键.example"]);
    }

    #[test]
    fn one_asterisk_stands_for_anything() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        };
        check("*", "", true);
        check("*", "http://a", true);
        check("http://*.a.com", "http://x.y.a.com", true);
        check("http://*.a.com", "http://.a.com", true);
        check("http://*.a.com", "http://a.com", false);
        check("ab*ba", "aba", false);
        check("ab*ba", "abba", true);
        check("x-oss-*", "X-OSS-Meta", true);
        check("a*", "é", false);
        check("*a", "éa", true);
    }

    proptest! {
        #[test]
        fn matching_never_panics(pattern in "[a*é]{0,6}", text in any::<String>()) {
            let _ = matches_pattern(&pattern, &text);
        }
    }
}
