//! `PutObjectAcl`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::harness::form::Form;
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutObjectAcl])
    .request(|_, draft| draft.header("x-oss-object-acl", "public-read"));

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
    // The Java SDK sends an empty header for no ACL.
    bucket.at("PUT", "k?acl").send().expect(200);
    bucket.at("PUT", "k?acl").header("x-oss-object-acl", "").send().expect(200);
    bucket.at("PUT", "missing?acl").send().expect_error(404, "NoSuchKey");
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

/// What everybody may not overwrite or delete by one operation, nobody overwrites or deletes by another.
#[test]
fn a_private_object_in_a_public_bucket_withstands_every_anonymous_write() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    for acl in ["private", "public-read"] {
        bucket.put("k", "mine");
        let id = bucket.initiate("k");
        let part = [(1, bucket.part("k", &id, 1, b"part"))];
        bucket.put("source", "other");
        bucket.at("PUT", "k?acl").header("x-oss-object-acl", acl).send().expect(200);
        let source = format!("/{}/source", bucket.name);
        let of_upload = |method: &str| bucket.key(method, "k").query("uploadId", &id);
        let delete = "<Delete><Object><Key>k</Key></Object></Delete>";
        let writes = [
            bucket.key("PUT", "k").body("x"),
            bucket.key("PUT", "k").header("x-oss-copy-source", &source),
            bucket.at("POST", "k?append&position=0").body("x"),
            bucket.key("DELETE", "k"),
            bucket.root("POST", "?delete").body(delete),
            Form::new().field("key", "k").file("f", "x").onto(bucket.root("POST", "")),
            bucket.at("POST", "k?uploads"),
            of_upload("PUT").query("partNumber", "1").body("x"),
            of_upload("PUT").query("partNumber", "1").header("x-oss-copy-source", &source),
            of_upload("GET"),
            bucket.complete("k", &id, &part),
            of_upload("POST").header("x-oss-complete-all", "yes"),
            of_upload("DELETE"),
        ];
        for write in writes {
            let answer = write.anonymous().send().expect_error(403, "AccessDenied");
            answer.with("Message", "You have no right to access this object.");
        }
        assert_eq!(bucket.get("k"), b"mine", "{acl}");
        assert_eq!(of_upload("GET").send().expect(200).elements("PartNumber"), ["1"], "{acl}");
    }
}

#[test]
fn a_public_object_in_a_private_bucket_takes_every_anonymous_write() {
    let bucket = Bucket::new();
    bucket.put("k", "mine");
    let open =
        || bucket.at("PUT", "k?acl").header("x-oss-object-acl", "public-read-write").send().expect(200);
    open();
    Form::new().field("key", "k").file("f", "x").onto(bucket.root("POST", "")).send().expect(204);
    Form::new()
        .field("key", "other")
        .file("f", "x")
        .onto(bucket.root("POST", ""))
        .send()
        .expect_error(403, "AccessDenied");
    open();
    let id = bucket.at("POST", "k?uploads").anonymous().send().expect(200).element("UploadId");
    let part = bucket.key("PUT", "k").query("partNumber", "1").query("uploadId", &id).anonymous().body("x");
    let part = [(1, part.send().expect(200).must("ETag").to_owned())];
    bucket.complete("k", &id, &part).anonymous().send().expect(200);
    assert_eq!(bucket.get("k"), b"x");
}
