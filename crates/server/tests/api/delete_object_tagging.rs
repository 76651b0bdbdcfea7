//! `DeleteObjectTagging`.

use super::put_object_tagging::tags;
use crate::harness::Bucket;

#[test]
fn removes_the_tags_and_nothing_else() {
    let bucket = Bucket::new();
    bucket.key("PUT", "k").header("x-oss-tagging", "a=1").header("x-oss-meta-a", "1").body("x").send();
    bucket.at("DELETE", "k?tagging").send().expect(204);
    assert!(tags(&bucket, "k").is_empty());
    let head = bucket.key("HEAD", "k").send().expect(200);
    assert_eq!((head.header("x-oss-tagging-count"), head.must("x-oss-meta-a")), (None, "1"));
    bucket.at("DELETE", "k?tagging").send().expect(204);
    assert_eq!(bucket.get("k"), b"x");
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.key("PUT", "k").header("x-oss-tagging", "a=1").body("x").send().expect(200);
    bucket.at("DELETE", "missing?tagging").send().expect_error(404, "NoSuchKey");
    bucket.at("DELETE", "k?tagging").anonymous().send().expect_error(403, "AccessDenied");
    assert_eq!(tags(&bucket, "k"), ["a=1"]);
}
