//! `DeleteBucketPublicAccessBlock`.

use crate::harness::Bucket;
use crate::put_bucket_public_access_block::block;

#[test]
fn allows_access_again() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read");
    bucket.put("k", "x");
    block(&bucket, true);
    bucket.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    for _ in 0..2 {
        bucket.root("DELETE", "?publicAccessBlock").send().expect(204);
        bucket.key("GET", "k").anonymous().send().expect(200);
    }
    assert_eq!(bucket.root("GET", "?publicAccessBlock").send().element("BlockPublicAccess"), "false");
    bucket.root("DELETE", "?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("DELETE", "?publicAccessBlock").send().expect_error(404, "NoSuchBucket");
}
