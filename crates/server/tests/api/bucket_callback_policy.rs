//! The callback policies of a bucket. What uploads do with them is in `callbacks.rs`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof, callback};

pub(crate) const INPUTS: Inputs = Inputs::of(&[
    Operation::PutBucketCallbackPolicy,
    Operation::GetBucketCallbackPolicy,
    Operation::DeleteBucketCallbackPolicy,
])
.before(|bucket| {
    bucket.root("PUT", QUERIES[1]).body(one_policy("p")).send().expect(200);
})
.request(|_, draft| draft.body_to_set(&one_policy("other")))
.proven(&[
    ("policy", Proof::Test("bucket_callback_policy::replaces_the_policies")),
    ("comp", Proof::Test("bucket_callback_policy::replaces_the_policies")),
    ("BucketCallbackPolicy/*", Proof::Test("bucket_callback_policy::replaces_the_policies")),
]);

fn one_policy(name: &str) -> String {
    format!(
        "<BucketCallbackPolicy><PolicyItem><PolicyName>{name}</PolicyName><Callback>{}</Callback><CallbackVar/>\
         </PolicyItem></BucketCallbackPolicy>",
        callback()
    )
}

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
    bucket.root("PUT", "?policy").body("{}").send().expect_error(400, "InvalidPolicyDocument");
    Bucket::unmade().root("PUT", QUERIES[0]).body(POLICY).send().expect_error(404, "NoSuchBucket");
}

#[test]
fn returns_the_document_as_it_was_given() {
    let bucket = Bucket::new();
    bucket.root("PUT", QUERIES[0]).body(POLICY).send().expect(200);
    for query in QUERIES {
        let answer = bucket.root("GET", query).send().expect(200);
        assert_eq!((answer.text(), answer.spelled("Content-Type")), (POLICY, "application/xml"));
    }
}

#[test]
fn errors_of_get() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", QUERIES[0]).send().expect_error(404, "BucketCallbackPolicyNotExist");
    assert_eq!(answer.element("BucketName"), bucket.name);
    bucket.root("GET", QUERIES[0]).anonymous().send().expect_error(403, "AccessDenied");
}

#[test]
fn takes_the_policies_away() {
    let bucket = Bucket::new();
    bucket.root("PUT", QUERIES[0]).body(POLICY).send().expect(200);
    bucket.root("DELETE", QUERIES[0]).anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("GET", QUERIES[0]).send().expect(200);
    for query in QUERIES {
        bucket.root("DELETE", query).send().expect(204);
        bucket.root("GET", query).send().expect_error(404, "BucketCallbackPolicyNotExist");
    }
    Bucket::unmade().root("DELETE", QUERIES[0]).send().expect_error(404, "NoSuchBucket");
}
