//! Whether public access to a bucket is blocked, and what that changes.

use ossicle_protocol::Operation;
use std::sync::Arc;

use crate::harness::form::{Form, Policy};
use crate::harness::server::folder;
use crate::harness::{Bucket, Setup};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::PutBucketPublicAccessBlock, Operation::DeleteBucketPublicAccessBlock])
        .before(|bucket| {
            let empty = format!("/{}-empty?publicAccessBlock", bucket.name);
            bucket.server.request("PUT", &empty).body(document(true)).send().expect(200);
        })
        .request(|world, draft| match draft.method() {
            "DELETE" => draft.at(&format!("/{}-empty", world.name())),
            _ => draft.body(&document(true)),
        })
        .proven(&[(
            "PublicAccessBlockConfiguration/BlockPublicAccess",
            Proof::Test("bucket_public_access_block::what_acls_allow_everybody_does_not_count"),
        )]);

pub(crate) fn document(block: bool) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PublicAccessBlockConfiguration><BlockPublicAccess>{block}\
         </BlockPublicAccess></PublicAccessBlockConfiguration>"
    )
}

pub(crate) fn block(bucket: &Bucket, block: bool) {
    bucket.root("PUT", "?publicAccessBlock").body(document(block)).send().expect(200);
}

#[test]
fn what_acls_allow_everybody_does_not_count() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("by-bucket", "x");
    bucket
        .key("PUT", "by-object")
        .header("x-oss-object-acl", "public-read-write")
        .body("x")
        .send()
        .expect(200);
    let upload = bucket.initiate("upload");
    let refused = || {
        for key in ["by-bucket", "by-object"] {
            bucket.key("GET", key).anonymous().send().expect_error(403, "AccessDenied");
            bucket.key("PUT", key).anonymous().body("y").send().expect_error(403, "AccessDenied");
            bucket
                .key("POST", key)
                .anonymous()
                .query("append", "")
                .query("position", "0")
                .body("y")
                .send()
                .expect(403);
            bucket.key("DELETE", key).anonymous().send().expect_error(403, "AccessDenied");
            let delete = format!("<Delete><Object><Key>{key}</Key></Object></Delete>");
            bucket.root("POST", "?delete").anonymous().body(delete).send().expect_error(403, "AccessDenied");
            let form = Form::new().field("key", key).file("f", "y").onto(bucket.root("POST", ""));
            form.send().expect_error(403, "AccessDenied");
            let copy = bucket
                .key("PUT", "copy")
                .anonymous()
                .header("x-oss-copy-source", &format!("/{}/{key}", bucket.name));
            copy.send().expect_error(403, "AccessDenied");
        }
        bucket.root("GET", "").anonymous().send().expect_error(403, "AccessDenied");
        let part = bucket.key("PUT", "upload").query("partNumber", "1").query("uploadId", &upload);
        part.anonymous().body("y").send().expect_error(403, "AccessDenied");
    };
    block(&bucket, true);
    refused();
    // A copy from it into a public bucket is no way around.
    let open = Bucket::new();
    open.set_acl("public-read-write");
    let copy =
        open.key("PUT", "k").anonymous().header("x-oss-copy-source", &format!("/{}/by-object", bucket.name));
    copy.send().expect_error(403, "AccessDenied");
    // The ACLs are still there, and the owner is not concerned.
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "public-read-write");
    assert_eq!(bucket.get("by-object"), b"x");
    block(&bucket, false);
    bucket.key("GET", "by-object").anonymous().send().expect(200);
    bucket.key("PUT", "by-bucket").anonymous().body("y").send().expect(200);
}

