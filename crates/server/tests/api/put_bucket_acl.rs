//! `PutBucketAcl`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::PutBucketAcl]).request(|_, draft| draft.header("x-oss-acl", "public-read"));

#[test]
fn sets_each_value() {
    let bucket = Bucket::new();
    for acl in ["public-read", "public-read-write", "private"] {
        let answer = bucket.root("PUT", "?acl").header("x-oss-acl", acl).send().expect(200);
        assert_eq!(answer.spelled("Content-Length"), "0");
        assert_eq!(answer.spelled("Location"), format!("/{}", bucket.name));
        assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), acl);
    }
}

#[test]
fn authenticated_read_allows_nothing_without_an_account() {
    // Java SDK, BucketInfoTest: accepted and returned.
    let bucket = Bucket::new();
    bucket.put("k", "x");
    bucket.set_acl("authenticated-read");
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "authenticated-read");
    assert_eq!(bucket.root("GET", "?bucketInfo").send().element("Grant"), "authenticated-read");
    bucket.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    bucket.key("PUT", "k").anonymous().body("y").send().expect_error(403, "AccessDenied");
    bucket.root("GET", "").anonymous().send().expect_error(403, "AccessDenied");
    let unmade = Bucket::unmade();
    unmade.root("PUT", "").header("x-oss-acl", "authenticated-read").send().expect(200);
    assert_eq!(unmade.root("GET", "?acl").send().element("Grant"), "authenticated-read");
    // No object has it (OSS manual, PutObjectACL).
    let put = bucket.key("PUT", "k").header("x-oss-object-acl", "authenticated-read").body("y");
    put.send().expect_error(400, "InvalidArgument");
}

#[test]
fn refuses_others() {
    let bucket = Bucket::new();
    for acl in ["default", "PRIVATE", "all"] {
        bucket.root("PUT", "?acl").header("x-oss-acl", acl).send().expect_error(400, "InvalidArgument");
    }
    bucket
        .root("PUT", "?acl")
        .header("x-oss-acl", "private")
        .anonymous()
        .send()
        .expect_error(403, "AccessDenied");
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "private");
}

#[test]
fn creates_a_bucket_that_does_not_exist() {
    let bucket = Bucket::unmade();
    bucket.root("PUT", "?acl").header("x-oss-acl", "public-read").send().expect(200);
    assert_eq!(bucket.root("GET", "?acl").send().expect(200).element("Grant"), "public-read");
}

#[test]
fn without_the_header_nothing_changes() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read");
    for request in [bucket.root("PUT", "?acl"), bucket.root("PUT", "?acl").header("x-oss-acl", "")] {
        let answer = request.send().expect(200);
        assert_eq!(answer.spelled("Location"), format!("/{}", bucket.name));
    }
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "public-read");
    let unmade = Bucket::unmade();
    unmade.root("PUT", "?acl").send().expect_error(404, "NoSuchBucket");
    unmade.root("GET", "?acl").send().expect_error(404, "NoSuchBucket");
}
