//! `GetObjectMeta`.

use crate::harness::Bucket;
use crate::harness::checksum::{crc64, etag};

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
