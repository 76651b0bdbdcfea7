//! Callback policies of a bucket: named callbacks that uploads refer to.

use serde_json::{Value, json};

use super::{assert_called_back, callback, completion, encode, encode_text, put};
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket};

fn with_policy(name: &str, callback: &str, variables: &str) -> Bucket {
    let bucket = Bucket::new();
    let document = format!(
        "<BucketCallbackPolicy><PolicyItem><PolicyName>{name}</PolicyName><Callback>{callback}</Callback>\
         <CallbackVar>{variables}</CallbackVar></PolicyItem></BucketCallbackPolicy>"
    );
    bucket.root("PUT", "?policy&comp=callback").body(document).send().expect(200);
    bucket
}

fn named(name: &str) -> Value {
    json!({"callbackPolicy": name})
}

#[test]
fn every_upload_may_name_one() {
    let application = Application::json("{\"Status\":\"OK\"}");
    let stored = encode(&callback(&application.url("/policy"), "op=${operation}&a=${x:a}&b=${x:b}"));
    let bucket = with_policy("test_2", &stored, &encode(&json!({"x:a": "1", "x:b": "2"})));
    let own = encode(&json!({"x:b": "mine"}));

    let answer = put(&bucket, "k", &named("test_2")).send();
    assert_called_back(&answer, "{\"Status\":\"OK\"}");
    assert_eq!(application.requests()[0].text(), "op=PutObject&a=1&b=2");
    assert_eq!(application.requests()[0].target(), "/policy");
    // The request's own variables win.
    put(&bucket, "k", &named("test_2")).header("x-oss-callback-var", &own).send().expect(200);
    assert_eq!(application.requests()[1].text(), "op=PutObject&a=1&b=mine");
    // In the query, and for a multipart upload, with the trailing blank of the Java SDK's suite.
    let value = encode_text("{\"callbackPolicy\":\"test_2\"} ");
    assert_called_back(
        &bucket.key("PUT", "k").query("callback", &value).body("x").send(),
        "{\"Status\":\"OK\"}",
    );
    assert_called_back(
        &completion(&bucket, "k").header("x-oss-callback", &value).send(),
        "{\"Status\":\"OK\"}",
    );
    assert_eq!(application.requests()[3].text(), "op=CompleteMultipartUpload&a=1&b=2");
    // In a form.
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form =
        Form::new().field("key", "k").fields(policy.v4()).field("callback", &value).field("x:a", "form");
    form.file("f", "x").onto(bucket.root("POST", "")).send().expect(200);
    assert_eq!(application.requests()[4].text(), "op=PostObject&a=form&b=2");
}

#[test]
fn unknown_names_and_broken_policies_refuse_the_upload() {
    let bucket = with_policy("broken", "@@@", "");
    for name in ["none", "BROKEN", "broken"] {
        put(&bucket, "k", &named(name)).send().expect_error(400, "InvalidArgument");
        bucket.assert_absent("k");
    }
    let answer = put(&bucket, "k", &named("broken")).send().expect_error(400, "InvalidArgument");
    answer.with_ec("0007-00000002").with("ArgumentValue", "@@@").with("PolicyName", "broken");
    put(&Bucket::new(), "k", &named("any")).send().expect_error(400, "InvalidArgument");
    let bucket = with_policy("loop", &encode(&named("loop")), "");
    put(&bucket, "k", &named("loop")).send().expect_error(400, "InvalidArgument");
    let bucket = with_policy("variables", &encode(&callback("http://127.0.0.1:1/", "a")), "@@@");
    put(&bucket, "k", &named("variables")).send().expect_error(400, "InvalidArgument");
    bucket.assert_absent("k");
}

#[test]
fn a_change_counts_for_the_next_upload() {
    let (first, second) = (Application::json("{\"n\":1}"), Application::json("{\"n\":2}"));
    let bucket = with_policy("p", &encode(&callback(&first.url("/"), "a=b")), "");
    assert_called_back(&put(&bucket, "k", &named("p")).send(), "{\"n\":1}");
    let document = format!(
        "<BucketCallbackPolicy><PolicyItem><PolicyName>p</PolicyName><Callback>{}</Callback></PolicyItem></BucketCallbackPolicy>",
        encode(&callback(&second.url("/"), "a=b"))
    );
    bucket.root("PUT", "?policy&comp=callback").body(document).send().expect(200);
    assert_called_back(&put(&bucket, "k", &named("p")).send(), "{\"n\":2}");
    bucket.root("DELETE", "?policy&comp=callback").send().expect(204);
    put(&bucket, "k", &named("p")).send().expect_error(400, "InvalidArgument");
}
