//! `PutSymlink`, and reading, copying, listing and deleting links.

use ossicle_protocol::{ErrorCode, Operation};

use crate::harness::{Answer, Bucket};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutSymlink])
    .request(|_, draft| draft.header("x-oss-symlink-target", "source"))
    .proven(&[("x-oss-symlink-target", Proof::Refused("/k", ErrorCode::InvalidObjectName))]);

pub(crate) fn link(bucket: &Bucket, key: &str, target: &str) -> Answer {
    bucket.key("PUT", key).query("symlink", "").header("x-oss-symlink-target", target).send()
}

#[test]
fn a_link_is_read_as_its_target() {
    let bucket = Bucket::new();
    let target = bucket.key("PUT", "a/b c").header("Content-Type", "text/x-target");
    target
        .header("x-oss-meta-of", "target")
        .header("x-oss-storage-class", "IA")
        .body("Hello")
        .send()
        .expect(200);
    let request = bucket.key("PUT", "link").query("symlink", "").header("x-oss-symlink-target", "a%2Fb%20c");
    request.header("Content-Type", "text/x-link").header("x-oss-meta-of", "link").send().expect(200);
    let target = bucket.key("HEAD", "a/b c").send().expect(200);
    for method in ["GET", "HEAD"] {
        let answer = bucket.key(method, "link").send().expect(200);
        for name in ["ETag", "Content-MD5", "Content-Length", "x-oss-hash-crc64ecma", "x-oss-storage-class"] {
            assert_eq!(answer.must(name), target.must(name), "{method} {name}");
        }
        assert_eq!(answer.must("Content-Type"), "text/x-link");
        assert_eq!(answer.must("x-oss-meta-of"), "link");
        assert_eq!(answer.must("x-oss-object-type"), "Symlink");
        assert_eq!(answer.must("x-oss-symlink-target"), "a/b%20c");
    }
    assert_eq!(bucket.get("link"), b"Hello");
    let range = bucket.key("GET", "link").header("Range", "bytes=1-2").send().expect(206);
    assert_eq!((range.text(), range.must("Content-Range")), ("el", "bytes 1-2/5"));
    // What is read is the target as it is then.
    bucket.put("a/b c", "changed");
    assert_eq!(bucket.get("link"), b"changed");
    let etag = bucket.key("HEAD", "a/b c").send().must("ETag").to_owned();
    bucket.key("GET", "link").header("If-None-Match", &etag).send().expect(304);
    bucket.key("GET", "link").header("If-Match", "\"0\"").send().expect_error(412, "PreconditionFailed");
}

#[test]
fn links_that_lead_nowhere_and_links_to_links() {
    let bucket = Bucket::new();
    link(&bucket, "link", "missing").expect(200);
    let answer = bucket.key("GET", "link").send().expect_error(404, "SymlinkTargetNotExist");
    assert_eq!(answer.element("Message"), "The symlink target object does not exist");
    bucket.key("HEAD", "link").send().expect_head_error(404, "SymlinkTargetNotExist");
    link(&bucket, "second", "link").expect(200);
    bucket.key("GET", "second").send().expect_error(400, "InvalidTargetType");
    bucket.key("HEAD", "second").send().expect_head_error(400, "InvalidTargetType");
    link(&bucket, "itself", "itself").expect(200);
    bucket.key("GET", "itself").send().expect_error(400, "InvalidTargetType");
    bucket.put("missing", "x");
    assert_eq!(bucket.get("link"), b"x");
}

#[test]
fn refuses_and_leaves_nothing() {
    let bucket = Bucket::new();
    let request = || bucket.key("PUT", "link").query("symlink", "");
    request().send().expect_error(400, "MissingArgument");
    for target in ["/k", "%5Ck", &"k".repeat(1024), "a%00b"] {
        request().header("x-oss-symlink-target", target).send().expect_error(400, "InvalidObjectName");
    }
    request().header("x-oss-symlink-target", "%FF").send().expect_error(400, "InvalidArgument");
    let wrong = request().header("x-oss-symlink-target", "k").header("x-oss-storage-class", "Hot");
    wrong.send().expect_error(400, "InvalidArgument");
    bucket.assert_keys(&[]);
    bucket.put("link", "there");
    let forbidden = request().header("x-oss-symlink-target", "k").header("x-oss-forbid-overwrite", "true");
    forbidden.send().expect_error(409, "FileAlreadyExists");
    assert_eq!(bucket.get("link"), b"there");
    link(&bucket, "link", "other").expect(200);
    bucket.key("GET", "link").send().expect_error(404, "SymlinkTargetNotExist");
}

#[test]
fn listed_copied_tagged_and_deleted_as_a_link() {
    let bucket = Bucket::new();
    bucket.put("target", "Hello");
    let request = bucket.key("PUT", "link").query("symlink", "").header("x-oss-symlink-target", "target");
    request.header("x-oss-tagging", "a=1").header("x-oss-meta-a", "1").send().expect(200);
    let listing = bucket.root("GET", "?list-type=2").send().expect(200);
    assert_eq!(listing.elements("Type"), ["Symlink", "Normal"]);
    assert_eq!(listing.elements("Size"), ["0", "5"]);
    let meta = bucket.at("HEAD", "link?objectMeta").send().expect(200);
    assert_eq!(meta.must("Content-Length"), "0", "of the link itself");
    let source = format!("/{}/link", bucket.name);
    for directive in ["COPY", "REPLACE"] {
        let copy = bucket.key("PUT", "copy").header("x-oss-copy-source", &source);
        copy.header("x-oss-metadata-directive", directive).send().expect(200);
        let head = bucket.key("HEAD", "copy").send().expect(200);
        assert_eq!((head.must("x-oss-object-type"), head.must("Content-Length")), ("Symlink", "5"));
        assert_eq!(head.header("x-oss-meta-a"), (directive == "COPY").then_some("1"));
    }
    let append = bucket.at("POST", "link?append&position=0").body("x").send();
    append.expect_error(409, "ObjectNotAppendable");
    // A part has the bytes of the target.
    let upload = bucket.initiate("whole");
    let part = bucket.key("PUT", "whole").query("partNumber", "1").query("uploadId", &upload);
    let etag = part.header("x-oss-copy-source", &source).send().expect(200).element("ETag");
    bucket.complete("whole", &upload, &[(1, etag)]).send().expect(200);
    assert_eq!(bucket.get("whole"), b"Hello");
    bucket.key("DELETE", "link").send().expect(204);
    bucket.assert_keys(&["copy", "target", "whole"]);
    assert_eq!(bucket.get("copy"), b"Hello");
}

#[test]
fn a_public_link_opens_no_private_target() {
    let bucket = Bucket::new();
    bucket.put("target", "secret");
    let request = bucket.key("PUT", "link").query("symlink", "").header("x-oss-symlink-target", "target");
    request.header("x-oss-object-acl", "public-read").send().expect(200);
    bucket.key("GET", "link").anonymous().send().expect_error(403, "AccessDenied");
    bucket.at("PUT", "target?acl").header("x-oss-object-acl", "public-read").send().expect(200);
    assert_eq!(bucket.key("GET", "link").anonymous().send().expect(200).text(), "secret");
    // Nor does it tell whether there is one.
    bucket.key("DELETE", "target").send().expect(204);
    bucket.key("GET", "link").anonymous().send().expect_error(403, "AccessDenied");
    bucket.key("GET", "link").send().expect_error(404, "SymlinkTargetNotExist");
}
