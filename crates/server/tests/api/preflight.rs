//! `OPTIONS`, a browser's question before it sends the real request.

use ossicle_protocol::{ErrorCode, Operation};

use crate::bucket_cors::with_rules;
use crate::harness::{Answer, Bucket};
use crate::inputs::{Inputs, ORIGIN, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::Preflight])
    .request(|_, draft| {
        draft.header("Origin", ORIGIN).header("Access-Control-Request-Method", "GET").anonymous()
    })
    .proven(&[
        ("Origin", Proof::Refused("http://nobody.example", ErrorCode::AccessForbidden)),
        ("Access-Control-Request-Method", Proof::Refused("PUT", ErrorCode::AccessForbidden)),
        ("Access-Control-Request-Headers", Proof::Refused("x-secret", ErrorCode::AccessForbidden)),
    ]);

const RULES: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>http://app.example.com</AllowedOrigin>\
    <AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod><AllowedHeader>x-oss-*</AllowedHeader>\
    <AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>\
    </CORSRule></CORSConfiguration>";

fn ask(bucket: &Bucket, origin: &str, method: &str, headers: &str) -> Answer {
    let request = bucket.key("OPTIONS", "k").anonymous().header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", method);
    if headers.is_empty() {
        request.send()
    } else {
        request.header("Access-Control-Request-Headers", headers).send()
    }
}

#[test]
fn allows_what_a_rule_allows() {
    let bucket = with_rules(RULES);
    let answer = ask(&bucket, "http://app.example.com", "PUT", "X-Oss-Callback, Content-Type").expect(200);
    assert_eq!(answer.spelled("Access-Control-Allow-Origin"), "http://app.example.com");
    assert_eq!(answer.spelled("Access-Control-Allow-Methods"), "PUT, POST");
    assert_eq!(answer.spelled("Access-Control-Allow-Headers"), "X-Oss-Callback, Content-Type");
    assert_eq!(answer.spelled("Access-Control-Expose-Headers"), "ETag");
    assert_eq!(answer.spelled("Access-Control-Max-Age"), "60");
    assert_eq!(answer.spelled("Content-Length"), "0");
    // Nothing has to exist for the question, and nothing comes to exist by it.
    bucket.assert_keys(&[]);
}

#[test]
fn forbids_everything_else() {
    let bucket = with_rules(RULES);
    for (origin, method, headers) in [
        ("http://other.example.com", "PUT", ""),
        ("http://app.example.com", "GET", ""),
        ("http://app.example.com", "PUT", "authorization"),
    ] {
        let answer = ask(&bucket, origin, method, headers).expect_error(403, "AccessForbidden");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
        // OSS manual, "OSS CORS", with its spelling.
        assert_eq!(
            answer.element("Message"),
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request \
             method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the \
             resource's CORS spec."
        );
    }
    let disabled =
        ask(&Bucket::new(), "http://app.example.com", "PUT", "").expect_error(403, "AccessForbidden");
    assert_eq!(disabled.element("Message"), "CORSResponse: CORS is not enabled for this bucket.");
    let question = || bucket.key("OPTIONS", "k").anonymous();
    question().send().expect_error(400, "BadRequest");
    question().header("Origin", "http://app.example.com").send().expect_error(400, "BadRequest");
}

#[test]
fn a_missing_bucket_is_told_as_such() {
    // Go SDK V2, client_integration_test.go.
    let answer =
        ask(&Bucket::unmade(), "http://app.example.com", "PUT", "").expect_error(404, "NoSuchBucket");
    assert_eq!(answer.must("x-oss-ec"), "0015-00000101");
    Bucket::unmade().root("OPTIONS", "").anonymous().send().expect_error(404, "NoSuchBucket");
}

#[test]
fn an_asterisk_is_answered_with_an_asterisk() {
    let rules = RULES.replace("http://app.example.com", "*");
    let bucket = with_rules(&rules);
    let answer = ask(&bucket, "http://any.example.org", "PUT", "").expect(200);
    assert_eq!(answer.spelled("Access-Control-Allow-Origin"), "*");
}

#[test]
fn varies_only_on_demand() {
    // OSS manual, PutBucketCors, ResponseVary: on every answer, or on none.
    let bucket = with_rules(RULES);
    assert_eq!(ask(&bucket, "http://app.example.com", "PUT", "").expect(200).header("Vary"), None);
    assert_eq!(ask(&bucket, "http://app.example.com", "GET", "").expect(403).header("Vary"), None);
    let bucket = with_rules(&RULES.replace("</CORSC", "<ResponseVary>true</ResponseVary></CORSC"));
    assert_eq!(ask(&bucket, "http://app.example.com", "PUT", "").expect(200).spelled("Vary"), "Origin");
    assert_eq!(ask(&bucket, "http://app.example.com", "GET", "").expect(403).spelled("Vary"), "Origin");
}

#[test]
fn works_for_the_bucket_and_for_virtual_hosts() {
    let bucket = with_rules(RULES);
    let request = bucket.root("OPTIONS", "").anonymous().header("Origin", "http://app.example.com");
    request.header("Access-Control-Request-Method", "POST").send().expect(200);
    let request = bucket
        .server
        .request("OPTIONS", "/any/key")
        .host_of(&bucket.name, &format!("{}.localhost", bucket.name));
    let request = request.anonymous().header("Origin", "http://app.example.com");
    request.header("Access-Control-Request-Method", "POST").send().expect(200);
}
