//! `GetBucketCallbackPolicy`.

use crate::harness::Bucket;
use crate::put_bucket_callback_policy::{POLICY, QUERIES};

#[test]
fn returns_the_document_as_it_was_given() {
    let bucket = Bucket::new();
    bucket.root("PUT", QUERIES[0]).body(POLICY).send().expect(200);
    for query in QUERIES {
        let answer = bucket.root("GET", query).send().expect(200);
        assert_eq!((answer.text(), answer.spelled("Content-Type")), (POLICY, "application/xml"));
    }
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", QUERIES[0]).send().expect_error(404, "BucketCallbackPolicyNotExist");
    assert_eq!(answer.element("BucketName"), bucket.name);
    bucket.root("GET", QUERIES[0]).anonymous().send().expect_error(403, "AccessDenied");
}
