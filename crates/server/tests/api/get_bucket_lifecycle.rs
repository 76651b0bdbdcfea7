//! `GetBucketLifecycle`; what it returns is in `put_bucket_lifecycle.rs`.

use crate::harness::Bucket;

#[test]
fn errors() {
    let bucket = Bucket::new();
    let none = bucket.root("GET", "?lifecycle").send().expect_error(404, "NoSuchLifecycle");
    assert_eq!(none.element("Message"), "No Row found in Lifecycle Table.");
    assert_eq!(none.element("BucketName"), bucket.name);
    bucket.root("GET", "?lifecycle").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?lifecycle").send().expect_error(404, "NoSuchBucket");
}
