//! `PutBucket`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucket])
    .request(|world, draft| draft.at(&format!("/{}-new", world.name())))
    .proven(&[
        (
            "CreateBucketConfiguration/LocationConstraint",
            Proof::Test("put_bucket::a_bucket_is_where_the_server_is"),
        ),
        ("CreateBucketConfiguration/*", Proof::Test("put_bucket::takes_acl_class_and_redundancy")),
        ("x-oss-bucket-comment", Proof::Differs("proof")),
    ]);

fn configuration(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CreateBucketConfiguration>{inside}</CreateBucketConfiguration>"
    )
}

#[test]
fn creates_a_private_standard_bucket() {
    let bucket = Bucket::unmade();
    let answer = bucket.root("PUT", "").send().expect(200);
    assert_eq!(answer.spelled("Location"), format!("/{}", bucket.name));
    assert_eq!((answer.spelled("Content-Length"), answer.header("Content-Type")), ("0", None));
    let info = bucket.root("GET", "?bucketInfo").send().expect(200);
    assert_eq!(
        (info.element("StorageClass").as_str(), info.element("Grant").as_str()),
        ("Standard", "private")
    );
    assert_eq!(info.element("DataRedundancyType"), "LRS");
}

#[test]
fn takes_acl_class_and_redundancy() {
    let bucket = Bucket::unmade();
    let body = configuration("<StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>");
    bucket.root("PUT", "").header("x-oss-acl", "public-read").body(body).send().expect(200);
    let info = bucket.root("GET", "?bucketInfo").send().expect(200);
    let told = ["StorageClass", "DataRedundancyType", "Grant"].map(|name| info.element(name));
    assert_eq!(told, ["IA", "ZRS", "public-read"]);
}

#[test]
fn creating_it_again_keeps_the_objects() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    bucket.root("PUT", "").send().expect(200);
    bucket.root("PUT", "").header("x-oss-acl", "public-read").send().expect(200);
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "public-read");
    bucket.root("PUT", "").send().expect(200);
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "public-read");
    bucket.assert_keys(&["k"]);
    let other = configuration("<StorageClass>IA</StorageClass>");
    bucket.root("PUT", "").body(other).send().expect_error(409, "BucketAlreadyExists");
    let other = configuration("<DataRedundancyType>ZRS</DataRedundancyType>");
    bucket.root("PUT", "").body(other).send().expect_error(409, "BucketAlreadyExists");
    bucket
        .root("PUT", "")
        .body(configuration("<DataRedundancyType>LRS</DataRedundancyType>"))
        .send()
        .expect(200);
}

#[test]
fn names() {
    let server = crate::harness::Server::shared();
    let put = |name: &str| server.request("PUT", &format!("/{name}")).send();
    let long = "a".repeat(64);
    for name in ["ab", &long, "-abc", "abc-", "ABC", "a_b_c", "a.b.c", "abc%20", "%E4%B8%AD%E6%96%87"] {
        let answer = put(name).expect_error(400, "InvalidBucketName");
        assert_eq!(answer.element("BucketName"), crate::harness::signing::decode(name));
        // Go SDK, client_test.go: for every other request it is a bucket that does not exist.
        for (method, query) in
            [("GET", ""), ("GET", "?location"), ("GET", "/k"), ("DELETE", ""), ("POST", "?delete")]
        {
            let answer =
                server.request(method, &format!("/{name}{query}")).send().expect_error(404, "NoSuchBucket");
            assert_eq!(answer.element("BucketName"), crate::harness::signing::decode(name));
            assert_eq!(answer.must("x-oss-ec"), "0015-00000101");
        }
    }
    for name in [&long[1..], "0-a", "3letters"] {
        put(name).expect(200);
        server.request("DELETE", &format!("/{name}")).send().expect(204);
    }
}

#[test]
fn a_bucket_is_where_the_server_is() {
    // Java SDK, CreateBucketTest.
    let bucket = Bucket::unmade();
    let put = |location: &str| {
        let body = configuration(&format!("<LocationConstraint>{location}</LocationConstraint>"));
        bucket.root("PUT", "").body(body).send()
    };
    for location in
        ["oss-cn-zhengzhou", "oss-ap-southeast-1", "cn-shanghai", "oss-oss-cn-hangzhou", "OSS-CN-HANGZHOU"]
    {
        let answer = put(location).expect_error(400, "InvalidLocationConstraint");
        assert_eq!(answer.element("Message"), "The specified location-constraint is not valid");
        bucket.root("HEAD", "").send().expect(404);
    }
    for location in ["oss-cn-hangzhou", "cn-hangzhou", ""] {
        put(location).expect(200);
    }
    put("oss-ap-southeast-1").expect_error(400, "InvalidLocationConstraint");
}

