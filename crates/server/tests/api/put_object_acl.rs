//! `PutObjectAcl`.

use crate::harness::Bucket;

#[test]
fn sets_each_value_and_touches_nothing_else() {
    let bucket = Bucket::new();
    bucket.key("PUT", "k").header("x-oss-meta-a", "1").body("x").send().expect(200);
    let etag = bucket.key("HEAD", "k").send().must("ETag").to_owned();
    for acl in ["public-read", "public-read-write", "private", "default"] {
        bucket.at("PUT", "k?acl").header("x-oss-object-acl", acl).send().expect(200);
        assert_eq!(bucket.at("GET", "k?acl").send().element("Grant"), acl);
    }
    let answer = bucket.key("HEAD", "k").send().expect(200);
    assert_eq!((answer.must("ETag"), answer.must("x-oss-meta-a")), (etag.as_str(), "1"));
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    bucket.at("PUT", "k?acl").header("x-oss-object-acl", "all").send().expect_error(400, "InvalidArgument");
    bucket.at("PUT", "k?acl").send().expect_error(400, "MissingArgument");
    bucket
        .at("PUT", "missing?acl")
        .header("x-oss-object-acl", "private")
        .send()
        .expect_error(404, "NoSuchKey");
    bucket
        .at("PUT", "k?acl")
        .header("x-oss-object-acl", "public-read")
        .anonymous()
        .send()
        .expect_error(403, "AccessDenied");
    assert_eq!(bucket.at("GET", "k?acl").send().element("Grant"), "default");
    bucket.assert_absent("missing");
}
