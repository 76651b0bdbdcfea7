//! `PostObject`: uploads by HTML forms. Callbacks of forms are in `callbacks/`.

mod bounds;

use ossicle_protocol::{Operation, Timestamp};

use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::form::{Form, Policy};
use crate::harness::request::now;
use crate::harness::signing::root_key;
use crate::harness::{Answer, Bucket, Wire};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PostObject]).request(|world, draft| {
    let bucket = format!("{{\"bucket\":\"{}\"}}", world.name());
    let fields = Policy::new().condition(&bucket).v1();
    let draft = draft.anonymous().field("key", "posted");
    fields.iter().fold(draft, |draft, (name, value)| draft.field(name, value))
});

/// A policy that says nothing but which bucket.
fn any(bucket: &Bucket) -> Policy {
    Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name))
}

fn signed(bucket: &Bucket) -> Form {
    Form::new().fields(any(bucket).v4())
}

fn post(bucket: &Bucket, form: Form) -> Answer {
    form.onto(bucket.root("POST", "")).send()
}

#[test]
fn stores_the_file_and_answers_204() {
    let bucket = Bucket::new();
    for fields in [any(&bucket).v1(), any(&bucket).v4()] {
        let form = Form::new().field("key", "dir/a.txt").fields(fields).field("x-oss-meta-a", "1");
        let answer = post(&bucket, form.file("local.txt", "Hello")).expect(204);
        assert_eq!(answer.spelled("ETag"), etag(b"Hello"));
        assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello"));
        assert_eq!(answer.spelled("Content-MD5"), content_md5(b"Hello"));
        assert_eq!(bucket.get("dir/a.txt"), b"Hello");
        let head = bucket.key("HEAD", "dir/a.txt").send();
        assert_eq!((head.must("x-oss-meta-a"), head.must("x-oss-object-type")), ("1", "Normal"));
        bucket.key("DELETE", "dir/a.txt").send().expect(204);
    }
}

#[test]
fn success_actions() {
    let bucket = Bucket::new();
    let with = |name: &str, value: &str| {
        post(&bucket, signed(&bucket).field("key", "目录/k&1").field(name, value).file("f", "Hello"))
    };
    let answer = with("success_action_status", "200").expect(200);
    assert_eq!((answer.spelled("Content-Length"), answer.header("Content-Type")), ("0", None));
    let answer = with("success_action_status", "201").expect(201);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let told = ["Bucket", "Key", "ETag"].map(|name| answer.element(name));
    assert_eq!(told, [bucket.name.clone(), "目录/k&1".to_owned(), etag(b"Hello")]);
    assert!(answer.element("Location").ends_with("/%E7%9B%AE%E5%BD%95/k%261"), "{answer:?}");
    for other in ["204", "302", "500", "", "x"] {
        with("success_action_status", other).expect(204);
    }
    let answer = with("success_action_redirect", "http://example.com/done?a=b").expect(303);
    let location = answer.spelled("Location");
    let expected =
        format!("http://example.com/done?a=b&bucket={}&key=%E7%9B%AE%E5%BD%95%2Fk%261&etag=%22", bucket.name);
    assert!(location.starts_with(&expected), "{location}");
    // Neither field may end a header.
    let answer = with("success_action_redirect", "http://example.com/\r\nx-evil: 1");
    assert!(answer.header("x-evil").is_none() && answer.status < 500);
}

#[test]
fn the_file_name_in_the_key() {
    let bucket = Bucket::new();
    let rows = [
        ("${filename}", "a.txt", "a.txt"),
        ("up/${filename}", "图片.png", "up/图片.png"),
        ("up/${filename}/${filename}", "b", "up/b/b"),
        // Browsers of old sent whole paths.
        ("${filename}", "C:\\Users\\me\\c.txt", "c.txt"),
        ("${filename}", "/home/me/d.txt", "d.txt"),
        ("${filename}", "../../e.txt", "e.txt"),
        ("${other}", "f", "${other}"),
    ];
    for (key, name, expected) in rows {
        post(&bucket, signed(&bucket).field("key", key).file(name, "x")).expect(204);
        assert_eq!(bucket.get(expected), b"x", "{key} {name}");
        bucket.key("DELETE", expected).send().expect(204);
    }
    bucket.assert_keys(&[]);
}

