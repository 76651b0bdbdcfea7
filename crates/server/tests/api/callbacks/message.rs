//! The request that the application server gets: its bytes, its signature, and the key that verifies it.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{callback, completion, encode, put};
use crate::harness::checksum::content_md5;
use crate::harness::server::folder;
use crate::harness::signing::root_key;
use crate::harness::{Application, Bucket, Setup, Wire};

#[test]
fn has_exactly_these_headers_in_this_spelling() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = json!({
        "callbackUrl": application.url("/call%20back/.././?a=%20b&c"),
        "callbackBody": "size=${size}",
        "additionalHeaders": {"key1": "val1", "X-Mixed-Case": "a b"},
    });
    let answer = put(&bucket, "k", &value).send().expect(200);
    let request = application.only();
    assert_eq!(request.line(), "POST /call%20back/.././?a=%20b&c HTTP/1.1");
    let key_url = format!("http://{}/callback_pub_key_v1.pem", bucket.server.console());
    let (host, length) = (application.address().to_string(), "7".to_owned());
    let expected = [
        ("Host", host),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
        ("Content-Length", length),
        ("Content-MD5", content_md5(b"size=10")),
        ("User-Agent", "aliyun-oss-callback".to_owned()),
        ("x-oss-pub-key-url", STANDARD.encode(key_url)),
        ("x-oss-bucket", bucket.name),
        ("x-oss-request-id", answer.must("x-oss-request-id").to_owned()),
        ("x-oss-requester", root_key().id),
        ("x-oss-owner", "1000000000000001".to_owned()),
        ("x-oss-signature-version", "1.0".to_owned()),
        ("x-oss-tag", "CALLBACK".to_owned()),
        ("key1", "val1".to_owned()),
        ("X-Mixed-Case", "a b".to_owned()),
    ];
    let headers = request.headers();
    for (name, value) in expected {
        assert!(headers.contains(&(name, value.as_str())), "{name}: {value} in\n{}", request.head);
    }
    assert!(
        headers.iter().any(|(name, value)| *name == "Date" && value.len() == 29 && value.ends_with(" GMT"))
    );
    assert!(headers.iter().any(|(name, _)| *name == "Authorization"));
    let mut names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "no header comes twice:\n{}", request.head);
    assert!(!request.has("Transfer-Encoding") && !request.has("Expect"));
    let order = |name: &str| headers.iter().position(|(candidate, _)| *candidate == name).unwrap();
    assert!(order("key1") > order("x-oss-tag"), "additional headers come last");
    assert_eq!(request.body, b"size=10");
}

#[test]
fn host_and_json_type() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = json!({
        "callbackUrl": application.url(""), "callbackBody": "{\"s\":${size}}",
        "callbackBodyType": "application/json", "callbackHost": "oss-cn-hangzhou.aliyuncs.com:8080",
    });
    put(&bucket, "k", &value).send().expect(200);
    let request = application.only();
    assert_eq!(request.header("Host"), "oss-cn-hangzhou.aliyuncs.com:8080");
    assert_eq!(request.header("Content-Type"), "application/json");
    assert_eq!(request.line(), "POST / HTTP/1.1", "an empty path is /");
}

#[test]
fn a_url_without_scheme_is_http() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let url = format!("{}/path?q", application.address());
    put(&bucket, "k", &callback(&url, "a=b")).send().expect(200);
    assert_eq!(application.only().target(), "/path?q");
}

#[test]
fn a_lone_question_mark_is_neither_sent_nor_signed() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let pem = bucket.server.public_key();
    // The Ruby SDK ends every callbackUrl with one; verifiers leave an empty query out.
    for (written, target) in [("/cb?", "/cb"), ("?", "/"), ("/cb?a=1?", "/cb?a=1?")] {
        put(&bucket, "k", &callback(&application.url(written), "a=b")).send().expect(200);
        let request = application.requests().pop().unwrap();
        assert_eq!(request.target(), target);
        assert!(request.is_signed_by(&pem), "{}", request.head);
    }
}

#[test]
fn the_signature_is_that_of_the_served_key() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let pem = bucket.server.public_key();
    let targets = ["/", "", "/a%20b+c/%E4%B8%AD%2F?q=%20+&r", "/?", "/%7e~%zz", "/a?b?c"];
    for target in targets {
        let body = "bucket=${bucket}&object=${object}";
        put(&bucket, "目录/k", &callback(&application.url(target), body)).send().expect(200);
        let request = application.requests().pop().unwrap();
        assert!(request.is_signed_by(&pem), "{}", request.head);
    }
    let value = encode(&callback(&application.url("/complete"), "a=b"));
    completion(&bucket, "k").header("x-oss-callback", &value).send().expect(200);
    let mut request = application.requests().pop().unwrap();
    assert!(request.is_signed_by(&pem));
    // Not a signature that fits everything.
    request.body.push(b'x');
    assert!(!request.is_signed_by(&pem));
}

