//! `GetBucketAcl`.

use crate::harness::Bucket;

#[test]
fn tells_owner_and_grant() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?acl").send().expect(200);
    let told = ["ID", "DisplayName", "Grant"].map(|name| answer.element(name));
    assert_eq!(told, ["1000000000000001", "1000000000000001", "private"]);
    assert_eq!(answer.elements("AccessControlList").len(), 1);
    bucket.set_acl("public-read-write");
    bucket.root("GET", "?acl").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?acl").send().expect_error(404, "NoSuchBucket");
}