#[test]
fn the_content_type_of_the_file_and_what_replaces_it() {
    let bucket = Bucket::new();
    let check = |form: Form, expected: &str| {
        post(&bucket, form).expect(204);
        assert_eq!(bucket.key("HEAD", "k.png").send().must("Content-Type"), expected);
    };
    // The manual, PostObject: x-oss-content-type, then the type of the file's part, then Content-Type.
    let form = || signed(&bucket).field("key", "k.png");
    let untyped = "Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx";
    check(form().typed_file("f", "image/webp", "x"), "image/webp");
    check(form().field("Content-Type", "image/gif").typed_file("f", "image/webp", "x"), "image/webp");
    check(form().field("Content-Type", "image/gif").raw(untyped), "image/gif");
    check(
        form().field("x-oss-content-type", "image/bmp").field("content-type", "image/gif").file("f", "x"),
        "image/bmp",
    );
    check(form().field("x-oss-content-type", "").typed_file("f", "image/webp", "x"), "image/webp");
    check(form().raw(untyped), "image/png");
}

#[test]
fn fields_that_cannot_become_headers_are_refused() {
    let bucket = Bucket::new();
    for (name, value) in [
        ("Cache-Control", "no-cache\r\nx-evil: 1"),
        ("x-oss-meta-a", "a\nb"),
        ("x-oss-meta-a b", "1"),
        ("x-oss-content-type", "text/plain\r\n"),
    ] {
        post(&bucket, signed(&bucket).field("key", "k").field(name, value).file("f", "x"))
            .expect_error(400, "InvalidArgument");
    }
    bucket.assert_keys(&[]);
}

#[test]
fn fields_become_headers_whatever_their_case() {
    let bucket = Bucket::new();
    let form = Form::new().field("KEY", "k").fields(any(&bucket).v4()).field("Cache-Control", "no-cache");
    let form = form
        .field("X-OSS-META-Name", "v")
        .field("x-oss-object-acl", "public-read")
        .field("content-disposition", "inline");
    post(&bucket, form.file("f", "x")).expect(204);
    let head = bucket.key("HEAD", "k").anonymous().send().expect(200);
    let told =
        ["Cache-Control", "x-oss-meta-name", "Content-Disposition"].map(|name| head.must(name).to_owned());
    assert_eq!(told, ["no-cache", "v", "inline"]);
}

