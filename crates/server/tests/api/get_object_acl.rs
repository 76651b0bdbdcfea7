//! `GetObjectAcl`.

use crate::harness::Bucket;

#[test]
fn is_default_unless_set() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let answer = bucket.at("GET", "k?acl").send().expect(200);
    assert_eq!(["ID", "Grant"].map(|name| answer.element(name)), ["1000000000000001", "default"]);
    bucket.key("PUT", "k").header("x-oss-object-acl", "public-read").body("x").send().expect(200);
    assert_eq!(bucket.at("GET", "k?acl").send().element("Grant"), "public-read");
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    bucket.at("GET", "missing?acl").send().expect_error(404, "NoSuchKey");
    bucket.at("GET", "k?acl").anonymous().send().expect_error(403, "AccessDenied");
    bucket.at("GET", "k?acl&versionId=CAEQ").send().expect_error(400, "InvalidArgument");
}
