//! `DeleteBucket`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::DeleteBucket])
    .request(|world, draft| draft.at(&format!("/{}-empty", world.name())));

#[test]
fn deletes_an_empty_bucket() {
    let bucket = Bucket::new();
    bucket.root("DELETE", "").send().expect(204);
    bucket.root("GET", "").send().expect_error(404, "NoSuchBucket");
    bucket.root("DELETE", "").send().expect_error(404, "NoSuchBucket");
    // A new bucket of the name knows nothing of the old one.
    bucket.root("PUT", "").send().expect(200);
    bucket.assert_keys(&[]);
}

#[test]
fn keeps_one_with_objects() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let answer = bucket.root("DELETE", "").send().expect_error(409, "BucketNotEmpty");
    assert_eq!(answer.element("Message"), "The bucket has objects. Please delete them first.");
    bucket.assert_keys(&["k"]);
    bucket.key("DELETE", "k").send().expect(204);
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn keeps_one_with_multipart_uploads() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let answer = bucket.root("DELETE", "").send().expect_error(409, "BucketNotEmpty");
    // Java SDK, DeleteBucketTest.
    assert_eq!(answer.element("Message"), "The bucket has Multipart Uploads. Please delete them first.");
    assert_eq!(answer.element("BucketName"), bucket.name);
    bucket.key("DELETE", "k").query("uploadId", &id).send().expect(204);
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn takes_its_settings_with_it() {
    let bucket = Bucket::new();
    let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                </CORSRule></CORSConfiguration>";
    bucket.root("PUT", "?cors").body(cors).send().expect(200);
    bucket.set_acl("public-read-write");
    bucket.root("DELETE", "").send().expect(204);
    bucket.root("PUT", "").send().expect(200);
    bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "private");
}

#[test]
fn only_for_the_owner() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.root("DELETE", "").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("GET", "").send().expect(200);
}