#[test]
fn conditions_of_every_kind() {
    let bucket = Bucket::new();
    let check = |condition: &str, field: (&str, &str), allowed: bool| {
        for v4 in [false, true] {
            let policy = any(&bucket).condition(condition);
            let fields = if v4 { policy.v4() } else { policy.v1() };
            let form = if field.0 == "key" { Form::new() } else { Form::new().field("key", "k") };
            let head = "Content-Disposition: form-data; name=\"file\"\r\n\r\n";
            let form = form.field(field.0, field.1).fields(fields).raw(head.to_owned() + "0123456789");
            let answer = post(&bucket, form);
            if allowed {
                answer.expect(204);
            } else {
                let answer = answer.expect_error(403, "AccessDenied");
                let message = answer.element("Message");
                assert!(
                    message.starts_with("Invalid according to Policy: Policy Condition failed: "),
                    "{message}"
                );
                bucket.assert_keys(&[]);
            }
            bucket.key("DELETE", "k").send().expect(204);
            bucket.key("DELETE", "user/eric/a").send().expect(204);
            bucket.key("DELETE", "x").send().expect(204);
        }
    };
    check("{\"key\":\"k\"}", ("a", "b"), true);
    check("{\"key\":\"K\"}", ("a", "b"), false);
    check("{\"Key\":\"k\"}", ("a", "b"), true);
    check("[\"eq\",\"$key\",\"k\"]", ("a", "b"), true);
    check("[\"eq\",\"$key\",\"other\"]", ("a", "b"), false);
    check("[\"eq\",\"$x-oss-meta-a\",\"1\"]", ("x-oss-meta-a", "1"), true);
    check("[\"eq\",\"$x-oss-meta-a\",\"1\"]", ("x-oss-meta-b", "1"), false);
    check("[\"starts-with\",\"$key\",\"user/eric/\"]", ("key", "user/eric/a"), true);
    check("[\"starts-with\",\"$key\",\"user/eric/\"]", ("key", "x"), false);
    check("[\"starts-with\",\"$key\",\"\"]", ("key", "x"), true);
    check("[\"starts-with\",\"$Content-Type\",\"image/\"]", ("Content-Type", "image/png"), true);
    check("[\"starts-with\",\"$Content-Type\",\"image/\"]", ("Content-Type", "text/html"), false);
    check("[\"in\",\"$content-type\",[\"image/png\",\"image/gif\"]]", ("Content-Type", "image/gif"), true);
    check("[\"in\",\"$content-type\",[\"image/png\",\"image/gif\"]]", ("Content-Type", "image/webp"), false);
    check("[\"not-in\",\"$cache-control\",[\"no-cache\"]]", ("Cache-Control", "max-age=1"), true);
    check("[\"not-in\",\"$cache-control\",[\"no-cache\"]]", ("Cache-Control", "no-cache"), false);
    check("[\"content-length-range\",10,10]", ("a", "b"), true);
    check("{\"bucket\":\"another-bucket\"}", ("a", "b"), false);
    check("{\"success_action_status\":\"200\"}", ("a", "b"), false);
    check("[\"eq\",\"$x:var\",\"v\"]", ("x:var", "v"), true);
    check("[\"eq\",\"$x:var\",\"v\"]", ("x:var", "w"), false);
    check("[\"eq\",\"$callback\",\"e30=\"]", ("callback", "e30="), true);
    check("[\"eq\",\"$callback\",\"e30=\"]", ("a", "b"), false);
}

/// Posts a form under a policy with this condition, and checks whether it was let in.
#[track_caller]
fn judge(bucket: &Bucket, condition: &str, form: Form, header: Option<(&str, &str)>, allowed: bool) {
    let form = form.fields(any(bucket).condition(condition).v4());
    let request = form.raw(UNTYPED).onto(bucket.root("POST", ""));
    let answer =
        header.into_iter().fold(request, |request, (name, value)| request.header(name, value)).send();
    if allowed {
        answer.expect(204);
    } else {
        answer.expect_error(403, "AccessDenied");
        bucket.assert_keys(&[]);
    }
}

const UNTYPED: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n\r\nx";

#[test]
fn a_policy_judges_the_content_type_that_is_stored() {
    let bucket = Bucket::new();
    let image = "[\"starts-with\",\"$content-type\",\"image/\"]";
    let no_page = "[\"not-in\",\"$Content-Type\",[\"text/html\"]]";
    let check = |condition: &str, key: &str, fields: &[(&str, &str)], part: Option<&str>, allowed: bool| {
        let form = Form::new().field("key", key).fields(any(&bucket).condition(condition).v1());
        let form = fields.iter().fold(form, |form, (name, value)| form.field(name, value));
        let form = match part {
            Some(content_type) => form.typed_file("f", content_type, "x"),
            None => form.raw(UNTYPED),
        };
        let answer = post(&bucket, form);
        if allowed {
            answer.expect(204);
        } else {
            answer.expect_error(403, "AccessDenied");
            bucket.assert_keys(&[]);
        }
        bucket.key("DELETE", key).send().expect(204);
    };
    let (typed, preferred) = ("Content-Type", "x-oss-content-type");
    check(image, "k", &[(typed, "image/png"), (preferred, "text/html")], Some("image/png"), false);
    check(image, "k", &[(typed, "image/png")], Some("text/html"), false);
    check(image, "k", &[(typed, "text/html")], Some("image/png"), true);
    check(image, "k", &[(typed, "text/html"), (preferred, "image/png")], Some("text/html"), true);
    check(image, "k", &[(typed, "image/png")], None, true);
    check(image, "k", &[(typed, "text/html")], None, false);
    // Without any type the key decides what is stored.
    check(image, "k.png", &[], None, true);
    check(image, "k", &[], None, false);
    check(no_page, "k.html", &[], None, false);
    check(no_page, "k.html", &[(preferred, "text/plain")], None, true);
    check(no_page, "k", &[(preferred, "text/html")], Some("text/plain"), false);
}

