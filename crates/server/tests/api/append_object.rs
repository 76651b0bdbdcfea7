//! `AppendObject`.

use ossicle_protocol::Operation;

use crate::harness::checksum::{content_md5, crc64};
use crate::harness::{Answer, Bucket};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::AppendObject])
    .request(|_, draft| draft.of_key("appended").query("position", "0").body("new content"));

fn append(bucket: &Bucket, key: &str, position: &str, content: &str) -> Answer {
    bucket.key("POST", key).query("append", "").query("position", position).body(content).send()
}

#[test]
fn grows_an_object() {
    let bucket = Bucket::new();
    let answer = append(&bucket, "log", "0", "Hello").expect(200);
    assert_eq!(answer.spelled("x-oss-next-append-position"), "5");
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello"));
    assert!(answer.body.is_empty());
    let answer = append(&bucket, "log", "5", " OSS").expect(200);
    assert_eq!(answer.spelled("x-oss-next-append-position"), "9");
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS"), "of the whole object");
    let head = bucket.key("HEAD", "log").send().expect(200);
    assert_eq!(
        (head.must("x-oss-object-type"), head.must("x-oss-next-append-position")),
        ("Appendable", "9")
    );
    assert_eq!(head.must("ETag"), answer.must("ETag"));
    assert_eq!(bucket.get("log"), b"Hello OSS");
    let range = bucket.key("GET", "log").header("Range", "bytes=3-6").send().expect(206);
    assert_eq!(range.text(), "lo O");
}

#[test]
fn a_hundred_pieces() {
    let bucket = Bucket::new();
    let mut whole = String::new();
    for number in 0..100 {
        let piece = format!("line {number}\n");
        append(&bucket, "log", &whole.len().to_string(), &piece).expect(200);
        whole.push_str(&piece);
    }
    assert_eq!(bucket.get("log"), whole.as_bytes());
    assert_eq!(bucket.key("HEAD", "log").send().must("x-oss-hash-crc64ecma"), crc64(whole.as_bytes()));
}

#[test]
fn the_position_must_be_the_end() {
    let bucket = Bucket::new();
    append(&bucket, "log", "0", "Hello").expect(200);
    for position in ["0", "4", "6"] {
        let answer = append(&bucket, "log", position, "x").expect_error(409, "PositionNotEqualToLength");
        assert_eq!(answer.spelled("x-oss-next-append-position"), "5");
        assert_eq!(answer.element("Message"), "Position is not equal to file length");
    }
    append(&bucket, "new", "1", "x").expect_error(409, "PositionNotEqualToLength");
    bucket.assert_absent("new");
    // Java SDK, AppendObjectTest.
    let answer = bucket.at("POST", "log?append").body("x").send().expect_error(400, "MissingArgument");
    assert_eq!(answer.element("ArgumentName"), "position");
    for position in ["", "-1", "x", "99999999999999999999"] {
        append(&bucket, "log", position, "x").expect_error(400, "InvalidArgument");
    }
    assert_eq!(bucket.get("log"), b"Hello");
}

#[test]
fn other_objects_do_not_grow() {
    let bucket = Bucket::new();
    bucket.put("normal", "Hello");
    let answer = append(&bucket, "normal", "5", "x").expect_error(409, "ObjectNotAppendable");
    assert_eq!(answer.element("Message"), "The object is not appendable");
    assert_eq!(bucket.get("normal"), b"Hello");
    // Overwriting makes an appendable object an ordinary one.
    append(&bucket, "log", "0", "Hello").expect(200);
    bucket.put("log", "new");
    append(&bucket, "log", "3", "x").expect_error(409, "ObjectNotAppendable");
}

#[test]
fn the_first_append_sets_the_attributes() {
    let bucket = Bucket::new();
    let request = bucket
        .at("POST", "log.txt?append&position=0")
        .header("x-oss-meta-a", "1")
        .header("Cache-Control", "no-cache");
    request.body("x").send().expect(200);
    bucket.at("POST", "log.txt?append&position=1").header("x-oss-meta-a", "2").body("y").send().expect(200);
    let head = bucket.key("HEAD", "log.txt").send().expect(200);
    assert_eq!(
        (head.must("Content-Type"), head.must("Cache-Control"), head.must("x-oss-meta-a")),
        ("text/plain", "no-cache", "1")
    );
}

#[test]
fn a_wrong_md5_appends_nothing() {
    let bucket = Bucket::new();
    append(&bucket, "log", "0", "Hello").expect(200);
    let request = bucket.at("POST", "log?append&position=5").header("Content-MD5", &content_md5(b"y"));
    request.body("x").send().expect_error(400, "InvalidDigest");
    assert_eq!(bucket.get("log"), b"Hello");
    append(&bucket, "log", "5", "").expect(200);
    assert_eq!(bucket.get("log"), b"Hello");
}

#[test]
fn one_of_two_at_the_same_position_wins() {
    let bucket = Bucket::new();
    let outcomes: Vec<u16> = std::thread::scope(|scope| {
        let bucket = &bucket;
        let tasks: Vec<_> =
            (0..8).map(|_| scope.spawn(move || append(bucket, "log", "0", "Hello").status)).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|status| **status == 200).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|status| **status == 409).count(), 7, "{outcomes:?}");
    assert_eq!(bucket.get("log"), b"Hello");
}

#[test]
fn who_may() {
    let bucket = Bucket::new();
    let anonymous = || bucket.at("POST", "log?append&position=0").anonymous().body("x").send();
    anonymous().expect_error(403, "AccessDenied");
    bucket.set_acl("public-read-write");
    anonymous().expect(200);
    append(&Bucket::unmade(), "log", "0", "x").expect_error(404, "NoSuchBucket");
}

#[test]
fn a_later_append_may_set_the_acl() {
    let bucket = Bucket::new();
    let append = |position: &str, acl: &str| {
        let request = bucket.key("POST", "log").query("append", "").query("position", position);
        request.header("x-oss-object-acl", acl).body("x").send().expect(200);
        bucket.at("GET", "log?acl").send().element("Grant")
    };
    assert_eq!(append("0", ""), "default");
    assert_eq!(append("1", "public-read"), "public-read");
    assert_eq!(append("2", ""), "public-read");
    assert_eq!(append("3", "private"), "private");
}
