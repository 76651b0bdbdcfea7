//! `UploadPart`.

use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::{Answer, Bucket};

fn upload(bucket: &Bucket, id: &str, number: &str, content: &[u8]) -> Answer {
    bucket.key("PUT", "k").query("partNumber", number).query("uploadId", id).body(content).send()
}

#[test]
fn answers_like_put_object() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let answer = upload(&bucket, &id, "1", b"Hello").expect(200);
    assert_eq!(answer.spelled("ETag"), etag(b"Hello"));
    assert_eq!(answer.spelled("Content-MD5"), content_md5(b"Hello"));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello"));
    assert_eq!((answer.spelled("Content-Length"), answer.header("Content-Type")), ("0", None));
    bucket.assert_absent("k");
}

#[test]
fn a_later_part_of_the_number_replaces_the_earlier() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let old = bucket.part("k", &id, 3, b"old");
    let new = bucket.part("k", &id, 3, b"newer");
    let parts = bucket.key("GET", "k").query("uploadId", &id).send().expect(200);
    assert_eq!(parts.elements("Size"), ["5"]);
    bucket.complete("k", &id, &[(3, old)]).send().expect_error(400, "InvalidPart");
    bucket.complete("k", &id, &[(3, new)]).send().expect(200);
    assert_eq!(bucket.get("k"), b"newer");
}

#[test]
fn numbers() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    for number in ["0", "10001", "-1", "x", "", "1.5", "4294967297"] {
        let answer = upload(&bucket, &id, number, b"x").expect_error(400, "InvalidArgument");
        assert_eq!(answer.element("ArgumentName"), "partNumber");
    }
    for number in ["1", "10000"] {
        upload(&bucket, &id, number, b"x").expect(200);
    }
}

#[test]
fn uploads_that_are_none() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let told = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
                or completed.";
    for wrong in [
        "0123456789ABCDEF0123456789ABCDEF",
        "x",
        "",
        "../../etc/passwd",
        &id.to_lowercase(),
        &"A".repeat(4000),
    ] {
        if *wrong == id {
            continue;
        }
        let answer = upload(&bucket, wrong, "1", b"x").expect_error(404, "NoSuchUpload");
        assert_eq!(
            (answer.element("EC").as_str(), answer.element("Message").as_str()),
            ("0042-00000104", told)
        );
    }
    // An upload belongs to its key and its bucket.
    let other = bucket.key("PUT", "other").query("partNumber", "1").query("uploadId", &id).body("x").send();
    other.expect_error(404, "NoSuchUpload");
    upload(&Bucket::new(), &id, "1", b"x").expect_error(404, "NoSuchUpload");
    bucket.at("PUT", "k?partNumber=1").body("x").send().expect(404);
    bucket.assert_keys(&[]);
}

#[test]
fn a_wrong_md5_leaves_no_part() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let request = bucket.key("PUT", "k").query("partNumber", "1").query("uploadId", &id);
    request.header("Content-MD5", &content_md5(b"y")).body("x").send().expect_error(400, "InvalidDigest");
    assert!(bucket.key("GET", "k").query("uploadId", &id).send().expect(200).elements("Part").is_empty());
}

#[test]
fn ignores_callback_parameters_and_refuses_strangers() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let request = || bucket.key("PUT", "k").query("partNumber", "1").query("uploadId", &id).body("x");
    request().header("x-oss-callback", "not base64!").send().expect(200);
    request().anonymous().send().expect_error(403, "AccessDenied");
}
