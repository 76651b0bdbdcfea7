//! `OPTIONS`, a browser's question before it sends the real request.

use crate::harness::{Answer, Bucket};
use crate::put_bucket_cors::with_rules;

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
    }
    ask(&Bucket::new(), "http://app.example.com", "PUT", "").expect_error(403, "AccessForbidden");
    ask(&Bucket::unmade(), "http://app.example.com", "PUT", "").expect(403);
    let question = || bucket.key("OPTIONS", "k").anonymous();
    question().send().expect_error(400, "BadRequest");
    question().header("Origin", "http://app.example.com").send().expect_error(400, "BadRequest");
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
