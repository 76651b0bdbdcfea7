//! Errors before the upload: 400 `InvalidArgument` with the right detail code, and nothing stored.

use serde_json::json;

use super::{callback, encode, encode_text};
use crate::harness::checksum::content_md5;
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket};

const URL: &str = "http://127.0.0.1:9/";

struct Refused {
    value: String,
    ec: &'static str,
    message: &'static str,
    argument: &'static str,
    shown: Option<String>,
}

/// A row whose value is JSON, which the answer shows.
fn row(json: &str, ec: &'static str, message: &'static str) -> Refused {
    Refused { value: encode_text(json), ec, message, argument: "callback", shown: Some(json.to_owned()) }
}

/// A callback with one more field.
fn with(field: &str, value: &str) -> String {
    format!("{{\"callbackUrl\":\"{URL}\",\"callbackBody\":\"a\",\"{field}\":{value}}}")
}

fn rows() -> Vec<Refused> {
    let not_base64 = "The callback configuration is not base64 encoded.";
    let not_json = "The callback configuration is not json format.";
    let bad_url = "The callback url configuration is invalid.";
    let base64 = |value: &str| Refused {
        value: value.to_owned(),
        ec: "0007-00000002",
        message: not_base64,
        argument: "callback",
        shown: Some(value.to_owned()),
    };
    let url = |url: &str| format!("{{\"callbackUrl\":{url},\"callbackBody\":\"a=b\"}}");
    let template = |body: &str, argument: &'static str, message: &'static str| Refused {
        value: encode(&callback(URL, body)),
        ec: "0007-00000105",
        message,
        argument,
        shown: Some(body.to_owned()),
    };
    let brace = "Left brace must be adjacent to dollar sign.";
    let six = ["http://a.com"; 6].join(";");
    let mut rows = vec![
        base64("error argument"),
        base64("e30="[..3].to_owned().as_str()).replaced("e3 0="),
        base64("@@@@"),
        base64("e30=e30="),
        row("error argument", "0007-00000003", not_json),
        row("[]", "0007-00000003", not_json),
        row("\"text\"", "0007-00000003", not_json),
        row("{\"callbackUrl\":", "0007-00000003", not_json),
        row(&url("5"), "0007-00000004", bad_url),
        row(&url("[\"http://a.com\"]"), "0007-00000004", bad_url),
        row(&url("\"my\""), "0007-00000004", bad_url),
        row(&url("\"my.com:test\""), "0007-00000004", bad_url),
        row(&url("\"ftp://a.com/\""), "0007-00000004", bad_url),
        row(&url("\"http://a.com:99999/\""), "0007-00000004", bad_url),
        row(&url("\"http://[::1]:80/\""), "0007-00000004", bad_url),
        row(&url(&format!("\"{six}\"")), "0007-00000005", "The number of callback url exceed max value."),
        row(
            "{\"callbackUrl\":\"http://a.com\",\"callbackBody\":5}",
            "0007-00000010",
            "The callback body is invalid.",
        ),
        row(
            "{\"callbackUrl\":\"http://a.com\",\"callbackBody\":\"\"}",
            "0007-00000011",
            "The callback body is empty.",
        ),
        row("{\"callbackUrl\":\"http://a.com\"}", "0007-00000011", "The callback body is empty."),
        row(
            &with("callbackBodyType", "\"text/plain\""),
            "0007-00000012",
            "The body type of callback is not supported.",
        ),
        row(&with("callbackHost", "5"), "0007-00000009", "The callback host configuration is invalid."),
    ];
    rows.extend(refused_headers());
    rows.extend([
        template("a=$x", "ReplaceKeyPrefix", brace),
        template("a=$(object)", "ReplaceKeyPrefix", brace),
        template("a=$ {size}", "ReplaceKeyPrefix", brace),
        template("price $5", "ReplaceKeyPrefix", brace),
    ]);
    rows
}

/// `additionalHeaders` that may not be sent.
fn refused_headers() -> Vec<Refused> {
    let many: Vec<String> = (0..33).map(|index| format!("\"h{index}\":\"v\"")).collect();
    let many = format!("{{{}}}", many.join(","));
    [
        "5",
        "[]",
        "\"a\"",
        "{\"x-oss-a\":\"b\"}",
        "{\"X-Oss-A\":\"b\"}",
        "{\"a\":5}",
        "{\"a b\":\"c\"}",
        "{\"x-ossicle-attempt\":\"9\"}",
        "{\"x_oss_tag\":\"CALLBACK\"}",
        "{\"Content-Encoding\":\"gzip\"}",
        "{\"Keep-Alive\":\"timeout=1\"}",
        "{\"a\":\"b\\r\\nc: d\"}",
        &many,
    ]
    .into_iter()
    .map(|headers| {
        let value = with("additionalHeaders", headers);
        row(&value, "0007-00000026", "The additional headers of callback are invalid.")
    })
    .collect()
}

