//! `DeleteObject`.

use crate::harness::Bucket;

#[test]
fn deletes_and_says_nothing() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let answer = bucket.key("DELETE", "k").send().expect(204);
    assert_eq!((answer.header("Content-Length"), answer.header("x-oss-delete-marker")), (None, None));
    assert_eq!(answer.header("x-oss-version-id"), None);
    bucket.assert_absent("k");
    // What does not exist can be deleted as well.
    bucket.key("DELETE", "k").send().expect(204);
    bucket.assert_keys(&[]);
}

#[test]
fn a_folder_is_only_a_key() {
    let bucket = Bucket::new();
    bucket.put("dir/", "");
    bucket.put("dir/a", "x");
    bucket.key("DELETE", "dir/").send().expect(204);
    bucket.assert_keys(&["dir/a"]);
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    bucket.key("DELETE", "k").anonymous().send().expect_error(403, "AccessDenied");
    bucket.at("DELETE", "k?versionId=CAEQ").send().expect_error(400, "InvalidArgument");
    bucket.set_acl("public-read");
    bucket.key("DELETE", "k").anonymous().send().expect_error(403, "AccessDenied");
    bucket.assert_keys(&["k"]);
    bucket.set_acl("public-read-write");
    bucket.key("DELETE", "k").anonymous().send().expect(204);
    Bucket::unmade().key("DELETE", "k").send().expect_error(404, "NoSuchBucket");
}