#[test]
fn headers_of_a_form_upload_do_not_escape_the_policy() {
    let bucket = Bucket::new();
    let form = || Form::new().field("key", "k");
    let private = "{\"x-oss-object-acl\":\"private\"}";
    let not_public = "[\"not-in\",\"$x-oss-object-acl\",[\"public-read\",\"public-read-write\"]]";
    let acl = |value| Some(("x-oss-object-acl", value));
    let stored_acl = || {
        let answer = bucket.key("GET", "k").send().expect(200);
        drop(answer);
        let grant = bucket.at("GET", "k?acl").send().expect(200).element("Grant");
        bucket.key("DELETE", "k").send().expect(204);
        grant
    };
    judge(&bucket, not_public, form(), acl("public-read"), false);
    judge(&bucket, private, form(), acl("public-read"), false);
    judge(&bucket, private, form(), None, false);
    judge(&bucket, private, form().field("X-Oss-Object-Acl", "public-read"), acl("private"), false);
    judge(&bucket, private, form(), acl("private"), true);
    assert_eq!(stored_acl(), "private");
    judge(&bucket, private, form().field("x-oss-object-acl", "private"), acl("public-read"), true);
    assert_eq!(stored_acl(), "private");
    judge(&bucket, not_public, form().field("x-oss-object-acl", ""), acl("public-read"), false);
    judge(&bucket, not_public, form().field("x-oss-object-acl", ""), acl("private"), true);
    assert_eq!(stored_acl(), "private");

    let protects = "{\"x-oss-forbid-overwrite\":\"true\"}";
    let overwrite = |value| Some(("x-oss-forbid-overwrite", value));
    judge(&bucket, protects, form(), overwrite("false"), false);
    judge(&bucket, protects, form().field("x-oss-forbid-overwrite", "false"), overwrite("true"), false);
    judge(&bucket, protects, form().field("x-oss-forbid-overwrite", "true"), overwrite("false"), true);
    let again = form().fields(any(&bucket).condition(protects).v4()).file("f", "y");
    again
        .onto(bucket.root("POST", ""))
        .header("x-oss-forbid-overwrite", "true")
        .send()
        .expect_error(409, "FileAlreadyExists");
}

#[test]
fn the_content_md5_of_a_form_is_that_of_its_body() {
    let bucket = Bucket::new();
    let form = || signed(&bucket).field("key", "k").file("f", "Hello").field("late", &"x".repeat(300_000));
    let send = |md5: &str| form().onto(bucket.root("POST", "")).header("Content-MD5", md5).send();
    // The manual, PostObject, InvalidDigest: the header is compared with the body.
    send(&content_md5(b"Hello")).expect_error(400, "InvalidDigest");
    send("rubbish").expect_error(400, "InvalidDigest");
    bucket.assert_keys(&[]);
    send(&content_md5(&form().bytes())).expect(204);
    bucket.assert_keys(&["k"]);
    send("").expect(204);
}

#[test]
fn a_policy_judges_a_traffic_limit_wherever_it_stands() {
    let bucket = Bucket::new();
    let slow = "{\"x-oss-traffic-limit\":\"819200\"}";
    let form = || Form::new().field("key", "k");
    let limit = |value| Some(("x-oss-traffic-limit", value));
    judge(&bucket, slow, form(), None, false);
    judge(&bucket, slow, form(), limit("838860800"), false);
    judge(&bucket, slow, form(), limit("819200"), true);
    judge(&bucket, slow, form().field("x-oss-traffic-limit", "819200"), None, true);
}