#[test]
fn acls_that_allow_everybody_something_are_refused() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    block(&bucket, true);
    for acl in ["public-read", "public-read-write"] {
        let answer =
            bucket.root("PUT", "?acl").header("x-oss-acl", acl).send().expect_error(403, "AccessDenied");
        assert_eq!(answer.element("Message"), "Put public bucket acl is not allowed");
        bucket.root("PUT", "").header("x-oss-acl", acl).send().expect_error(403, "AccessDenied");
        let with_acl = |method: &str, rest: &str| bucket.at(method, rest).header("x-oss-object-acl", acl);
        let upload = bucket.initiate("u");
        let source = format!("/{}/k", bucket.name);
        let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
        let form = Form::new().fields(policy.v4()).field("key", "form").field("x-oss-object-acl", acl);
        for request in [
            with_acl("PUT", "put").body("x"),
            with_acl("PUT", "copy").header("x-oss-copy-source", &source),
            with_acl("POST", "append?append&position=0").body("x"),
            with_acl("POST", "initiate?uploads"),
            with_acl("POST", &format!("u?uploadId={upload}")).body("<CompleteMultipartUpload/>"),
            with_acl("PUT", "k?acl"),
            form.file("f", "x").onto(bucket.root("POST", "")),
        ] {
            // Captured in public threads, with this detail code.
            let answer = request.send().expect_error(403, "AccessDenied");
            assert_eq!(answer.element("Message"), "Put public object acl is not allowed");
            assert_eq!(answer.must("x-oss-ec"), "0016-00000901");
        }
    }
    bucket.assert_keys(&["k"]);
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "private");
    // Others are as before, wrong ones included.
    bucket.set_acl("private");
    for acl in ["private", "default"] {
        bucket.key("PUT", "k").header("x-oss-object-acl", acl).body("x").send().expect(200);
    }
    bucket
        .key("PUT", "k")
        .header("x-oss-object-acl", "none")
        .body("x")
        .send()
        .expect_error(400, "InvalidArgument");
}

#[test]
fn new_buckets_begin_as_the_setting_says_and_stay_so() {
    let folder = folder();
    let start = |block: &str| {
        Arc::new(Setup::new().set("OSSICLE_ACCESS_BLOCK_PUBLIC_ACCESS", block).data(folder.path()).start())
    };
    let blocked =
        |bucket: &Bucket| bucket.root("GET", "?bucketInfo").send().expect(200).element("BlockPublicAccess");
    let server = start("true");
    let bucket = Bucket::on(&server);
    assert_eq!(blocked(&bucket), "true");
    // A bucket that would be public is not made at all.
    for query in ["", "?acl"] {
        let answer =
            server.request("PUT", &format!("/made-public{query}")).header("x-oss-acl", "public-read").send();
        assert_eq!(
            answer.expect_error(403, "AccessDenied").element("Message"),
            "Put public bucket acl is not allowed"
        );
        server.request("GET", "/made-public").send().expect_error(404, "NoSuchBucket");
    }
    server.request("PUT", "/made-private?acl").header("x-oss-acl", "private").send().expect(200);
    let opened = Bucket { name: "made-private".to_owned(), server: Arc::clone(&server) };
    assert_eq!(blocked(&opened), "true");
    block(&opened, false);
    opened.set_acl("public-read");
    drop((opened, bucket.clone(), server));
    let name = bucket.name.clone();
    drop(bucket);

    let server = start("false");
    let of = |name: &str| Bucket { name: name.to_owned(), server: Arc::clone(&server) };
    assert_eq!((blocked(&of(&name)), blocked(&of("made-private"))), ("true".to_owned(), "false".to_owned()));
    of(&name).root("PUT", "").send().expect(200);
    assert_eq!(blocked(&of(&name)), "true", "made again, it is as it was");
    assert_eq!(blocked(&Bucket::on(&server)), "false");
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let put = |document: &str| bucket.root("PUT", "?publicAccessBlock").body(document).send();
    put("").expect_error(400, "MalformedXML");
    put("<BlockPublicAccess>true</BlockPublicAccess>").expect_error(400, "MalformedXML");
    put(&"x".repeat(100_000)).expect_error(400, "MalformedXML");
    let maybe = "<PublicAccessBlockConfiguration><BlockPublicAccess>maybe</BlockPublicAccess>\
                 </PublicAccessBlockConfiguration>";
    put(maybe).expect_error(400, "MalformedXML");
    bucket
        .root("PUT", "?publicAccessBlock")
        .anonymous()
        .body("<x/>")
        .send()
        .expect_error(403, "AccessDenied");
    Bucket::unmade().root("PUT", "?publicAccessBlock").body("<x/>").send().expect_error(404, "NoSuchBucket");
    bucket.root("POST", "?publicAccessBlock").send().expect_error(405, "MethodNotAllowed");
    assert_eq!(bucket.root("GET", "?publicAccessBlock").send().element("BlockPublicAccess"), "false");
}

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