#[test]
fn openssl_verifies_it_too() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    put(&bucket, "k", &callback(&application.url("/a%20b?c=%20"), "size=${size}")).send().expect(200);
    let request = application.only();
    let folder = tempfile::tempdir().unwrap();
    let (key, signature) = (folder.path().join("key.pem"), folder.path().join("signature"));
    std::fs::write(&key, bucket.server.public_key()).unwrap();
    std::fs::write(&signature, STANDARD.decode(request.header("Authorization")).unwrap()).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", "-md5", "-verify"]).arg(&key).arg("-signature").arg(&signature);
    let Ok(mut openssl) = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        eprintln!("openssl is not installed");
        return;
    };
    openssl.stdin.take().unwrap().write_all(b"/a b?c=%20\nsize=10").unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_key_of_the_clouds_name_is_served_by_host_on_the_api_port() {
    let url = "http://gosspublic.alicdn.com/callback_pub_key_v1.pem";
    let server = Arc::new(Setup::new().set("OSSICLE_CALLBACK_PUBLIC_KEY_URL", url).start());
    let (bucket, application) = (Bucket::on(&server), Application::json("{}"));
    put(&bucket, "k", &callback(&application.url("/"), "a=b")).send().expect(200);
    let request = application.only();
    assert_eq!(request.header("x-oss-pub-key-url"), STANDARD.encode(url));

    let fetch = |host: &str, target: &str| {
        let mut wire = Wire::open(server.address());
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        wire.answer()
    };
    for host in ["gosspublic.alicdn.com", "gosspublic.alicdn.com:80", "GOSSPUBLIC.alicdn.com"] {
        let answer = fetch(host, "/callback_pub_key_v1.pem").expect(200);
        assert!(answer.text().starts_with("-----BEGIN PUBLIC KEY-----"));
        assert_eq!(answer.text(), server.public_key());
        assert!(request.is_signed_by(answer.text()));
    }
    assert_ne!(fetch("gosspublic.alicdn.com", "/callback_pub_key_v2.pem").status, 200);
    assert_ne!(fetch(&server.address().to_string(), "/callback_pub_key_v1.pem").status, 200);
}

#[test]
fn connections_are_used_again() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    for _ in 0..5 {
        put(&bucket, "k", &callback(&application.url("/"), "a=b")).send().expect(200);
    }
    assert!(application.requests().iter().all(|request| request.connection == 0));
}

#[test]
fn a_pooled_connection_that_died_is_replaced() {
    let bucket = Bucket::new();
    let application = Application::always(crate::harness::Reply::json("{}").closing());
    for _ in 0..5 {
        put(&bucket, "k", &callback(&application.url("/"), "a=b")).send().expect(200);
    }
    assert_eq!(application.requests().len(), 5);
}

#[test]
fn every_answer_of_the_server_has_its_own_id_and_the_callback_has_it_too() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = callback(&application.url("/"), "id=${reqId}");
    let ids: Vec<String> =
        (0..3).map(|_| put(&bucket, "k", &value).send().must("x-oss-request-id").to_owned()).collect();
    for (request, id) in application.requests().iter().zip(&ids) {
        assert_eq!(
            (request.text(), request.header("x-oss-request-id")),
            (format!("id={id}").as_str(), id.as_str())
        );
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
}

#[test]
fn a_new_key_signs_while_the_old_one_stays_served() {
    let folder = folder();
    let data = folder.path().join("data");
    let server = Setup::new().data(&data).start();
    let old = server.public_key();
    let key = data.join("keys").join("callback_key_v1.pem");
    assert!(key.is_file(), "{}", key.display());
    drop(server);
    let new = ossicle_callback::SigningKey::generate_rsa_2048().unwrap();
    std::fs::write(key.with_file_name("callback_key_v2.pem"), new.to_pem().unwrap().as_bytes()).unwrap();

    let server = Arc::new(Setup::new().data(&data).start());
    let (bucket, application) = (Bucket::on(&server), Application::json("{}"));
    put(&bucket, "k", &callback(&application.url("/"), "a=b")).send().expect(200);
    let request = application.only();
    let url = format!("http://{}/callback_pub_key_v2.pem", server.console());
    assert_eq!(request.header("x-oss-pub-key-url"), STANDARD.encode(url));
    assert!(request.is_signed_by(&new.public_pem().unwrap()));
    assert!(!request.is_signed_by(&old));
    assert_eq!(server.public_key(), old);
    let mut wire = Wire::open(server.console());
    wire.send(format!("GET /callback_pub_key_v2.pem HTTP/1.1\r\nHost: {}\r\n\r\n", server.console()));
    assert_eq!(wire.answer().expect(200).text(), new.public_pem().unwrap());
}

#[test]
fn an_anonymous_upload_may_call_back() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    bucket.set_acl("public-read-write");
    put(&bucket, "k", &callback(&application.url("/"), "a=b")).anonymous().send().expect(200);
    let request = application.only();
    assert!(!request.header("x-oss-requester").is_empty());
    assert_eq!(request.header("x-oss-owner"), "1000000000000001");
}
