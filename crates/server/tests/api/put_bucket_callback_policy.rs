//! `PutBucketCallbackPolicy`. What uploads do with policies is in `callbacks.rs`.

use crate::harness::Bucket;

pub(crate) const POLICY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BucketCallbackPolicy><PolicyItem>\
    <PolicyName>first</PolicyName><Callback>eyJjYWxsYmFja1VybCI6Ind3dy5hYmMuY29tL2NhbGxiYWNrIn0=</Callback>\
    <CallbackVar>eyJ4OnZhcjEiOiJ2YWx1ZTEifQ==</CallbackVar></PolicyItem><PolicyItem><PolicyName>second</PolicyName>\
    <Callback>e30=</Callback><CallbackVar></CallbackVar></PolicyItem></BucketCallbackPolicy>";

/// Both spellings of the SDKs: Python writes `policy=`, Java `policy`.
pub(crate) const QUERIES: [&str; 2] = ["?policy=&comp=callback", "?policy&comp=callback"];

#[test]
fn replaces_the_policies() {
    let bucket = Bucket::new();
    for query in QUERIES {
        let answer = bucket.root("PUT", query).body(POLICY).send().expect(200);
        assert_eq!(answer.spelled("Content-Length"), "0");
        bucket.root("PUT", query).body("<BucketCallbackPolicy/>").send().expect(200);
        assert!(bucket.root("GET", query).send().expect(200).elements("PolicyItem").is_empty());
        bucket.root("PUT", query).body(POLICY).send().expect(200);
    }
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let put = |body: &str| bucket.root("PUT", QUERIES[0]).body(body).send();
    let bad = [
        "",
        "x",
        "<BucketCallbackPolicy>",
        "<Policy/>",
        "<BucketCallbackPolicy><PolicyItem/></BucketCallbackPolicy>",
        "<BucketCallbackPolicy><PolicyItem><PolicyName>a</PolicyName></PolicyItem></BucketCallbackPolicy>",
    ];
    for body in bad {
        put(body).expect_error(400, "MalformedXML");
    }
    bucket.root("PUT", QUERIES[0]).anonymous().body(POLICY).send().expect_error(403, "AccessDenied");
    bucket.root("GET", QUERIES[0]).send().expect_error(404, "BucketCallbackPolicyNotExist");
    // The bucket policy of the same name is another thing.
    bucket.root("PUT", "?policy").body("{}").send().expect_error(501, "NotImplemented");
    Bucket::unmade().root("PUT", QUERIES[0]).body(POLICY).send().expect_error(404, "NoSuchBucket");
}
