//! `HeadObject`.

use crate::harness::checksum::{crc64, etag};
use crate::harness::{Bucket, Wire};

#[test]
fn has_the_headers_of_get_and_no_body() {
    let bucket = Bucket::new();
    bucket.key("PUT", "k.png").header("x-oss-meta-a", "1").body("Hello").send().expect(200);
    let get = bucket.key("GET", "k.png").send().expect(200);
    let mut wire = Wire::open(bucket.server.address());
    let head = bucket.key("HEAD", "k.png").send_on(&mut wire).expect(200);
    let varying = ["x-oss-request-id", "x-oss-server-time", "Date"];
    let kept = |headers: &[(String, String)]| -> Vec<(String, String)> {
        let mut kept: Vec<_> =
            headers.iter().filter(|(name, _)| !varying.contains(&name.as_str())).cloned().collect();
        kept.sort();
        kept
    };
    assert_eq!(kept(&head.headers), kept(&get.headers));
    assert_eq!(head.must("Content-Length"), "5");
    assert_eq!(
        (head.must("ETag"), head.must("x-oss-hash-crc64ecma")),
        (etag(b"Hello").as_str(), crc64(b"Hello").as_str())
    );
    // Nothing was sent after the head.
    bucket.key("GET", "k.png").send_on(&mut wire).expect(200);
}

#[test]
fn errors_travel_in_headers() {
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    let answer = bucket.key("HEAD", "missing").send_on(&mut wire).expect_head_error(404, "NoSuchKey");
    assert_eq!(answer.spelled("x-oss-ec"), "0026-00000001");
    answer.spelled("x-oss-err");
    bucket.key("HEAD", "missing").anonymous().send_on(&mut wire).expect_head_error(403, "AccessDenied");
    Bucket::unmade().key("HEAD", "k").send().expect_head_error(404, "NoSuchBucket");
}

#[test]
fn ignores_a_range() {
    let bucket = Bucket::new();
    bucket.put("k", "Hello");
    let answer = bucket.key("HEAD", "k").header("Range", "bytes=0-1").send();
    assert!(matches!(answer.status, 200 | 206), "{answer:?}");
}

#[test]
fn tells_the_kind_of_object() {
    let bucket = Bucket::new();
    bucket.put("normal", "x");
    bucket.at("POST", "appended?append&position=0").body("x").send().expect(200);
    let upload = bucket.initiate("parts");
    let part = bucket.part("parts", &upload, 1, b"x");
    bucket.complete("parts", &upload, &[(1, part)]).send().expect(200);
    for (key, kind, position) in
        [("normal", "Normal", None), ("appended", "Appendable", Some("1")), ("parts", "Multipart", None)]
    {
        let answer = bucket.key("HEAD", key).send().expect(200);
        assert_eq!(answer.must("x-oss-object-type"), kind);
        assert_eq!(answer.header("x-oss-next-append-position"), position);
    }
}
