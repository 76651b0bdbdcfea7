//! Where the parameters come from: headers, query, presigned URLs; and where they are ignored.

use serde_json::json;

use super::{TEMPLATE, assert_called_back, callback, completion, encode, encode_text, put};
use crate::harness::request::Auth;
use crate::harness::{Application, Bucket};

const ANSWER: &str = "{\"Status\":\"OK\"}";
const EXPECTED: &str =
    "&object=k&etag=69A71D2CFE6BEE0CE11D57EF8C29D5AA&size=10&mimeType=application%2Foctet-stream&my_var=v";

#[test]
fn headers() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let variables = encode(&json!({"x:var": "v"}));
    for auth in [Auth::HeaderV1, Auth::HeaderV4] {
        let request = put(&bucket, "k", &callback(&application.url("/"), TEMPLATE)).auth(auth);
        assert_called_back(&request.header("x-oss-callback-var", &variables).send(), ANSWER);
    }
    let etag = crate::harness::checksum::md5_hex(b"Hello OSS!");
    let expected = EXPECTED.replace("69A71D2CFE6BEE0CE11D57EF8C29D5AA", &etag);
    for request in application.requests() {
        assert_eq!(request.text(), format!("bucket={}{expected}", bucket.name));
    }
    assert_eq!(application.requests().len(), 2);
}

#[test]
fn query_of_a_signed_request_and_of_a_presigned_one() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = encode(&callback(&application.url("/"), "var=${x:var}"));
    let variables = encode(&json!({"x:var": "from the query"}));
    for auth in [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV1, Auth::UrlV4] {
        let request = bucket.key("PUT", "k").query("callback", &value).query("callback-var", &variables);
        assert_called_back(&request.auth(auth).body("Hello OSS!").send(), ANSWER);
    }
    // The V2 SDKs presign the header's names as query parameters.
    let request =
        bucket.key("PUT", "k").query("x-oss-callback", &value).query("x-oss-callback-var", &variables);
    assert_called_back(&request.auth(Auth::UrlV4).body("Hello OSS!").send(), ANSWER);
    // Headers may be presigned as well.
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let request =
            bucket.key("PUT", "k").header("x-oss-callback", &value).header("x-oss-callback-var", &variables);
        assert_called_back(&request.auth(auth).body("Hello OSS!").send(), ANSWER);
    }
    let requests = application.requests();
    assert_eq!(requests.len(), 7);
    assert!(requests.iter().all(|request| request.text() == "var=from%20the%20query"), "{requests:?}");
}

#[test]
fn a_presigned_callback_cannot_be_taken_out_or_changed() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let other = encode(&callback(&application.url("/other"), "a=b"));
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let url = bucket.key("PUT", "k").query("callback", &value).auth(auth).url();
        let target = url.split_once(&bucket.server.address().to_string()).unwrap().1.to_owned();
        let changed = [
            target.replace(
                &crate::harness::signing::encode(&value, false),
                &crate::harness::signing::encode(&other, false),
            ),
            target.replace(&format!("callback={}", crate::harness::signing::encode(&value, false)), "a=b"),
        ];
        for target in changed {
            let answer = bucket.server.request("PUT", &target).anonymous().body("x").send();
            answer.expect_error(403, "SignatureDoesNotMatch");
        }
    }
    assert!(application.requests().is_empty());
    bucket.assert_absent("k");
}

#[test]
fn complete_multipart_upload() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = encode(&callback(&application.url("/"), TEMPLATE));
    let variables = encode(&json!({"x:var": "v"}));
    let answers = [
        completion(&bucket, "k")
            .header("x-oss-callback", &value)
            .header("x-oss-callback-var", &variables)
            .send(),
        completion(&bucket, "k").query("callback", &value).query("callback-var", &variables).send(),
        completion(&bucket, "k")
            .query("callback", &value)
            .query("callback-var", &variables)
            .auth(Auth::UrlV1)
            .send(),
        completion(&bucket, "k")
            .query("callback", &value)
            .query("callback-var", &variables)
            .auth(Auth::UrlV4)
            .send(),
    ];
    for answer in &answers {
        assert_called_back(answer, ANSWER);
    }
    for (request, answer) in application.requests().iter().zip(&answers) {
        let etag = answer.must("ETag").trim_matches('"').to_owned();
        assert!(etag.ends_with("-1"), "{etag}");
        assert!(request.text().contains(&format!("&etag={etag}&size=10&")), "{}", request.text());
    }
    assert_eq!(application.requests().len(), 4);
}

#[test]
fn complete_all_with_a_callback() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let upload = bucket.initiate("k");
    bucket.part("k", &upload, 1, b"Hello OSS!");
    let request = bucket.key("POST", "k").query("uploadId", &upload).header("x-oss-complete-all", "yes");
    let request = request.header("x-oss-callback", &encode(&callback(&application.url("/"), "size=${size}")));
    assert_called_back(&request.send(), ANSWER);
    assert_eq!(application.only().text(), "size=10");
}