#[test]
fn a_policy_judges_the_key_before_the_file_name_is_filled_in() {
    let bucket = Bucket::new();
    let form = || Form::new().field("key", "up/${filename}");
    judge(&bucket, "[\"starts-with\",\"$key\",\"up/f\"]", form(), None, false);
    judge(&bucket, "[\"eq\",\"$key\",\"up/f.txt\"]", form(), None, false);
    judge(&bucket, "[\"eq\",\"$key\",\"up/\\\\${filename}\"]", form(), None, true);
    judge(&bucket, "[\"starts-with\",\"$key\",\"up/\"]", form(), None, true);
    bucket.assert_keys(&["up/f.txt"]);
}

#[test]
fn a_file_before_the_key_is_told_as_such() {
    let bucket = Bucket::new();
    let message = "The bucket POST must contain the specified 'key'. If it is specified, please check the order of the \
                   fields";
    let first = Form::new().file("f", "x").field("key", "k").fields(any(&bucket).v4());
    for form in [first, signed(&bucket).file("f", "x"), Form::new().file("f", "x")] {
        post(&bucket, form)
            .expect_error(400, "InvalidArgument")
            .with("Message", message)
            .with("ArgumentName", "key");
    }
    bucket.assert_keys(&[]);
}

#[test]
fn lengths() {
    let bucket = Bucket::new();
    for (range, code) in [("11,20", "EntityTooSmall"), ("0,9", "EntityTooLarge")] {
        let policy = any(&bucket).condition(&format!("[\"content-length-range\",{range}]"));
        let answer = post(&bucket, Form::new().field("key", "k").fields(policy.v4()).file("f", "0123456789"));
        answer.expect_error(400, code);
    }
    // A file that is much longer is not taken in to its end.
    let policy = any(&bucket).condition("[\"content-length-range\",0,1000]");
    let form = Form::new().field("key", "k").fields(policy.v4()).file("f", vec![7; 5_000_000]);
    post(&bucket, form).expect_error(400, "EntityTooLarge");
    bucket.assert_keys(&[]);
}

#[test]
fn policies_that_do_not_hold_or_cannot_be_read() {
    let bucket = Bucket::new();
    let check = |fields: Vec<(String, String)>, status: u16, code: &str| {
        let answer = post(&bucket, Form::new().field("key", "k").fields(fields).file("f", "x"));
        let answer = answer.expect_error(status, code);
        bucket.assert_keys(&[]);
        answer
    };
    let past = Timestamp::from_unix_millis(now().unix_millis() - 1000);
    let answer = check(any(&bucket).expiring(past).v4(), 403, "AccessDenied");
    assert_eq!(answer.element("Message"), "Invalid according to Policy: Policy expired.");
    check(any(&bucket).expiring(past).v1(), 403, "AccessDenied");
    for condition in [
        "5",
        "[]",
        "[\"eq\",\"$key\"]",
        "[\"like\",\"$key\",\"k\"]",
        "{}",
        "{\"a\":\"b\",\"c\":\"d\"}",
        "{\"a\":5}",
        "[\"content-length-range\",5,1]",
        "{",
    ] {
        check(any(&bucket).condition(condition).v4(), 400, "InvalidPolicyDocument");
    }
    check(Policy::new().v4(), 400, "InvalidPolicyDocument");
    let answer =
        check(any(&bucket).condition("{\"a\":\"b\",\"c\":\"d\"}").v4(), 400, "InvalidPolicyDocument");
    assert_eq!(answer.element("ErrorDetail"), "{\"a\":\"b\",\"c\":\"d\"}");
    let with_policy = |policy: &str| {
        let fields = any(&bucket).v1();
        let signature = crate::harness::signing::v1_of(&root_key(), policy.as_bytes());
        fields
            .into_iter()
            .map(|(name, value)| match name.as_str() {
                "policy" => (name, policy.to_owned()),
                "Signature" => (name, signature.clone()),
                _ => (name, value),
            })
            .collect::<Vec<_>>()
    };
    for policy in ["@@@", "e30=", "W10=", "eyJleHBpcmF0aW9uIjoieWVzdGVyZGF5IiwiY29uZGl0aW9ucyI6W3t9XX0="] {
        check(with_policy(policy), 400, "InvalidPolicyDocument");
    }
}

