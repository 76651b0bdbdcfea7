//! `GetObjectMeta`.

use crate::harness::checksum::{crc64, etag};
use crate::harness::{Bucket, Wire};

#[test]
fn tells_size_etag_and_time_only() {
    let bucket = Bucket::new();
    bucket
        .key("PUT", "k.txt")
        .header("x-oss-meta-a", "1")
        .header("Cache-Control", "no-cache")
        .body("Hello")
        .send()
        .expect(200);
    let whole = bucket.key("HEAD", "k.txt").send().expect(200);
    let meta = bucket.at("HEAD", "k.txt?objectMeta").send().expect(200);
    for name in ["ETag", "Content-Length", "Last-Modified", "x-oss-hash-crc64ecma"] {
        assert_eq!(meta.spelled(name), whole.spelled(name), "{name}");
    }
    assert_eq!(meta.must("Content-Length"), "5");
    assert_eq!(meta.must("ETag"), etag(b"Hello"));
    assert_eq!(meta.must("x-oss-hash-crc64ecma"), crc64(b"Hello"));
    for name in ["x-oss-meta-a", "Cache-Control", "Content-Type", "x-oss-object-type"] {
        assert_eq!(meta.header(name), None);
    }
}

#[test]
fn missing_objects() {
    let bucket = Bucket::new();
    bucket.at("HEAD", "k?objectMeta").send().expect_head_error(404, "NoSuchKey");
    bucket.at("HEAD", "k?objectMeta").anonymous().send().expect_head_error(403, "AccessDenied");
}

#[test]
fn by_get_the_size_comes_without_a_body_and_the_connection_ends() {
    // SDKs up to 2018 ask so, and read nothing but the head.
    let bucket = Bucket::new();
    bucket.put("k", vec![7; 300_000]);
    bucket.put("empty", "");
    let mut wire = Wire::open(bucket.server.address());
    wire.send(bucket.at("GET", "k?objectMeta").to_bytes());
    let answer = wire.answer_to("HEAD").unwrap().expect(200);
    assert_eq!((answer.must("Content-Length"), answer.must("Connection")), ("300000", "close"));
    assert_eq!(answer.must("ETag"), etag(&vec![7; 300_000]));
    assert!(wire.is_closed(), "nothing may follow the head");
    let answer = bucket.at("GET", "empty?objectMeta").send().expect(200);
    assert_eq!((answer.must("Content-Length"), answer.header("Connection")), ("0", None));
    bucket.at("GET", "missing?objectMeta").send().expect_error(404, "NoSuchKey");
}
