//! What counts as success, and what the client then gets.

use super::{assert_called_back, callback, completion, encode, put};
use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket, Reply, Wire};

#[test]
fn any_json_value_comes_through_byte_for_byte() {
    let bucket = Bucket::new();
    for body in [
        "{\"Status\":\"OK\"}",
        "{}",
        "[]",
        "\"OK\"",
        "5",
        "null",
        " {\n\t\"a\" : [1, 2.50, \"\\u4e2d中\"] } \r\n",
        &format!("{{\"long\":\"{}\"}}", "v".repeat(100_000)),
    ] {
        let application = Application::json(body);
        assert_called_back(&put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(), body);
    }
}

#[test]
fn the_type_is_ours_whatever_the_application_says() {
    let bucket = Bucket::new();
    for headers in [
        vec![],
        vec![("Content-Type", "text/html")],
        vec![("content-type", "application/json; charset=utf-8")],
    ] {
        let application = Application::always(Reply::new("200 OK", &headers, b"{}"));
        assert_called_back(&put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(), "{}");
    }
}

#[test]
fn put_object_keeps_its_headers() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    let answer = put(&bucket, "k", &callback(&application.url("/"), "a=b")).send();
    assert_called_back(&answer, "{\"Status\":\"OK\"}");
    assert_eq!(answer.spelled("ETag"), etag(b"Hello OSS!"));
    assert_eq!(answer.spelled("Content-MD5"), content_md5(b"Hello OSS!"));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS!"));
    assert_eq!(bucket.get("k"), b"Hello OSS!");
}

#[test]
fn complete_multipart_upload_answers_with_json_instead_of_xml() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let answer = completion(&bucket, "k").header("x-oss-callback", &value).send();
    assert_called_back(&answer, "{\"Status\":\"OK\"}");
    assert!(answer.spelled("ETag").ends_with("-1\""));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS!"));
    assert_eq!(answer.header("Content-MD5"), None);
}

#[test]
fn post_object_answers_so_whatever_its_success_action() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    for (name, value) in
        [("success_action_status", "201"), ("success_action_redirect", "http://a.com/"), ("x:none", "")]
    {
        let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
        let form = Form::new().field("key", "k").fields(policy.v1()).field(name, value);
        let form =
            form.field("callback", &encode(&callback(&application.url("/"), "a=b"))).file("f", "Hello OSS!");
        let answer = form.onto(bucket.root("POST", "")).send();
        assert_called_back(&answer, "{\"Status\":\"OK\"}");
        assert_eq!(answer.spelled("ETag"), etag(b"Hello OSS!"));
        assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS!"));
    }
}

#[test]
fn head_and_body_come_in_one_write() {
    // The Java SDK's suite reads once and compares.
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    let failing = Application::always(Reply::new("500 Oops", &[], b""));
    let mut wire = Wire::open(bucket.server.address());
    for _ in 0..20 {
        for application in [&application, &failing] {
            let answer = put(&bucket, "k", &callback(&application.url("/"), "a=b")).send_on(&mut wire);
            assert_eq!(answer.first_read, answer.head_length + answer.body.len(), "{answer:?}");
        }
    }
}

#[test]
fn an_answer_in_pieces_is_put_together() {
    let bucket = Bucket::new();
    let pause = || crate::harness::application::Step::Pause(std::time::Duration::from_millis(20));
    let write = |text: &str| crate::harness::application::Step::Write(text.as_bytes().to_vec());
    let reply = Reply::raw("HTTP/1.1 200").then(pause()).then(write(" OK\r\nContent-Le")).then(pause());
    let reply = reply.then(write("ngth: 15\r\n\r\n{\"Sta")).then(pause()).then(write("tus\":\"OK\"}"));
    let application = Application::always(reply);
    assert_called_back(
        &put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(),
        "{\"Status\":\"OK\"}",
    );
}

#[test]
fn http_1_0_and_interim_answers_are_understood() {
    let bucket = Bucket::new();
    for head in [
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    ] {
        let application = Application::always(Reply::raw(head).closing());
        assert_called_back(&put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(), "{}");
    }
}

#[test]
fn three_mebibytes_are_the_most() {
    let bucket = Bucket::new();
    let body = format!("\"{}\"", "v".repeat(3 * 1024 * 1024 - 2));
    let application = Application::json(&body);
    assert_called_back(&put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(), &body);
    let application = Application::json(&format!("{body} "));
    let answer = put(&bucket, "k", &callback(&application.url("/"), "a=b")).send();
    super::assert_failed(
        answer,
        "Error status : 400.User server return too long content-length value.",
        "0007-00000203",
    );
}
