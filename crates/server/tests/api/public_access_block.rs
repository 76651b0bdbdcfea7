//! Whether public access to all buckets is blocked, and what that changes.

use ossicle_protocol::Operation;
use std::sync::Arc;

use crate::bucket_public_access_block::{block, document};
use crate::harness::form::Form;
use crate::harness::server::folder;
use crate::harness::{Bucket, Server, Setup};
use crate::inputs::{Inputs, Proof};

/// It is not blocked here, since other tests use the same server.
pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::PutPublicAccessBlock, Operation::DeletePublicAccessBlock])
        .request(|_, draft| draft.body_to_set(&document(false)))
        .changing_nothing()
        .proven(&[(
            "PublicAccessBlockConfiguration/BlockPublicAccess",
            Proof::Test("public_access_block::what_acls_allow_everybody_does_not_count_in_any_bucket"),
        )]);

pub(crate) fn block_account(server: &Server, block: bool) {
    server.request("PUT", "/?publicAccessBlock").body(document(block)).send().expect(200);
}

/// A bucket that everybody may read and write.
pub(crate) fn open_bucket(server: &Arc<Server>) -> Bucket {
    let bucket = Bucket::on(server);
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    bucket
}

#[test]
fn what_acls_allow_everybody_does_not_count_in_any_bucket() {
    let server = Arc::new(Setup::new().start());
    let buckets = [open_bucket(&server), open_bucket(&server)];
    block_account(&server, true);
    for bucket in &buckets {
        // A bucket's own setting cannot open it.
        bucket.root("DELETE", "?publicAccessBlock").send().expect(204);
        assert_eq!(bucket.root("GET", "?publicAccessBlock").send().element("BlockPublicAccess"), "false");
        for (method, rest) in [("GET", "k"), ("HEAD", "k"), ("PUT", "k"), ("DELETE", "k"), ("GET", "")] {
            let answer = bucket.at(method, rest).anonymous().send();
            assert_eq!(answer.status, 403, "{method} {rest}");
        }
        let delete = "<Delete><Object><Key>k</Key></Object></Delete>";
        bucket.root("POST", "?delete").anonymous().body(delete).send().expect_error(403, "AccessDenied");
        let form = Form::new().field("key", "form").file("f", "y").onto(bucket.root("POST", ""));
        form.send().expect_error(403, "AccessDenied");
        let source = format!("/{}/k", buckets[0].name);
        let copy = bucket.key("PUT", "copy").anonymous().header("x-oss-copy-source", &source);
        copy.send().expect_error(403, "AccessDenied");
        // The owner is not concerned.
        assert_eq!(bucket.get("k"), b"x");
        bucket.assert_keys(&["k"]);
    }
    block_account(&server, false);
    buckets[0].key("GET", "k").anonymous().send().expect(200);
    buckets[1].key("PUT", "k").anonymous().body("y").send().expect(200);
}

#[test]
fn acls_that_allow_everybody_something_are_refused_in_every_bucket() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    bucket.put("k", "x");
    block_account(&server, true);
    let refused = |request: crate::harness::Request, message: &str| {
        assert_eq!(request.send().expect_error(403, "AccessDenied").element("Message"), message);
    };
    let of_bucket = "Put public bucket acl is not allowed";
    refused(bucket.root("PUT", "?acl").header("x-oss-acl", "public-read"), of_bucket);
    for query in ["", "?acl"] {
        let public =
            server.request("PUT", &format!("/made-public{query}")).header("x-oss-acl", "public-read");
        refused(public, of_bucket);
        server.request("GET", "/made-public").send().expect_error(404, "NoSuchBucket");
    }
    let of_object = "Put public object acl is not allowed";
    refused(bucket.at("PUT", "k?acl").header("x-oss-object-acl", "public-read"), of_object);
    refused(bucket.key("PUT", "new").header("x-oss-object-acl", "public-read-write").body("x"), of_object);
    bucket.assert_keys(&["k"]);
    // What allows nobody anything is set as before.
    bucket.set_acl("private");
    bucket.key("PUT", "k").header("x-oss-object-acl", "private").body("x").send().expect(200);
}

#[test]
fn it_lasts_until_it_is_taken_back() {
    let folder = folder();
    let start = || Arc::new(Setup::new().data(folder.path()).start());
    let server = start();
    let name = open_bucket(&server).name;
    block_account(&server, true);
    drop(server);
    let server = start();
    let bucket = Bucket { name, server: Arc::clone(&server) };
    bucket.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    block_account(&server, false);
    bucket.key("GET", "k").anonymous().send().expect(200);
}

#[test]
fn errors() {
    let server = Arc::new(Setup::new().start());
    let bucket = open_bucket(&server);
    let put = |document: &str| server.request("PUT", "/?publicAccessBlock").body(document).send();
    put("").expect_error(400, "MalformedXML");
    put("<BlockPublicAccess>true</BlockPublicAccess>").expect_error(400, "MalformedXML");
    put(&"x".repeat(100_000)).expect_error(400, "MalformedXML");
    let document = "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess>\
                    </PublicAccessBlockConfiguration>";
    let put = || server.request("PUT", "/?publicAccessBlock").body(document);
    put().anonymous().send().expect_error(403, "AccessDenied");
    put().header("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").send().expect_error(400, "InvalidDigest");
    server.request("POST", "/?publicAccessBlock").send().expect_error(405, "MethodNotAllowed");
    bucket.key("GET", "k").anonymous().send().expect(200);
}

#[test]
fn tells_whether_access_to_all_buckets_is_blocked() {
    let server = Arc::new(Setup::new().start());
    let bucket = open_bucket(&server);
    let get = || server.request("GET", "/?publicAccessBlock").send().expect(200);
    assert_eq!(get().element("BlockPublicAccess"), "false");
    block_account(&server, true);
    let answer = get();
    assert_eq!(
        (answer.element("BlockPublicAccess").as_str(), answer.spelled("Content-Type")),
        ("true", "application/xml")
    );
    // A bucket tells its own setting.
    assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("BlockPublicAccess"), "false");
    server.request("GET", "/?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
}

#[test]
fn leaves_access_to_each_bucket_again() {
    let server = Arc::new(Setup::new().start());
    let (open, blocked) = (open_bucket(&server), open_bucket(&server));
    block(&blocked, true);
    block_account(&server, true);
    server.request("DELETE", "/?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
    open.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    for _ in 0..2 {
        server.request("DELETE", "/?publicAccessBlock").send().expect(204);
        open.key("GET", "k").anonymous().send().expect(200);
        blocked.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    }
    let answer = server.request("GET", "/?publicAccessBlock").send().expect(200);
    assert_eq!(answer.element("BlockPublicAccess"), "false");
}
