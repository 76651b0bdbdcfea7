//! `GetSymlink`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;
use crate::put_symlink::link;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::GetSymlink])
    .before(|bucket| {
        link(bucket, "folder/link", "k").expect(200);
    })
    .request(|_, draft| draft.of_key("folder/link"));

#[test]
fn tells_where_a_link_leads() {
    let bucket = Bucket::new();
    // As SDKs of several languages write the same key.
    for target in ["a%2Fb%20%E4%B8%AD%2B", "a/b+%E4%B8%AD%2B", "a/b%20中%2B"] {
        let put = link(&bucket, "link", target).expect(200);
        let answer = bucket.at("GET", "link?symlink").send().expect(200);
        assert_eq!(answer.must("x-oss-symlink-target"), "a/b%20%E4%B8%AD%2B", "{target}");
        assert_eq!(answer.must("ETag"), put.must("ETag"));
        assert_eq!((answer.must("Content-Length"), answer.body.len()), ("0", 0));
        assert!(answer.header("Last-Modified").is_some());
    }
    let request = bucket.key("PUT", "link").query("symlink", "").header("x-oss-symlink-target", "k");
    request.header("x-oss-meta-a", "1").send().expect(200);
    assert_eq!(bucket.at("GET", "link?symlink").send().must("x-oss-meta-a"), "1");
}

#[test]
fn other_objects_are_no_links() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let answer = bucket.at("GET", "k?symlink").send().expect_error(400, "NotSymlink");
    answer.with_ec("0043-00000101");
    let answer = bucket.at("GET", "missing?symlink").send().expect_error(404, "NoSuchKey");
    assert_eq!(answer.element("Message"), "The specified key does not exist.");
}

#[test]
fn a_link_that_is_deleted_may_be_named_as_one() {
    // Python SDK, test_object_versioning.py, test_put_symlink_with_version.
    let bucket = Bucket::new();
    bucket.put("k", "x");
    link(&bucket, "link", "k").expect(200);
    bucket.at("DELETE", "link?symlink").send().expect(204);
    bucket.at("GET", "link?symlink").send().expect_error(404, "NoSuchKey");
    assert_eq!(bucket.get("k"), b"x");
}
