//! `HeadBucket`.

use crate::harness::Bucket;

#[test]
fn tells_the_region() {
    let bucket = Bucket::new();
    let answer = bucket.root("HEAD", "").send().expect(200);
    assert_eq!(answer.spelled("x-oss-bucket-region"), "oss-cn-hangzhou");
    assert!(answer.body.is_empty());
}

#[test]
fn errors_travel_in_headers() {
    Bucket::unmade().root("HEAD", "").send().expect_head_error(404, "NoSuchBucket");
    let bucket = Bucket::new();
    bucket.root("HEAD", "").anonymous().send().expect_head_error(403, "AccessDenied");
    bucket.set_acl("public-read");
    bucket.root("HEAD", "").anonymous().send().expect(200);
}
