//! Which addresses may be called back, and how the operator allows others.

use std::sync::Arc;

use super::{assert_called_back, assert_failed, callback, completion, encode, put};
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket, Setup};

const UNREACHABLE: &str = "Error status : -1.OSS can not connect to your callbackUrl, please check it.";

#[test]
fn literal_private_addresses_are_refused_before_the_upload() {
    let server = Arc::new(Setup::new().no_private_callbacks().start());
    let bucket = Bucket::on(&server);
    let upload = bucket.initiate("k");
    let part = bucket.part("k", &upload, 1, b"x");
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
    ] {
        for url in
            [format!("http://{host}:8080/"), format!("{host}:8080"), format!("http://a.com/;https://{host}/")]
        {
            let value = encode(&callback(&url, "a=b"));
            for request in [
                bucket.key("PUT", "k").header("x-oss-callback", &value).body("x"),
                bucket.complete("k", &upload, &[(1, part.clone())]).header("x-oss-callback", &value),
            ] {
                let answer = request.send().expect_error(400, "InvalidArgument").with_ec("0007-00000008");
                assert_eq!(answer.element("Message"), "Private address is forbidden to callback.");
                assert_eq!(
                    (answer.element("ArgumentName").as_str(), answer.element("ArgumentValue")),
                    ("callbackUrl", url.clone())
                );
            }
        }
        bucket.assert_absent("k");
    }
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form = Form::new().field("key", "k").fields(policy.v1());
    let form = form.field("callback", &encode(&callback("http://192.168.1.1", "a=b"))).file("f", "x");
    form.onto(bucket.root("POST", "")).send().expect_error(400, "InvalidArgument").with_ec("0007-00000008");
    bucket.assert_absent("k");
}

#[test]
fn a_name_that_leads_to_one_fails_the_callback() {
    let server = Arc::new(Setup::new().no_private_callbacks().start());
    let (bucket, application) = (Bucket::on(&server), Application::json("{}"));
    let url = format!("http://localhost:{}/", application.address().port());
    let answer =
        assert_failed(put(&bucket, "k", &callback(&url, "a=b")).send(), UNREACHABLE, "0007-00000203");
    assert!(application.requests().is_empty());
    assert_eq!(bucket.get("k"), b"Hello OSS!");
    // Both the record and the log say what would allow it.
    let record = server.delivery(&answer).to_string();
    assert!(record.contains("allow_cidrs"), "{record}");
    server.wait_for_log("allow_cidrs");
    let value = encode(&callback(&url, "a=b"));
    let answer = completion(&bucket, "c").header("x-oss-callback", &value).send();
    assert_failed(answer, UNREACHABLE, "0007-00000203");
}

#[test]
fn networks_can_be_allowed() {
    let server = Arc::new(
        Setup::new().no_private_callbacks().set("OSSICLE_CALLBACK_ALLOW_CIDRS", "127.0.0.0/8").start(),
    );
    let (bucket, application) = (Bucket::on(&server), Application::json("{}"));
    for url in [application.url("/"), format!("http://localhost:{}/", application.address().port())] {
        assert_called_back(&put(&bucket, "k", &callback(&url, "a=b")).send(), "{}");
    }
    let value = callback("http://192.168.1.1/", "a=b");
    put(&bucket, "k", &value).send().expect_error(400, "InvalidArgument").with_ec("0007-00000008");
}

#[test]
fn all_can_be_allowed() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let url = format!("http://0x7f000001:{}/", application.address().port());
    assert_called_back(&put(&bucket, "k", &callback(&url, "a=b")).send(), "{}");
    assert_eq!(application.only().header("Host"), format!("0x7f000001:{}", application.address().port()));
}

#[test]
fn without_permission_a_mixed_list_is_refused_whole() {
    let server = Arc::new(Setup::new().no_private_callbacks().start());
    let bucket = Bucket::on(&server);
    let value = callback("http://192.168.1.1/", "a=b");
    // The same for a literal behind a bucket's policy and for a trigger.
    let policy = format!(
        "<BucketCallbackPolicy><PolicyItem><PolicyName>p</PolicyName><Callback>{}</Callback><CallbackVar></CallbackVar>\
         </PolicyItem></BucketCallbackPolicy>",
        encode(&value)
    );
    bucket.root("PUT", "?policy&comp=callback").body(policy).send().expect(200);
    let named = serde_json::json!({"callbackPolicy": "p"});
    put(&bucket, "k", &named).send().expect_error(400, "InvalidArgument").with_ec("0007-00000008");
    bucket.assert_absent("k");
    bucket.put("k", "x");
    let body = format!("x-oss-process=trigger/callback,callback_{}", encode(&value));
    let answer = bucket.at("POST", "k?x-oss-process").body(body).send();
    answer.expect_error(400, "InvalidArgument").with_ec("0007-00000008");
}
