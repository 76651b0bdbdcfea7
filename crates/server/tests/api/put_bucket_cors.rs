//! `PutBucketCors`, and what its rules add to answers.

use crate::harness::Bucket;
use crate::harness::checksum::content_md5;

/// The manual's example, with a rule more.
const RULES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CORSConfiguration>\
    <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>\
    <AllowedHeader>Authorization</AllowedHeader></CORSRule>\
    <CORSRule><AllowedOrigin>http://example.com</AllowedOrigin><AllowedOrigin>http://*.example.net</AllowedOrigin>\
    <AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>x-oss-test</ExposeHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds></CORSRule>\
    <ResponseVary>false</ResponseVary></CORSConfiguration>";

pub(crate) fn with_rules(rules: &str) -> Bucket {
    let bucket = Bucket::new();
    let request = bucket.root("PUT", "?cors").header("Content-MD5", &content_md5(rules.as_bytes()));
    request.body(rules).send().expect(200);
    bucket
}

#[test]
fn actual_requests_are_allowed_by_the_first_rule_that_fits() {
    let bucket = with_rules(RULES);
    let put = bucket.key("PUT", "k").header("Origin", "http://anywhere.org").body("x").send().expect(200);
    assert_eq!(put.spelled("Access-Control-Allow-Origin"), "http://anywhere.org");
    assert_eq!(put.spelled("Access-Control-Allow-Methods"), "PUT, POST");
    assert_eq!(put.header("Access-Control-Expose-Headers"), None);

    let get = |origin: &str| bucket.key("GET", "k").header("Origin", origin).send().expect(200);
    let answer = get("http://www.example.net");
    assert_eq!(answer.spelled("Access-Control-Allow-Origin"), "http://www.example.net");
    assert_eq!(answer.spelled("Access-Control-Expose-Headers"), "x-oss-test, ETag");
    assert_eq!(answer.spelled("Access-Control-Max-Age"), "100");
    for origin in ["http://anywhere.org", "https://example.com", "http://example.com.evil.org"] {
        assert_eq!(get(origin).header("Access-Control-Allow-Origin"), None, "{origin}");
    }
    assert_eq!(bucket.key("GET", "k").send().header("Access-Control-Allow-Origin"), None);
}

#[test]
fn errors_can_be_read_by_the_page_too() {
    let bucket = with_rules(RULES);
    let answer = bucket.key("PUT", "k").anonymous().header("Origin", "http://x.org").body("x").send();
    assert_eq!(answer.expect_error(403, "AccessDenied").must("Access-Control-Allow-Origin"), "http://x.org");
    let answer = bucket.key("GET", "none").header("Origin", "http://example.com").send();
    assert_eq!(
        answer.expect_error(404, "NoSuchKey").must("Access-Control-Allow-Origin"),
        "http://example.com"
    );
}

#[test]
fn vary_on_demand() {
    let bucket = with_rules(&RULES.replace("<ResponseVary>false", "<ResponseVary>true"));
    let put = bucket.key("PUT", "k").header("Origin", "http://anywhere.org").body("x").send().expect(200);
    assert_eq!(put.spelled("Vary"), "Origin");
}

#[test]
fn replaces_and_refuses() {
    let bucket = with_rules(RULES);
    let put = |rules: &str| bucket.root("PUT", "?cors").body(rules).send();
    let rule = |inside: &str| format!("<CORSConfiguration><CORSRule>{inside}</CORSRule></CORSConfiguration>");
    let origin = "<AllowedOrigin>*</AllowedOrigin>";
    let bad = [
        String::new(),
        "<CORSConfiguration></CORSConfiguration>".to_owned(),
        rule(""),
        rule(origin),
        rule("<AllowedMethod>GET</AllowedMethod>"),
        rule(&format!("{origin}<AllowedMethod>PATCH</AllowedMethod>")),
        rule(&format!("{origin}<AllowedMethod>get</AllowedMethod>")),
        rule("<AllowedOrigin>http://*.*.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"),
        rule(&format!("{origin}<AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>-1</MaxAgeSeconds>")),
        rule(&format!("{origin}<AllowedMethod>GET</AllowedMethod><ExposeHeader>*</ExposeHeader>")),
        rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>")
            .replace("<CORSConfiguration>", &format!("<CORSConfiguration>{}", RULES_RULE.repeat(10))),
        "x".repeat(2_000_000),
    ];
    for rules in &bad {
        put(rules).expect_error(400, "MalformedXML");
    }
    assert_eq!(bucket.root("GET", "?cors").send().elements("CORSRule").len(), 2);
    put(&rule(&format!("{origin}<AllowedMethod>HEAD</AllowedMethod>"))).expect(200);
    assert_eq!(bucket.root("GET", "?cors").send().elements("AllowedMethod"), ["HEAD"]);
    bucket
        .root("PUT", "?cors")
        .header("Content-MD5", &content_md5(b"y"))
        .body(RULES)
        .send()
        .expect_error(400, "InvalidDigest");
    bucket.root("PUT", "?cors").anonymous().body(RULES).send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("PUT", "?cors").body(RULES).send().expect_error(404, "NoSuchBucket");
}

const RULES_RULE: &str =
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
