//! `UploadPartCopy`.

use ossicle_protocol::Operation;

use crate::harness::checksum::{crc64, etag, multipart_etag};
use crate::harness::{Bucket, Request};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::UploadPartCopy]).request(|world, draft| {
    let draft = draft.of_key("folder/parts").query("partNumber", "2").query("uploadId", world.upload());
    draft.header("x-oss-copy-source", &format!("/{}/source", world.name()))
});

fn copy(bucket: &Bucket, id: &str, number: &str, source: &str) -> Request {
    let request = bucket.key("PUT", "k").query("partNumber", number).query("uploadId", id);
    request.header("x-oss-copy-source", &format!("/{}/{source}", bucket.name))
}

#[test]
fn parts_out_of_objects() {
    let bucket = Bucket::new();
    let content: Vec<u8> = (0..300_000).map(|index| (index % 241) as u8).collect();
    bucket.put("source", &content);
    let id = bucket.initiate("k");
    let answer = copy(&bucket, &id, "1", "source")
        .header("x-oss-copy-source-range", "bytes=0-149999")
        .send()
        .expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    assert_eq!(
        (answer.element("ETag"), answer.spelled("ETag")),
        (etag(&content[..150_000]), etag(&content[..150_000]).as_str())
    );
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(&content[..150_000]));
    assert!(answer.element("LastModified").ends_with(".000Z"));
    let first = answer.element("ETag");
    let second = copy(&bucket, &id, "2", "source").send().expect(200).element("ETag");
    bucket.key("DELETE", "source").send().expect(204);
    let answer = bucket.complete("k", &id, &[(1, first), (2, second)]).send().expect(200);
    assert_eq!(answer.element("ETag"), multipart_etag(&[&content[..150_000], &content]));
    assert!(bucket.get("k") == [&content[..150_000], &content].concat());
}

#[test]
fn ranges_that_do_not_fit_mean_the_whole() {
    let bucket = Bucket::new();
    bucket.put("source", "0123456789");
    let id = bucket.initiate("k");
    for (range, size) in [
        ("bytes=2-4", "3"),
        ("bytes=5-", "5"),
        ("bytes=0-100", "10"),
        ("bytes=5-100", "10"),
        ("bytes=10-", "10"),
        ("bytes=1-2,5-6", "2"),
        ("", "10"),
        ("nonsense", "10"),
        ("bytes=4-2", "10"),
    ] {
        let answer =
            copy(&bucket, &id, "1", "source").header("x-oss-copy-source-range", range).send().expect(200);
        // OSS manual, UploadPartCopy: only a range that is followed is told.
        let told = match size {
            "10" => None,
            "5" => Some("bytes 5-9/10"),
            "3" => Some("bytes 2-4/10"),
            _ => Some("bytes 1-2/10"),
        };
        assert_eq!(answer.header("Content-Range"), told, "{range}");
        assert_eq!(bucket.key("GET", "k").query("uploadId", &id).send().elements("Size"), [size], "{range}");
    }
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.put("source", "0123456789");
    let id = bucket.initiate("k");
    copy(&bucket, &id, "1", "missing").send().expect_error(404, "NoSuchKey");
    copy(&bucket, &id, "0", "source").send().expect_error(400, "InvalidArgument");
    copy(&bucket, "0123456789ABCDEF0123456789ABCDEF", "1", "source")
        .send()
        .expect_error(404, "NoSuchUpload")
        .with_ec("0042-00000311");
    let none = "\"0123456789ABCDEF0123456789ABCDEF\"";
    copy(&bucket, &id, "1", "source")
        .header("x-oss-copy-source-if-match", none)
        .send()
        .expect_error(412, "PreconditionFailed");
    copy(&bucket, &id, "1", "source")
        .header("x-oss-copy-source-if-none-match", &etag(b"0123456789"))
        .send()
        .expect(304);
    let request = bucket.key("PUT", "k").query("partNumber", "1").query("uploadId", &id);
    request.header("x-oss-copy-source", "/no-such-bucket-here/k").send().expect_error(404, "NoSuchBucket");
    copy(&bucket, &id, "1", "source").anonymous().send().expect_error(403, "AccessDenied");
    assert!(bucket.key("GET", "k").query("uploadId", &id).send().elements("Part").is_empty());
}
