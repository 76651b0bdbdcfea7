//! `POST ?x-oss-process`: calling back for an object that exists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::Operation;
use serde_json::json;

use crate::harness::checksum::{content_md5, crc64, etag, md5_hex};
use crate::harness::{Answer, Application, Bucket};
use crate::inputs::{self, Inputs};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::ProcessObject])
    .request(|_, draft| {
        draft.body(&format!("x-oss-process=trigger/callback,callback_{}", inputs::callback()))
    })
    .changing_nothing();

fn trigger(bucket: &Bucket, key: &str, process: &str) -> Answer {
    let body = format!("x-oss-process={process}");
    let request = bucket.key("POST", key).query("x-oss-process", "");
    request.header("Content-MD5", &content_md5(body.as_bytes())).body(body).send()
}

fn callback(url: &str, body: &str) -> String {
    STANDARD.encode(json!({"callbackUrl": url, "callbackBody": body}).to_string())
}

#[test]
fn calls_back_for_an_object() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    bucket.put("dir/k.txt", "Hello");
    let template =
        "${bucket},${object},${etag},${size},${mimeType},${operation},${contentMd5},${crc64},${x:var}";
    let variables = STANDARD.encode("{\"x:var\":\"v\",\"key1\":\"ignored\"}");
    let process = format!(
        "trigger/callback,callback_{},callback-var_{variables}",
        callback(&application.url("/t"), template)
    );
    let answer = trigger(&bucket, "dir/k.txt", &process).expect(200);
    assert_eq!((answer.spelled("Content-Type"), answer.text()), ("application/json", "{\"Status\":\"OK\"}"));
    assert_eq!(answer.spelled("ETag"), etag(b"Hello"));
    let request = application.only();
    let expected = format!(
        "{},dir%2Fk.txt,{},5,text%2Fplain,PostProcess,,{},v",
        bucket.name,
        md5_hex(b"Hello"),
        crc64(b"Hello")
    );
    assert_eq!((request.text(), request.target()), (expected.as_str(), "/t"));
    assert!(request.is_signed_by(&bucket.server.public_key()));
    assert_eq!(bucket.server.delivery(&answer)["operation"], "PostProcess");
}

#[test]
fn spellings() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    bucket.put("k", "Hello");
    let value = callback(&application.url("/~~~???"), "a=~~~???>>>");
    for value in
        [value.clone(), value.replace('+', "-").replace('/', "_"), value.trim_end_matches('=').to_owned()]
    {
        trigger(&bucket, "k", &format!("trigger/callback,callback_{value}")).expect(200);
    }
    // The iOS SDK writes an empty callback-var.
    trigger(&bucket, "k", &format!("trigger/callback,callback_{value},callback-var_")).expect(200);
    assert_eq!(application.requests().len(), 4);
}

#[test]
fn refusals_call_nobody() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    bucket.put("k", "Hello");
    let value = callback(&application.url("/"), "a=b");
    for process in [
        "trigger/callback".to_owned(),
        "trigger/callback,".to_owned(),
        "trigger/callback,callback_".to_owned(),
        "trigger/callback,callback_@@@".to_owned(),
        "trigger/callback,callback_e30=".to_owned(),
        format!("trigger/callback,other_{value}"),
        format!("trigger/callback,callback_{value},callback-var_@@@"),
        format!("trigger/callback,callback_{}", callback(&application.url("/"), "$x")),
    ] {
        trigger(&bucket, "k", &process).expect_error(400, "InvalidArgument");
    }
    let process = format!("trigger/callback,callback_{value}");
    trigger(&bucket, "missing", &process).expect_error(404, "NoSuchKey");
    for other in ["image/resize,w_100|sys/saveas,o_a", "", "trigger/other", "video/convert"] {
        trigger(&bucket, "k", other).expect_error(501, "NotImplemented");
    }
    let request = bucket.at("POST", "k?x-oss-process").header("Content-MD5", &content_md5(b"other"));
    request.body(format!("x-oss-process={process}")).send().expect_error(400, "InvalidDigest");
    let anonymous = bucket.at("POST", "k?x-oss-process").anonymous().body(format!("x-oss-process={process}"));
    anonymous.send().expect_error(403, "AccessDenied");
    bucket.at("POST", "k?x-oss-process").body(b"x-oss-process=\xff\xfe").send().expect(501);
    bucket.at("POST", "k?x-oss-process").body("x".repeat(70_000)).send().expect_error(400, "EntityTooLarge");
    assert!(application.requests().is_empty());
}
