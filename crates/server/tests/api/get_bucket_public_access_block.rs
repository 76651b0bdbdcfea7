//! `GetBucketPublicAccessBlock`.

use crate::harness::Bucket;
use crate::put_bucket_public_access_block::block;

#[test]
fn tells_whether_access_is_blocked() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?publicAccessBlock").send().expect(200);
    assert_eq!(get().element("BlockPublicAccess"), "false");
    block(&bucket, true);
    let answer = get();
    assert_eq!(
        (answer.element("BlockPublicAccess").as_str(), answer.spelled("Content-Type")),
        ("true", "application/xml")
    );
    assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("BlockPublicAccess"), "true");
    bucket.root("GET", "?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?publicAccessBlock").send().expect_error(404, "NoSuchBucket");
    // Blocking it for the account is another matter.
    let account = bucket.server.request("GET", "/?publicAccessBlock").send().expect(200);
    assert_eq!(account.element("BlockPublicAccess"), "false");
}
