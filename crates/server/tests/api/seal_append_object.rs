//! `SealAppendObject`.

use ossicle_protocol::Operation;

use crate::harness::{Answer, Bucket};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::SealAppendObject])
    .request(|_, draft| draft.of_key("folder/appendable").query("position", "10"));

fn append(bucket: &Bucket, position: &str) -> Answer {
    bucket.at("POST", &format!("log?append&position={position}")).body("Hello").send()
}

fn seal(bucket: &Bucket, position: &str) -> Answer {
    bucket.at("POST", &format!("log?seal&position={position}")).send()
}

#[test]
fn a_sealed_object_takes_no_appends() {
    let bucket = Bucket::new();
    append(&bucket, "0").expect(200);
    assert_eq!(bucket.key("HEAD", "log").send().header("x-oss-sealed-time"), None);
    let before = bucket.key("HEAD", "log").send().expect(200);
    let sealed = seal(&bucket, "5").expect(200).must("x-oss-sealed-time").to_owned();
    append(&bucket, "5").expect_error(409, "ObjectNotAppendable");
    for method in ["GET", "HEAD"] {
        let answer = bucket.key(method, "log").send().expect(200);
        assert_eq!(answer.must("x-oss-sealed-time"), sealed, "{method}");
        assert_eq!(answer.must("Last-Modified"), before.must("Last-Modified"), "{method}");
        assert_eq!(answer.must("ETag"), before.must("ETag"), "{method}");
    }
    assert_eq!(bucket.get("log"), b"Hello");
    // The time is that of the first seal.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(seal(&bucket, "5").expect(200).must("x-oss-sealed-time"), sealed);
    // It is the object that is sealed, not the key, and not its copies.
    bucket
        .key("PUT", "copy")
        .header("x-oss-copy-source", &format!("/{}/log", bucket.name))
        .send()
        .expect(200);
    assert_eq!(bucket.key("HEAD", "copy").send().header("x-oss-sealed-time"), None);
    bucket.key("DELETE", "log").send().expect(204);
    append(&bucket, "0").expect(200);
    append(&bucket, "5").expect(200);
}

#[test]
fn refuses_and_seals_nothing() {
    let bucket = Bucket::new();
    seal(&bucket, "0").expect_error(404, "NoSuchKey");
    bucket.put("normal", "x");
    bucket.at("POST", "normal?seal&position=1").send().expect_error(409, "ObjectNotAppendable");
    append(&bucket, "0").expect(200);
    let answer = seal(&bucket, "4").expect_error(409, "PositionNotEqualToLength");
    assert_eq!(answer.must("x-oss-next-append-position"), "5");
    bucket.at("POST", "log?seal").send().expect_error(400, "MissingArgument");
    seal(&bucket, "-1").expect_error(400, "InvalidArgument");
    bucket.at("POST", "log?seal&position=5").anonymous().send().expect_error(403, "AccessDenied");
    append(&bucket, "5").expect(200);
}
