//! `GetBucketVersioning`.

use crate::harness::Bucket;

#[test]
fn has_no_status() {
    // As OSS answers for a bucket whose versioning was never set (C++ SDK, BucketVersioningTest).
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?versioning").send().expect(200);
    assert_eq!(answer.element("VersioningConfiguration"), "");
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    bucket.root("GET", "?versioning").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?versioning").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn setting_it_is_refused_rather_than_ignored() {
    let bucket = Bucket::new();
    let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    bucket.root("PUT", "?versioning").body(body).send().expect_error(501, "NotImplemented");
    assert_eq!(bucket.root("GET", "?versioning").send().element("VersioningConfiguration"), "");
}
