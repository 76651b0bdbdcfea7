//! `UploadPart`.

use ossicle_protocol::Operation;

use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::{Answer, Bucket};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::UploadPart]).request(|world, draft| {
    let draft = draft.of_key("folder/parts").query("partNumber", "2").query("uploadId", world.upload());
    draft.body("new content")
});

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
    for number in ["0", "10001", "-1", "x", "1.5", "4294967297"] {
        let answer = upload(&bucket, &id, number, b"x").expect_error(400, "InvalidArgument");
        answer.with_ec("0017-00000220").with("ArgumentName", "PartNumber").with("ArgumentValue", number);
    }
    let answer = upload(&bucket, &id, "", b"x").expect_error(400, "InvalidArgument").with_ec("0017-00000219");
    answer.with("Message", "Unexpected query string parameter").with("ArgumentValue", "partNumber");
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

/// Begins an upload whose parts come in order.
fn sequential(bucket: &Bucket) -> String {
    bucket.at("POST", "k?uploads&sequential").send().expect(200).element("UploadId")
}

#[test]
fn parts_of_a_sequential_upload_come_in_order_and_once() {
    let bucket = Bucket::new();
    let id = sequential(&bucket);
    upload(&bucket, &id, "2", b"second").expect_error(400, "PartNotSequential");
    let first = upload(&bucket, &id, "1", b"first").expect(200);
    upload(&bucket, &id, "3", b"third").expect_error(400, "PartNotSequential");
    // The mobile SDKs read from this that the part has arrived already.
    let again = upload(&bucket, &id, "1", b"other").expect_error(409, "PartAlreadyExist");
    again.with("PartNumber", "1").with("PartEtag", first.must("ETag").trim_matches('"'));
    upload(&bucket, &id, "2", b"second").expect(200);
    bucket.put("source", "third");
    let source = format!("/{}/source", bucket.name);
    let copy = |number: &str| {
        let request = bucket.key("PUT", "k").query("partNumber", number).query("uploadId", &id);
        request.header("x-oss-copy-source", &source).send()
    };
    copy("4").expect_error(400, "PartNotSequential");
    copy("2").expect_error(409, "PartAlreadyExist");
    copy("3").expect(200);
    let parts = bucket.key("GET", "k").query("uploadId", &id).send().expect(200);
    assert_eq!(parts.elements("Size"), ["5", "6", "5"]);
}

#[test]
fn a_sequential_upload_makes_an_object_with_content_md5() {
    let bucket = Bucket::new();
    // Small and large parts, that end anywhere in a block of the hash.
    let contents = [vec![1; 102_400], vec![2; 3_000_001], vec![3; 102_463], b"end".to_vec()];
    let id = sequential(&bucket);
    let parts: Vec<_> = contents
        .iter()
        .zip(1..)
        .map(|(part, number)| (number, bucket.part("k", &id, number, part)))
        .collect();
    let gap = [parts[0].clone(), parts[2].clone()];
    bucket.complete("k", &id, &gap).send().expect_error(400, "PartNotSequential");
    let answer = bucket.complete("k", &id, &parts).send().expect(200);
    let whole = contents.concat();
    assert_eq!(answer.spelled("Content-MD5"), content_md5(&whole));
    assert!(answer.must("ETag").ends_with("-4\""));
    for method in ["GET", "HEAD"] {
        assert_eq!(bucket.key(method, "k").send().expect(200).must("Content-MD5"), content_md5(&whole));
    }
    assert!(bucket.get("k") == whole);
    // The first parts are enough, and none are enough for an empty object.
    let id = sequential(&bucket);
    let first = (1, bucket.part("k", &id, 1, b"first"));
    bucket.part("k", &id, 2, b"second");
    let answer = bucket.complete("k", &id, &[first]).send().expect(200);
    assert_eq!(answer.must("Content-MD5"), content_md5(b"first"));
    let answer = bucket.complete("k", &sequential(&bucket), &[]).send().expect(200);
    assert_eq!(answer.must("Content-MD5"), content_md5(b""));
}

#[test]
fn sizes_of_client_side_encryption_are_kept_to() {
    // EC pages 0005-00000406 to 0005-00000420 of the OSS manual.
    let bucket = Bucket::new();
    let name = |name: &str| format!("x-oss-meta-client-side-encryption-{name}");
    let begin = |headers: &[(&str, &str)]| {
        let request = bucket.at("POST", "k?uploads");
        headers.iter().fold(request, |request, (header, value)| request.header(&name(header), value)).send()
    };
    let keys = [("key", "k0"), ("start", "s0"), ("cek-alg", "AES/CTR/NoPadding"), ("wrap-alg", "RSA")];
    let with = |more: &[(&'static str, &'static str)]| begin(&[&keys[..], more].concat());
    let refused = |answer: Answer, ec: &str| drop(answer.expect_error(400, "InvalidArgument").with_ec(ec));
    refused(with(&[("part-size", "102400")]), "0005-00000406");
    refused(with(&[("data-size", "102500")]), "0005-00000407");
    refused(with(&[("data-size", "9x5.2"), ("part-size", "102400")]), "0005-00000408");
    refused(with(&[("data-size", "102500"), ("part-size", "9x5.2")]), "0005-00000409");
    let id = with(&[("data-size", "102500"), ("part-size", "102400")]).expect(200).element("UploadId");

    refused(upload(&bucket, &id, "1", &vec![1; 102_399]), "0005-00000419");
    refused(upload(&bucket, &id, "2", &[2; 99]), "0005-00000420");
    refused(upload(&bucket, &id, "3", &[3; 100]), "0005-00000420");
    let repeat = |header: &str, value: &str| {
        let request = bucket.key("PUT", "k").query("partNumber", "2").query("uploadId", &id);
        request.header(&name(header), value).body([2; 100]).send()
    };
    refused(repeat("start", "s1"), "0005-00000413");
    refused(repeat("part-size", "102401"), "0005-00000418");
    refused(repeat("data-size", "x"), "0005-00000408");
    bucket.put("source", [2; 101]);
    let copy = bucket.key("PUT", "k").query("partNumber", "2").query("uploadId", &id);
    refused(copy.header("x-oss-copy-source", &format!("/{}/source", bucket.name)).send(), "0005-00000420");

    let first = (1, upload(&bucket, &id, "1", &vec![1; 102_400]).expect(200).must("ETag").to_owned());
    let too_few = || bucket.complete("k", &id, std::slice::from_ref(&first));
    refused(too_few().send(), "0005-00000420");
    // An announced SHA-1 has the parts looked at before they are made an object.
    refused(too_few().header("x-oss-hash-sha1", &"0".repeat(40)).send(), "0005-00000420");
    let second = (2, repeat("start", "s0").expect(200).must("ETag").to_owned());
    let listed = bucket.key("GET", "k").query("uploadId", &id).send().expect(200);
    let told = ["Key", "Start", "CekAlg", "WrapAlg", "DataSize", "PartSize"]
        .map(|element| listed.element(&format!("ClientEncryption{element}")));
    assert_eq!(told, ["k0", "s0", "AES/CTR/NoPadding", "RSA", "102500", "102400"]);
    let third = (3, second.1.clone());
    refused(bucket.complete("k", &id, &[first.clone(), second.clone(), third]).send(), "0005-00000411");
    bucket.complete("k", &id, &[first, second]).send().expect(200);
    assert_eq!(bucket.key("HEAD", "k").send().must(&name("key")), "k0");
}