#[test]
fn both_header_and_query_is_a_contradiction() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let variables = encode(&json!({"x:var": "v"}));
    let upload = bucket.initiate("k");
    let part = bucket.part("k", &upload, 1, b"x");
    let requests = || [bucket.key("PUT", "k").body("x"), bucket.complete("k", &upload, &[(1, part.clone())])];
    for request in requests() {
        let answer = request.header("x-oss-callback", &value).query("callback", &value).send();
        let answer = answer.expect_error(400, "InvalidArgument").with_ec("0007-00000027");
        let answer = answer.with("ArgumentName", "callback").with("ArgumentValue", &value);
        assert_eq!(
            answer.element("Message"),
            "Either the callback query string parameter or the x-oss-callback header should be specified, not both."
        );
    }
    for request in requests() {
        let request = request.header("x-oss-callback", &value);
        let answer =
            request.header("x-oss-callback-var", &variables).query("callback-var", &variables).send();
        let answer = answer.expect_error(400, "InvalidArgument").with_ec("0007-00000028");
        answer.with("ArgumentName", "callback-var").with("ArgumentValue", &variables);
    }
    // One in a header and the other in the query do not contradict each other.
    bucket.assert_absent("k");
    let request = bucket.key("PUT", "k").header("x-oss-callback", &value).query("callback-var", &variables);
    assert_called_back(&request.body("x").send(), ANSWER);
    assert_eq!(application.requests().len(), 1);
}

#[test]
fn no_url_means_no_callback() {
    let bucket = Bucket::new();
    for json in [
        "{}",
        "{\"callbackUrl\":\"\",\"callbackBody\":\"a\"}",
        "{\"callbackBody\":\"a\"}",
        "{\"callbackUrl\":null}",
    ] {
        let answer =
            bucket.key("PUT", "k").header("x-oss-callback", &encode_text(json)).body("x").send().expect(200);
        assert!(answer.body.is_empty() && answer.header("Content-Type").is_none(), "{json}");
    }
    // Nor do variables alone make one.
    let variables = encode(&json!({"x:var": "v"}));
    let answer = bucket.key("PUT", "k").header("x-oss-callback-var", &variables).body("x").send().expect(200);
    assert!(answer.body.is_empty());
}

#[test]
fn values_as_clients_spell_them() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let url = application.url("/?q=ÿÿ>>>???");
    let url = url.replace("ÿÿ", "%FF");
    let plain = format!("{{\"callbackUrl\":\"{url}\",\"callbackBody\":\"a=${{x:键值1}}~~~???\"}}");
    let escaped = plain.replace('/', "\\/").replace('键', "\\u952e");
    let spellings = [
        encode_text(&plain),
        encode_text(&escaped),
        // Go's encoder ends with a line feed, Java's templates with a space.
        encode_text(&format!("{plain}\n")),
        encode_text(&format!(" {plain} ")),
        encode_text(&plain).trim_end_matches('=').to_owned(),
        encode_text(&plain).replace('+', "-").replace('/', "_"),
    ];
    let variables = encode_text("{\"x:键值1\":\"值\" ,\"plain\":\"ignored\"} ");
    for value in &spellings {
        let request =
            bucket.key("PUT", "k").header("x-oss-callback", value).header("x-oss-callback-var", &variables);
        assert_called_back(&request.body("x").send(), ANSWER);
    }
    assert_eq!(application.requests().len(), spellings.len());
    assert!(application.requests().iter().all(|request| request.text() == "a=%E5%80%BC~~~???"));
}

#[test]
fn an_empty_callback_var_is_absent() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = callback(&application.url("/"), "a=${x:var}");
    assert_called_back(&put(&bucket, "k", &value).header("x-oss-callback-var", "").send(), ANSWER);
    assert_called_back(&put(&bucket, "k", &value).query("callback-var", "").send(), ANSWER);
    assert_eq!(application.requests()[1].text(), "a=");
}

#[test]
fn other_operations_ignore_the_parameters() {
    let (bucket, application) = (Bucket::new(), Application::json(ANSWER));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let upload = bucket.initiate("parts");
    bucket.put("source", "x");
    let source = format!("/{}/source", bucket.name);
    let requests = [
        bucket.at("POST", "appended?append&position=0").body("x"),
        bucket.key("PUT", "copy").header("x-oss-copy-source", &source),
        bucket.at("POST", "parts?uploads"),
        bucket.at("PUT", &format!("parts?partNumber=1&uploadId={upload}")).body("x"),
        bucket
            .at("PUT", &format!("parts?partNumber=2&uploadId={upload}"))
            .header("x-oss-copy-source", &source),
        bucket.key("GET", "source"),
        bucket.key("DELETE", "source"),
    ];
    for request in requests {
        for value in [value.as_str(), "!not base64!"] {
            let answer = request.clone().header("x-oss-callback", value).send();
            let repeated = answer.status == 409 || answer.status == 404;
            assert!(matches!(answer.status, 200 | 204) || repeated, "{answer:?}");
            assert_ne!(answer.header("Content-Type"), Some("application/json"));
        }
    }
    assert!(application.requests().is_empty());
}