impl Refused {
    fn replaced(mut self, value: &str) -> Self {
        self.value = value.to_owned();
        self.shown = Some(value.to_owned());
        self
    }
}

#[test]
fn every_mistake_in_callback() {
    let bucket = Bucket::new();
    let upload = bucket.initiate("k");
    let part = bucket.part("k", &upload, 1, b"x");
    for Refused { value, ec, message, argument, shown } in rows() {
        let requests = [
            bucket.key("PUT", "k").header("x-oss-callback", &value).body("x"),
            bucket.key("PUT", "k").query("callback", &value).body("x"),
            bucket.complete("k", &upload, &[(1, part.clone())]).header("x-oss-callback", &value),
            bucket.complete("k", &upload, &[(1, part.clone())]).query("callback", &value),
        ];
        for request in requests {
            let answer = request.send().expect_error(400, "InvalidArgument").with_ec(ec);
            assert_eq!(answer.element("Message"), message);
            assert_eq!(answer.element("ArgumentName"), argument);
            if let Some(shown) = &shown {
                assert_eq!(answer.element("ArgumentValue"), *shown);
            }
        }
        bucket.assert_absent("k");
    }
    // The upload is as it was.
    bucket.complete("k", &upload, &[(1, part)]).send().expect(200);
}

#[test]
fn every_mistake_in_a_form() {
    let bucket = Bucket::new();
    for Refused { value, ec, message, argument, .. } in rows() {
        let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
        let form = Form::new().field("key", "k").fields(policy.v4()).field("callback", &value).file("f", "x");
        let answer =
            form.onto(bucket.root("POST", "")).send().expect_error(400, "InvalidArgument").with_ec(ec);
        assert_eq!(
            (answer.element("Message").as_str(), answer.element("ArgumentName").as_str()),
            (message, argument)
        );
        bucket.assert_absent("k");
    }
}

#[test]
fn templates_with_other_mistakes() {
    let bucket = Bucket::new();
    for body in [
        "a=${",
        "a=${size",
        "a=${}",
        "a=${nothing}",
        "a=${Size}",
        "a=${ size }",
        "${imageInfo}",
        "${x}",
        "${size}$",
    ] {
        let value = encode(&callback(URL, body));
        let answer = bucket.key("PUT", "k").header("x-oss-callback", &value).body("x").send();
        let answer = answer.expect_error(400, "InvalidArgument").with_ec("0007-00000105");
        assert_eq!(answer.element("ArgumentValue"), body);
        bucket.assert_absent("k");
    }
}

#[test]
fn the_detail_names_what_is_wrong() {
    let bucket = Bucket::new();
    let long = "a".repeat(3000) + "&price=$5&size=${size}";
    let headers = with("additionalHeaders", "{\"good\":\"1\",\"x_bad\":\"2\"}");
    let rows = [
        (encode_text("{\"callbackUrl\":\"a.com\","), "EOF while parsing a value at line 1 column 23"),
        ("e30=@".to_owned(), "Invalid symbol 64, offset 4."),
        (encode(&callback("http://a.com;b", "a")), "b: a host without a scheme needs a dot or a port"),
        (encode_text(&with("callbackHost", "\"a b\"")), "callbackHost: a b"),
        (encode_text(&with("callbackBodyType", "\"text/plain\"")), "callbackBodyType: text/plain"),
        (encode_text(&with("callbackSNI", "\"yes\"")), "callbackSNI: \"yes\""),
        (encode_text(&with("callbackHost", "5")), "callbackHost is no string: 5"),
        (encode_text(&headers), "a header may not be added: x_bad"),
        // What is wrong stands behind what the answer shows of the template.
        (encode(&callback(URL, &long)), "$5&size=${size}"),
    ];
    for (value, detail) in rows {
        let answer = bucket.key("PUT", "k").header("x-oss-callback", &value).body("x").send();
        assert_eq!(answer.expect_error(400, "InvalidArgument").element("ErrorDetail"), detail);
        bucket.assert_absent("k");
    }
}