#[test]
fn signatures() {
    let bucket = Bucket::new();
    let check = |fields: Vec<(String, String)>, status: u16, code: &str| {
        post(&bucket, Form::new().field("key", "k").fields(fields).file("f", "x")).expect_error(status, code);
        bucket.assert_keys(&[]);
    };
    let wrong_secret = || any(&bucket).key("TestAccessKeyId", "wrong");
    let unknown = || any(&bucket).key("nobody", "x");
    check(wrong_secret().v1(), 403, "SignatureDoesNotMatch");
    check(wrong_secret().v4(), 403, "SignatureDoesNotMatch");
    check(unknown().v1(), 403, "InvalidAccessKeyId");
    check(unknown().v4(), 403, "InvalidAccessKeyId");
    check(any(&bucket).region("cn-shanghai").v4(), 400, "InvalidArgument");
    for missing in ["OSSAccessKeyId", "policy", "Signature"] {
        let fields = any(&bucket).v1().into_iter().filter(|(name, _)| name != missing).collect();
        check(fields, 400, "InvalidArgument");
    }
    for missing in ["policy", "x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-signature"]
    {
        let fields = any(&bucket).v4().into_iter().filter(|(name, _)| name != missing).collect();
        check(fields, 400, "InvalidArgument");
    }
    check(vec![], 403, "AccessDenied");
    let mut token = any(&bucket).v4();
    token.push(("x-oss-security-token".to_owned(), "bogus".to_owned()));
    check(token, 403, "InvalidAccessKeyId");
    // Some clients send an empty one.
    let mut token = any(&bucket).v1();
    token.push(("x-oss-security-token".to_owned(), String::new()));
    post(&bucket, Form::new().field("key", "k").fields(token).file("f", "x")).expect(204);
}

#[test]
fn without_a_signature_the_bucket_must_be_open() {
    let bucket = Bucket::new();
    let form = || Form::new().field("key", "k").file("f", "x");
    for acl in ["private", "public-read"] {
        bucket.set_acl(acl);
        post(&bucket, form()).expect_error(403, "AccessDenied");
    }
    bucket.set_acl("public-read-write");
    post(&bucket, form()).expect(204);
    post(&Bucket::unmade(), form()).expect_error(404, "NoSuchBucket");
}

#[test]
fn overwriting_and_checksums() {
    let bucket = Bucket::new();
    let form =
        |name: &str, value: &str| signed(&bucket).field("key", "k").field(name, value).file("f", "Hello");
    post(&bucket, form("Content-MD5", &content_md5(b"other"))).expect_error(400, "InvalidDigest");
    bucket.assert_keys(&[]);
    post(&bucket, form("content-md5", &content_md5(b"Hello"))).expect(204);
    post(&bucket, form("x-oss-forbid-overwrite", "true")).expect_error(409, "FileAlreadyExists");
    post(&bucket, form("x-oss-forbid-overwrite", "maybe")).expect_error(400, "InvalidArgument");
    post(&bucket, form("x-oss-forbid-overwrite", "false")).expect(204);
    let request = form("a", "b").onto(bucket.root("POST", "")).header("x-oss-forbid-overwrite", "true");
    request.send().expect_error(409, "FileAlreadyExists");
    post(&bucket, form("x-oss-server-side-encryption-customer-key", "x")).expect_error(501, "NotImplemented");
}

