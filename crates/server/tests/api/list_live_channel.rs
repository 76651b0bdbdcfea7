//! `ListLiveChannel` of buckets that cannot have any.

use crate::harness::Bucket;

#[test]
fn is_an_empty_list() {
    // The clean-up of the Java, C++ and Node.js suites lists live channels of every bucket it is about to remove.
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?live").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let told = ["Prefix", "Marker", "MaxKeys", "IsTruncated", "NextMarker"];
    assert_eq!(told.map(|name| answer.element(name)), ["", "", "100", "false", ""]);
    assert!(answer.elements("LiveChannel").is_empty());
    let answer = bucket.root("GET", "?live&prefix=a&marker=b&max-keys=7").send().expect(200);
    assert_eq!(told.map(|name| answer.element(name)), ["a", "b", "7", "false", ""]);
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    for max in ["0", "1001", "abc"] {
        // OSS manual, detail code 0044-00000101.
        let answer =
            bucket.root("GET", &format!("?live&max-keys={max}")).send().expect_error(400, "InvalidArgument");
        assert_eq!(
            (answer.element("ArgumentName").as_str(), answer.must("x-oss-ec")),
            ("max-keys", "0044-00000101")
        );
    }
    bucket.root("GET", "?live").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?live").send().expect_error(404, "NoSuchBucket");
    // Making channels is not built, and the bucket is no channel.
    bucket.key("PUT", "channel").query("live", "").send().expect_error(501, "NotImplemented");
    bucket.root("DELETE", "?live").send().expect_error(405, "MethodNotAllowed");
    bucket.root("HEAD", "").send().expect(200);
}
