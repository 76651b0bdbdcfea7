//! `GetBucketInfo`.

use crate::harness::Bucket;
use ossicle_protocol::Timestamp;

#[test]
fn tells_everything() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?bucketInfo").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let expected = [
        ("Name", bucket.name.as_str()),
        ("Location", "oss-cn-hangzhou"),
        ("StorageClass", "Standard"),
        ("DataRedundancyType", "LRS"),
        ("Grant", "private"),
        ("ID", "1000000000000001"),
        ("DisplayName", "1000000000000001"),
        ("AccessMonitor", "Disabled"),
        ("TransferAcceleration", "Disabled"),
        ("CrossRegionReplication", "Disabled"),
        ("SSEAlgorithm", "None"),
        ("BlockPublicAccess", "false"),
        ("Comment", ""),
        ("ResourceGroupId", "rg-default"),
        ("LogBucket", ""),
        ("LogPrefix", ""),
    ];
    for (name, text) in expected {
        assert_eq!(answer.element(name), text, "{name}");
    }
    assert!(!answer.element("ExtranetEndpoint").is_empty() && !answer.element("IntranetEndpoint").is_empty());
    let created = answer.element("CreationDate");
    assert!(created.ends_with(".000Z") && Timestamp::parse_iso8601(&created).is_some(), "{created}");
    // Never set, so not there: the SDKs tell "never" from "off" by that.
    assert!(answer.elements("Versioning").is_empty());
}

#[test]
fn tells_the_comment() {
    let bucket = Bucket::unmade();
    bucket.root("PUT", "").header("x-oss-bucket-comment", "pictures & more").send().expect(200);
    assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("Comment"), "pictures & more");
    let long = "c".repeat(1025);
    let unmade = Bucket::unmade();
    unmade.root("PUT", "").header("x-oss-bucket-comment", &long).send().expect_error(400, "InvalidArgument");
    unmade.root("PUT", "").header("x-oss-bucket-comment", &long[1..]).send().expect(200);
}

#[test]
fn only_for_the_owner() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.root("GET", "?bucketInfo").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?bucketInfo").send().expect_error(404, "NoSuchBucket");
}