#[test]
fn properties_that_buckets_cannot_have_are_refused_rather_than_dropped() {
    let bucket = Bucket::unmade();
    for (name, value) in [
        ("x-oss-server-side-encryption", "AES256"),
        ("x-oss-server-side-encryption-key-id", "key"),
        ("x-oss-server-side-data-encryption", "SM4"),
        ("x-oss-bucket-tagging", "k=v"),
        ("x-oss-hns-status", "enabled"),
    ] {
        let answer = bucket.root("PUT", "").header(name, value).send().expect_error(501, "NotImplemented");
        assert_eq!(answer.element("Header"), name);
    }
    // Go SDK V2, client_integration_test.go, for a group that does not exist.
    let other = bucket.root("PUT", "").header("x-oss-resource-group-id", "rg-not-exist").send();
    let other = other.expect_error(400, "ResourceGroupIdPreCheckError");
    assert_eq!(
        (other.element("Message").as_str(), other.must("x-oss-ec")),
        ("The resource group id precheck error", "0039-00000003")
    );
    bucket.root("HEAD", "").send().expect(404);
    let put = bucket
        .root("PUT", "")
        .header("x-oss-resource-group-id", "rg-default")
        .header("x-oss-hns-status", "disabled");
    put.header("x-oss-server-side-encryption", "").header("x-oss-bucket-tagging", "").send().expect(200);
}

#[test]
fn what_cannot_be_created() {
    let bucket = Bucket::unmade();
    let put = |body: &str| bucket.root("PUT", "").body(body).send();
    put("<CreateBucket").expect_error(400, "MalformedXML");
    put(&configuration("<StorageClass>Golden</StorageClass>")).expect(400);
    bucket.root("PUT", "").header("x-oss-acl", "default").send().expect_error(400, "InvalidArgument");
    bucket.root("PUT", "").header("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==").body("x").send().expect(400);
    bucket.root("PUT", "").anonymous().send().expect_error(403, "AccessDenied");
    let long = bucket.root("PUT", "").body("x".repeat(70_000)).send().expect_error(400, "MalformedXML");
    assert_eq!(long.element("ErrorDetail"), "The document is longer than 65536 bytes.");
    bucket.root("GET", "?bucketInfo").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn a_wrong_key_is_told_before_anything_else() {
    // Other operations tell a missing bucket first, this one cannot.
    let bucket = Bucket::unmade();
    bucket.root("PUT", "").key("nobody", "x").send().expect_error(403, "InvalidAccessKeyId");
    bucket
        .root("PUT", "?acl")
        .key("nobody", "x")
        .header("x-oss-acl", "private")
        .send()
        .expect_error(403, "InvalidAccessKeyId");
    bucket.root("GET", "").key("nobody", "x").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn every_storage_class_is_the_default_of_the_buckets_objects() {
    for class in ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"] {
        let bucket = Bucket::unmade();
        let document = configuration(&format!("<StorageClass>{class}</StorageClass>"));
        bucket.root("PUT", "").body(document).send().expect(200);
        assert_eq!(bucket.root("GET", "?bucketInfo").send().element("StorageClass"), class);
        bucket.put("k", "Hello");
        assert_eq!(bucket.key("HEAD", "k").send().expect(200).must("x-oss-storage-class"), class);
        match class {
            "Standard" | "IA" => {
                assert_eq!(bucket.key("GET", "k").send().expect(200).must("x-oss-storage-class"), class);
            }
            // What is archived has to be restored first.
            _ => drop(bucket.key("GET", "k").send().expect_error(403, "InvalidObjectState")),
        }
        let id = bucket.initiate("parts");
        for query in ["", "?list-type=2", "?versions", "?uploads"] {
            assert_eq!(
                bucket.root("GET", query).send().expect(200).elements("StorageClass"),
                [class],
                "{query}"
            );
        }
        let parts = bucket.key("GET", "parts").query("uploadId", &id).send().expect(200);
        assert_eq!(parts.element("StorageClass"), class);
        // What an object names for itself counts, and is not handed on to a copy.
        bucket.key("PUT", "k").header("x-oss-storage-class", "IA").body("x").send().expect(200);
        assert_eq!(bucket.key("HEAD", "k").send().must("x-oss-storage-class"), "IA");
        let source = format!("/{}/k", bucket.name);
        bucket.key("PUT", "copy").header("x-oss-copy-source", &source).send().expect(200);
        assert_eq!(bucket.key("HEAD", "copy").send().must("x-oss-storage-class"), class);
    }
}
