//! `InitiateMultipartUpload`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::InitiateMultipartUpload]).request(|_, draft| draft.of_key("begun"));

#[test]
fn answers_with_an_id_and_no_checksums() {
    let bucket = Bucket::new();
    let answer = bucket.at("POST", "a%2Fb.txt?uploads").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    assert_eq!(
        (answer.element("Bucket"), answer.element("Key")),
        (bucket.name.clone(), "a/b.txt".to_owned())
    );
    let id = answer.element("UploadId");
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')), "{id}");
    for name in ["ETag", "Content-MD5", "x-oss-hash-crc64ecma"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    // Nothing is there yet, and a second upload of the key is another one.
    bucket.assert_absent("a/b.txt");
    assert_ne!(bucket.initiate("a/b.txt"), id);
}

#[test]
fn encodes_the_key_on_demand() {
    let bucket = Bucket::new();
    let answer = bucket
        .key("POST", "a b/\u{1}中")
        .query("uploads", "")
        .query("encoding-type", "url")
        .send()
        .expect(200);
    assert_eq!(
        (answer.element("EncodingType").as_str(), answer.element("Key").as_str()),
        ("url", "a%20b%2F%01%E4%B8%AD")
    );
    bucket.at("POST", "k?uploads&encoding-type=x").send().expect_error(400, "InvalidArgument");
}

#[test]
fn its_attributes_become_the_objects() {
    let bucket = Bucket::new();
    let request =
        bucket.at("POST", "k.png?uploads").header("x-oss-meta-a", "1").header("Cache-Control", "no-cache");
    let upload = request.header("x-oss-object-acl", "public-read").send().expect(200).element("UploadId");
    let part = bucket.part("k.png", &upload, 1, b"x");
    bucket.complete("k.png", &upload, &[(1, part)]).send().expect(200);
    let head = bucket.key("HEAD", "k.png").anonymous().send().expect(200);
    let told = ["x-oss-meta-a", "Cache-Control", "Content-Type"].map(|name| head.must(name).to_owned());
    assert_eq!(told, ["1", "no-cache", "image/png"]);
}

#[test]
fn dates_are_no_condition_of_an_upload_that_begins() {
    // Go SDK V1, OssBucketMultipartSuite.TestMultipartNegative.
    let bucket = Bucket::new();
    let begin = |name: &str, value: &str| bucket.at("POST", "k?uploads").header(name, value).send();
    for name in ["If-Modified-Since", "If-Unmodified-Since"] {
        begin(name, "Mon, 04 Nov 2047 21:13:12 GMT").expect(200);
    }
    for name in ["If-Match", "If-None-Match"] {
        begin(name, "*").expect_error(501, "NotImplemented");
    }
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.put("taken", "x");
    let request = bucket.at("POST", "taken?uploads").header("x-oss-forbid-overwrite", "true");
    request.send().expect_error(409, "FileAlreadyExists");
    bucket
        .at("POST", "k?uploads")
        .header("x-oss-server-side-encryption", "DES")
        .send()
        .expect_error(400, "InvalidEncryptionAlgorithmError");
    bucket.at("POST", "k?uploads").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().at("POST", "k?uploads").send().expect_error(404, "NoSuchBucket");
    assert!(bucket.root("GET", "?uploads").send().elements("UploadId").is_empty());
}

#[test]
fn ignores_callback_parameters() {
    // The C SDK sends them with every step of an upload.
    let bucket = Bucket::new();
    bucket.at("POST", "k?uploads").header("x-oss-callback", "not base64!").send().expect(200);
}
