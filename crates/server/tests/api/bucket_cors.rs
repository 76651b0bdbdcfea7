//! The CORS rules of a bucket, and what they add to answers.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::harness::checksum::content_md5;
use crate::inputs::{Inputs, ORIGIN, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketCors])
    .before(|bucket| {
        bucket.root("PUT", "?cors").body(one_rule(ORIGIN, "GET")).send().expect(200);
    })
    .request(|_, draft| draft.body(&one_rule("*", "PUT")))
    .proven(&[
        ("CORSConfiguration/ResponseVary", Proof::Test("bucket_cors::vary_on_demand")),
        ("CORSConfiguration/*", Proof::Test("bucket_cors::replaces_and_refuses")),
    ]);

fn one_rule(origin: &str, method: &str) -> String {
    format!(
        "<CORSConfiguration><CORSRule><AllowedOrigin>{origin}</AllowedOrigin><AllowedMethod>{method}</AllowedMethod>\
         <AllowedHeader>x-oss-a</AllowedHeader></CORSRule></CORSConfiguration>"
    )
}

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
    // A rule for all origins is answered as one, not with the origin that asked.
    assert_eq!(put.spelled("Access-Control-Allow-Origin"), "*");
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
    assert_eq!(answer.expect_error(403, "AccessDenied").must("Access-Control-Allow-Origin"), "*");
    let answer = bucket.key("GET", "none").header("Origin", "http://example.com").send();
    assert_eq!(
        answer.expect_error(404, "NoSuchKey").must("Access-Control-Allow-Origin"),
        "http://example.com"
    );
}

#[test]
fn vary_on_demand() {
    // OSS manual, PutBucketCors, ResponseVary: on every answer, whether it crosses origins and whether it is allowed or
    // not; or on none.
    let check = |rules: &str, vary: Option<&str>| {
        let bucket = with_rules(rules);
        let origin = |method: &str, origin: &str| bucket.key(method, "k").header("Origin", origin);
        assert_eq!(origin("PUT", "http://anywhere.org").body("x").send().expect(200).header("Vary"), vary);
        assert_eq!(
            origin("GET", "http://anywhere.org").send().expect(200).header("Vary"),
            vary,
            "not allowed"
        );
        assert_eq!(bucket.key("GET", "k").send().expect(200).header("Vary"), vary, "within one origin");
        assert_eq!(bucket.key("GET", "none").send().expect(404).header("Vary"), vary, "an error");
        assert_eq!(bucket.root("GET", "?acl").send().expect(200).header("Vary"), vary);
    };
    check(RULES, None);
    check(&RULES.replace("<ResponseVary>false", "<ResponseVary>true"), Some("Origin"));
    assert_eq!(Bucket::new().root("GET", "").send().expect(200).header("Vary"), None, "without rules");
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
        rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>")
            .replace("<CORSConfiguration>", &format!("<CORSConfiguration>{}", RULES_RULE.repeat(10))),
        "x".repeat(2_000_000),
    ];
    for rules in &bad {
        assert!(!put(rules).expect_error(400, "MalformedXML").element("ErrorDetail").is_empty());
    }
    for (rest, name, value) in [
        ("<AllowedMethod>PATCH</AllowedMethod>", "AllowedMethod", "PATCH"),
        ("<AllowedMethod>get</AllowedMethod>", "AllowedMethod", "get"),
        (
            "<AllowedOrigin>http://*.*.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>",
            "AllowedOrigin",
            "http://*.*.com",
        ),
        ("<AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>-1</MaxAgeSeconds>", "MaxAgeSeconds", "-1"),
        ("<AllowedMethod>GET</AllowedMethod><ExposeHeader>*</ExposeHeader>", "ExposeHeader", "*"),
        ("<AllowedMethod>GET</AllowedMethod><AllowedHeader>*-*</AllowedHeader>", "AllowedHeader", "*-*"),
    ] {
        let answer = put(&rule(&format!("{origin}{rest}"))).expect_error(400, "InvalidArgument");
        assert_eq!([answer.element("ArgumentName"), answer.element("ArgumentValue")], [name, value]);
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

#[test]
fn an_origin_with_a_blank_is_taken_as_it_is() {
    // C++ SDK, BucketCorsSettingsTest: "Original 1700000000000" and an allowed header "HTTP".
    let bucket = with_rules(
        "<CORSConfiguration><CORSRule><AllowedOrigin>Original 17</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <AllowedHeader>HTTP</AllowedHeader><ExposeHeader>HTTP</ExposeHeader></CORSRule></CORSConfiguration>",
    );
    let stored = bucket.root("GET", "?cors").send().expect(200);
    assert_eq!(
        (stored.element("AllowedOrigin").as_str(), stored.element("AllowedHeader").as_str()),
        ("Original 17", "http")
    );
}

const RULES_RULE: &str =
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";

#[test]
fn returns_what_was_set() {
    let bucket = with_rules(
        "<CORSConfiguration><CORSRule><AllowedOrigin>http://a.com</AllowedOrigin><AllowedOrigin>*</AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>X-Oss-Test</AllowedHeader>\
         <ExposeHeader>x-oss-b</ExposeHeader><MaxAgeSeconds>7</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    );
    let answer = bucket.root("GET", "?cors").send().expect(200);
    assert_eq!(answer.elements("AllowedOrigin"), ["http://a.com", "*"]);
    assert_eq!(answer.elements("AllowedMethod"), ["GET", "PUT"]);
    // The SDKs expect allowed headers in lower case.
    assert_eq!(answer.elements("AllowedHeader"), ["x-oss-test"]);
    assert_eq!(answer.elements("ExposeHeader"), ["x-oss-b"]);
    assert_eq!(answer.element("MaxAgeSeconds"), "7");
    assert_eq!(answer.element("ResponseVary"), "false");
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let none = bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
    assert_eq!(none.must("x-oss-ec"), "0034-00000001");
    bucket.root("GET", "?cors").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?cors").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn takes_the_rules_away() {
    let bucket = with_rules(
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>\
         </CORSConfiguration>",
    );
    bucket.root("DELETE", "?cors").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?cors").send().expect(204);
    bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
    let answer = bucket.key("PUT", "k").header("Origin", "http://a.com").body("x").send().expect(200);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    bucket.root("DELETE", "?cors").send().expect(204);
    Bucket::unmade().root("DELETE", "?cors").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn rules_that_are_too_long_with_their_escapes_are_refused() {
    let bucket = Bucket::new();
    let origin = "&".repeat(4000);
    let rules = format!(
        "<CORSConfiguration><CORSRule><AllowedOrigin><![CDATA[{origin}]]></AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
    );
    bucket.root("PUT", "?cors").body(&rules).send().expect_error(400, "MalformedXML");
    bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
}
