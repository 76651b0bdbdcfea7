//! `DeleteBucketLifecycle`.

use super::put_bucket_lifecycle::{configuration, expire, rule};
use crate::harness::Bucket;

#[test]
fn takes_the_rules_away() {
    let bucket = Bucket::new();
    bucket.root("PUT", "?lifecycle").body(configuration(&rule("r", "", &expire(1)))).send().expect(200);
    bucket.root("DELETE", "?lifecycle").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?lifecycle").send().expect(204);
    bucket.root("GET", "?lifecycle").send().expect_error(404, "NoSuchLifecycle");
    bucket.root("DELETE", "?lifecycle").send().expect(204);
    Bucket::unmade().root("DELETE", "?lifecycle").send().expect_error(404, "NoSuchBucket");
}