#[test]
fn forms_that_are_none() {
    let bucket = Bucket::new();
    let request = |content_type: &str, body: &[u8]| {
        bucket.root("POST", "").anonymous().header("Content-Type", content_type).body(body).send()
    };
    let whole = signed(&bucket).field("key", "k").file("f", "x").bytes();
    let boundary = "multipart/form-data; boundary=9431149156168";
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
        "multipart/form-data",
        "multipart/mixed; boundary=9431149156168",
    ] {
        request(content_type, &whole).expect_error(400, "RequestIsNotMultiPartContent");
    }
    let without = signed(&bucket).field("key", "k").bytes();
    request(boundary, &without)
        .expect_error(400, "IncorrectNumberOfFilesInPOSTRequest")
        .with_ec("0006-00000104");
    for broken in [
        &whole[..whole.len() / 2],
        b"",
        b"--9431149156168",
        b"not a form at all",
        b"--other\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--other--\r\n",
    ] {
        request(boundary, broken).expect_error(400, "MalformedPOSTRequest").with_ec("0006-00000104");
    }
    // What is missing counts even when everything else has been admitted.
    let cut = whole.len() - "\r\n--9431149156168--\r\n".len();
    request(boundary, &whole[..cut]).expect_error(400, "MalformedPOSTRequest").with_ec("0006-00000104");
    for head in ["no headers", "Content-Type: text/plain", "Content-Disposition: form-data"] {
        let body = format!("--9431149156168\r\n{head}\r\n\r\nx\r\n--9431149156168--\r\n");
        request(boundary, body.as_bytes()).expect_error(400, "MalformedPOSTRequest").with_ec("0006-00000109");
    }
    post(&bucket, signed(&bucket).file("f", "x"))
        .expect_error(400, "InvalidArgument")
        .with("ArgumentName", "key");
    for key in ["", "/a", "\\a", "a\0b", &"k".repeat(1024)] {
        post(&bucket, signed(&bucket).field("key", key).file("f", "x"))
            .expect_error(400, "InvalidObjectName");
    }
    let not_utf8 = [b"Content-Disposition: form-data; name=\"key\"\r\n\r\n".as_slice(), b"\xff\xfe"].concat();
    post(&bucket, signed(&bucket).raw(not_utf8).file("f", "x")).expect_error(400, "InvalidArgument");
    bucket.assert_keys(&[]);
}

#[test]
fn forms_that_are_too_long() {
    let bucket = Bucket::new();
    let form = || signed(&bucket).field("key", "k");
    post(&bucket, form().field(&"n".repeat(8 * 1024 + 1), "v").file("f", "x"))
        .expect_error(400, "FieldItemTooLong")
        .with_ec("0006-00000110");
    // The commonest cause: a file that is not named `file`.
    post(&bucket, form().field("upload", &"v".repeat(2 * 1024 * 1024 + 1)).file("f", "x"))
        .expect_error(400, "FieldItemTooLong")
        .with_ec("0006-00000111")
        .with("ArgumentName", "upload")
        .with("MaxSizeAllowed", "2097152");
    let many = |count: usize| {
        let value = "v".repeat(1_400_000);
        (0..count).fold(form(), |form, _| form.field("a", &value)).file("f", "x")
    };
    post(&bucket, many(6))
        .expect_error(400, "MaxPOSTPreDataLengthExceededError")
        .with_ec("0006-00000112")
        .with("MaxSizeAllowed", "8388608");
    let fields = (0..1001).fold(form(), |form, _| form.field("a", ""));
    post(&bucket, fields.file("f", "x")).expect_error(400, "MaxPOSTPreDataLengthExceededError");
    bucket.assert_keys(&[]);
    post(&bucket, many(5)).expect(204);
}

#[test]
fn what_follows_the_file_does_not_count() {
    let bucket = Bucket::new();
    let form = signed(&bucket).field("key", "k").file("f", "first").field("x-oss-meta-late", "1");
    post(&bucket, form).expect(204);
    assert_eq!(bucket.key("HEAD", "k").send().header("x-oss-meta-late"), None);
    assert_eq!(bucket.get("k"), b"first");
}

