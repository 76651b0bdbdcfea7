//! Whether a bucket keeps versions, set and asked for. What it changes is in `versioning`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketVersioning])
    .request(|_, draft| draft.body(&document("Enabled")))
    .proven(&[("VersioningConfiguration/Status", Proof::Test("bucket_versioning::is_set_and_asked_for"))]);

fn document(status: &str) -> String {
    format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
}

#[track_caller]
pub(crate) fn set(bucket: &Bucket, status: &str) {
    bucket.root("PUT", "?versioning").body(document(status)).send().expect(200);
}

#[test]
fn has_no_status_until_it_is_set() {
    // As OSS answers for a bucket whose versioning was never set (C++ SDK, BucketVersioningTest).
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?versioning").send().expect(200);
    assert_eq!(answer.element("VersioningConfiguration"), "");
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let info = bucket.root("GET", "?bucketInfo").send().expect(200);
    assert!(info.elements("Versioning").is_empty());
    bucket.root("GET", "?versioning").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?versioning").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn is_set_and_asked_for() {
    let bucket = Bucket::new();
    for status in ["Suspended", "Enabled", "Enabled", "Suspended"] {
        set(&bucket, status);
        assert_eq!(bucket.root("GET", "?versioning").send().expect(200).element("Status"), status);
        assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("Versioning"), status);
    }
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn wrong_documents() {
    // The first two: Python SDK, test_bucket_versioning.py, test_bucket_versioning_wrong.
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    let put = |body: &str| bucket.root("PUT", "?versioning").body(body);
    let empty = "<VersioningConfiguration/>";
    for body in [empty, &document("Disabled"), &document(""), "", "<Versioning/>", &document("enabled")] {
        put(body).send().expect_error(400, "MalformedXML");
    }
    let body = document("Enabled");
    put(&body).header("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").send().expect_error(400, "InvalidDigest");
    put(&body).unframed().send().expect_error(411, "MissingContentLength");
    put(&body).anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?versioning").send().expect_error(405, "MethodNotAllowed");
    Bucket::unmade().root("PUT", "?versioning").body(&body).send().expect_error(404, "NoSuchBucket");
    assert_eq!(bucket.root("GET", "?versioning").send().element("VersioningConfiguration"), "");
}
