//! `DeleteBucketCallbackPolicy`.

use crate::harness::Bucket;
use crate::put_bucket_callback_policy::{POLICY, QUERIES};

#[test]
fn takes_the_policies_away() {
    let bucket = Bucket::new();
    bucket.root("PUT", QUERIES[0]).body(POLICY).send().expect(200);
    bucket.root("DELETE", QUERIES[0]).anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("GET", QUERIES[0]).send().expect(200);
    for query in QUERIES {
        bucket.root("DELETE", query).send().expect(204);
        bucket.root("GET", query).send().expect_error(404, "BucketCallbackPolicyNotExist");
    }
    Bucket::unmade().root("DELETE", QUERIES[0]).send().expect_error(404, "NoSuchBucket");
}