#[test]
fn large_files_and_files_that_look_like_boundaries() {
    let bucket = Bucket::new();
    let mut content = b"\r\n--9431149156167\r\n--943114915616\r\n\r\n--".to_vec();
    content.extend((0..3_000_000_u32).map(|index| (index % 255) as u8));
    content.extend(b"\r\n--943");
    let answer = post(&bucket, signed(&bucket).field("key", "k").file("f", &content)).expect(204);
    assert_eq!(answer.must("ETag"), etag(&content));
    assert!(bucket.get("k") == content);
}

#[test]
fn virtual_hosts_and_expect() {
    let bucket = Bucket::new();
    let host = format!("{}.localhost", bucket.name);
    let form = signed(&bucket).field("key", "k").field("success_action_status", "201").file("f", "x");
    let request = form.onto(bucket.server.request("POST", "/").host_of(&bucket.name, &host));
    let answer = request.clone().send().expect(201);
    assert_eq!(answer.element("Location"), format!("http://{host}/k"));
    let mut wire = Wire::open(bucket.server.address());
    let bytes = request.header("Expect", "100-continue").to_bytes();
    let end = crate::harness::wire::find(&bytes, b"\r\n\r\n").unwrap() + 4;
    wire.send(&bytes[..end]);
    assert_eq!(wire.answer().status, 100);
    wire.send(&bytes[end..]);
    wire.answer().expect(201);
}

#[test]
fn a_form_of_any_pieces() {
    let bucket = Bucket::new();
    let request = signed(&bucket).field("key", "k").file("f", "Hello").onto(bucket.root("POST", ""));
    let mut wire = Wire::open(bucket.server.address());
    for byte in request.to_bytes() {
        wire.send([byte]);
    }
    wire.answer().expect(204);
    assert_eq!(bucket.get("k"), b"Hello");
}

#[test]
fn the_error_of_a_huge_policy_is_short() {
    let bucket = Bucket::new();
    // Everything but the last of these is longer than any answer.
    let policy = "&amp<\"".repeat(2 * 1024 * 1024 / 6);
    let long = |name: &str, value: &str| {
        let fields =
            [("key", "k"), ("OSSAccessKeyId", &root_key().id), ("Signature", "x"), ("policy", "e30=")];
        let fields = fields.map(|(field, usual)| {
            (field.to_owned(), if field == name { value.to_owned() } else { usual.to_owned() })
        });
        post(&bucket, Form::new().fields(fields.to_vec()).file("f", "x"))
    };
    let answer = long("policy", &policy).expect_error(403, "SignatureDoesNotMatch");
    assert!(answer.body.len() <= 48 * 1024, "{}", answer.body.len());
    assert!(answer.element("StringToSign").starts_with("&amp<\"&amp"), "{answer:?}");
    assert!(answer.element("StringToSign").ends_with("..."), "{answer:?}");
    assert!(answer.element("StringToSignBytes").starts_with("26 61 6D 70 3C 22 26"), "{answer:?}");
    for name in ["Signature", "OSSAccessKeyId", "key"] {
        let answer = long(name, &policy);
        assert!(answer.body.len() <= 8 * 1024, "{name} {}", answer.body.len());
        assert!(answer.status == 403 || answer.status == 400, "{answer:?}");
    }
    bucket.assert_keys(&[]);
}

#[test]
fn what_is_stored_or_repeated_in_headers_has_a_bound() {
    let bucket = Bucket::new();
    for name in ["success_action_redirect", "Content-Type", "Content-Disposition", "Cache-Control", "Expires"]
    {
        let form = |length| signed(&bucket).field("key", "k").field(name, &"x".repeat(length)).raw(UNTYPED);
        let answer = post(&bucket, form(8 * 1024 + 1)).expect_error(400, "InvalidArgument");
        assert!(answer.element("ArgumentName").eq_ignore_ascii_case(name), "{answer:?}");
        bucket.assert_absent("k");
        let status = post(&bucket, form(8 * 1024)).status;
        assert!(matches!(status, 204 | 303), "{name} {status}");
        bucket.key("DELETE", "k").send().expect(204);
    }
}