#[test]
fn every_mistake_in_callback_var() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let rows = [
        ("error argument".to_owned(), "0007-00000102"),
        ("@@@@".to_owned(), "0007-00000102"),
        (encode_text("error argument"), "0007-00000103"),
        (encode_text("[]"), "0007-00000103"),
        (encode_text("\"x:a\""), "0007-00000103"),
        (encode_text("{\"x:a\":\"b\""), "0007-00000103"),
        (encode_text("{\"x:a\":5}"), "0007-00000105"),
        (encode_text("{\"x:a\":{}}"), "0007-00000105"),
        (encode_text(&format!("{{\"x:a\":\"{}\"}}", "v".repeat(5000))), "0007-00000101"),
    ];
    for (variables, ec) in rows {
        for request in [
            bucket.key("PUT", "k").header("x-oss-callback-var", &variables),
            bucket.key("PUT", "k").query("callback-var", &variables),
        ] {
            let answer = request.header("x-oss-callback", &value).body("x").send();
            answer.expect_error(400, "InvalidArgument").with_ec(ec).with("ArgumentName", "callback-var");
            bucket.assert_absent("k");
        }
    }
    assert!(application.requests().is_empty());
}

#[test]
fn five_kibibytes_of_base64_and_not_a_byte_more() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    // 3840 bytes make 5120 characters.
    let sized = |length: usize| {
        let empty = callback(&application.url("/"), "").to_string().len();
        encode(&callback(&application.url("/"), &"b".repeat(length - empty)))
    };
    let (fits, exceeds) = (sized(3840), sized(3841));
    assert_eq!((fits.len(), exceeds.len()), (5120, 5124));
    for request in [
        bucket.key("PUT", "k").header("x-oss-callback", &exceeds),
        bucket.key("PUT", "k").query("callback", &exceeds),
    ] {
        let answer = request.body("x").send().expect_error(400, "InvalidArgument").with_ec("0007-00000001");
        assert_eq!(answer.element("Message"), "The length of callback exceed max value.");
        bucket.assert_absent("k");
    }
    bucket.key("PUT", "k").header("x-oss-callback", &fits).body("x").send().expect(200);
    // OSS's error pages name the form fields beside the header and the query parameter.
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form = |callback: &str, variables: &str| {
        let form = Form::new().field("key", "form").fields(policy.v1());
        let form = form.field("callback", callback).field("callback-var", variables).file("f", "x");
        form.onto(bucket.root("POST", "")).send()
    };
    form(&exceeds, "").expect_error(400, "InvalidArgument").with_ec("0007-00000001");
    form(&fits, &"A".repeat(5121)).expect_error(400, "InvalidArgument").with_ec("0007-00000101");
    bucket.assert_absent("form");
    form(&fits, "").expect(200);
    assert_eq!(application.requests().len(), 2);
}

#[test]
fn a_body_that_variables_make_too_long() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form = |count: usize| {
        let value = encode(&callback(&application.url("/"), &"${x:a}".repeat(count)));
        let form = Form::new().field("key", "k").fields(policy.v1()).field("callback", &value);
        form.field("x:a", &"v".repeat(1024 * 1024)).file("f", "x").onto(bucket.root("POST", "")).send()
    };
    form(600)
        .expect_error(400, "InvalidArgument")
        .with_ec("0007-00000105")
        .with("ArgumentName", "callbackBody");
    bucket.assert_absent("k");
    form(1).expect(200);
    assert_eq!(application.only().body.len(), 1024 * 1024);
}

#[test]
fn refused_before_the_body_is_asked_for() {
    let bucket = Bucket::new();
    let mut wire = crate::harness::Wire::open(bucket.server.address());
    let request =
        bucket.key("PUT", "k").header("x-oss-callback", "@@@").header("Expect", "100-continue").body("x");
    wire.send(request.head());
    wire.answer().expect_error(400, "InvalidArgument");
    bucket.assert_absent("k");
}

#[test]
fn other_refusals_call_nobody() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let put = || bucket.key("PUT", "k").header("x-oss-callback", &value).body("x");
    put().header("Content-MD5", &content_md5(b"y")).send().expect_error(400, "InvalidDigest");
    put().anonymous().send().expect_error(403, "AccessDenied");
    put().key("nobody", "x").send().expect_error(403, "InvalidAccessKeyId");
    let other = put().header("x-oss-server-side-encryption", "DES").send();
    other.expect_error(400, "InvalidEncryptionAlgorithmError");
    bucket.put("k", "old");
    put().header("x-oss-forbid-overwrite", "true").send().expect_error(409, "FileAlreadyExists");
    let request =
        bucket.complete("k", "0123456789ABCDEF0123456789ABCDEF", &[]).header("x-oss-callback", &value);
    request.send().expect_error(404, "NoSuchUpload");
    assert_eq!(bucket.get("k"), b"old");
    assert!(application.requests().is_empty());
}

#[test]
fn unknown_members_and_nulls_are_ignored() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = json!({
        "callbackUrl": application.url("/"), "callbackBody": "a=b", "callbackHost": null, "callbackBodyType": null,
        "callbackSNI": null, "additionalHeaders": null, "signature": [1, 2], "callbackPolicy": null,
    });
    super::assert_called_back(&super::put(&bucket, "k", &value).send(), "{}");
}
