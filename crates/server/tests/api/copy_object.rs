//! `CopyObject`.

use crate::harness::checksum::{crc64, etag};
use crate::harness::{Bucket, Request};
use crate::inputs::{Inputs, Proof};
use ossicle_protocol::{Operation, Timestamp};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::CopyObject])
    .request(|world, draft| {
        draft
            .header("x-oss-copy-source", &format!("/{}/source", world.name()))
            .header("x-oss-metadata-directive", "REPLACE")
    })
    .proven(&[(
        "x-oss-tagging",
        Proof::Test("put_object_tagging::a_copy_has_the_tags_of_its_source_or_those_of_the_request"),
    )]);

fn copy(bucket: &Bucket, source: &str, key: &str) -> Request {
    let source =
        if source.starts_with('/') { source.to_owned() } else { format!("/{}/{source}", bucket.name) };
    bucket.key("PUT", key).header("x-oss-copy-source", &source)
}

fn with_source() -> Bucket {
    let bucket = Bucket::new();
    let request =
        bucket.key("PUT", "source.txt").header("x-oss-meta-a", "1").header("Cache-Control", "no-cache");
    request.body("Hello").send().expect(200);
    bucket
}

#[test]
fn answers_with_etag_and_time() {
    let bucket = with_source();
    let answer = copy(&bucket, "source.txt", "copy.bin").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    assert_eq!(answer.element("ETag"), etag(b"Hello"));
    assert_eq!(answer.spelled("ETag"), etag(b"Hello"));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello"));
    let time = answer.element("LastModified");
    assert!(time.len() == 24 && time.ends_with(".000Z"), "{time}");
    let head = bucket.key("HEAD", "copy.bin").send().expect(200);
    let modified = Timestamp::parse_http_date(head.must("Last-Modified")).unwrap();
    assert_eq!(modified.iso8601_millis(), time);
    assert_eq!(bucket.get("copy.bin"), b"Hello");
}

#[test]
fn a_copy_lives_on_its_own() {
    let bucket = with_source();
    let large: Vec<u8> = (0..2_000_000).map(|index| (index % 253) as u8).collect();
    bucket.put("large", &large);
    copy(&bucket, "large", "copy").send().expect(200);
    copy(&bucket, "copy", "copy of copy").send().expect(200);
    bucket.key("DELETE", "large").send().expect(204);
    bucket.put("copy", "other");
    assert!(bucket.get("copy of copy") == large);
}

#[test]
fn metadata_is_kept_unless_replaced() {
    let bucket = with_source();
    let request =
        copy(&bucket, "source.txt", "kept").header("x-oss-meta-b", "2").header("Content-Type", "text/html");
    request.send().expect(200);
    let kept = bucket.key("HEAD", "kept").send();
    let told = ["x-oss-meta-a", "Cache-Control", "Content-Type"].map(|name| kept.must(name).to_owned());
    assert_eq!(told, ["1", "no-cache", "text/plain"]);
    assert_eq!(kept.header("x-oss-meta-b"), None);

    let request = copy(&bucket, "source.txt", "replaced").header("x-oss-metadata-directive", "REPLACE");
    request.header("x-oss-meta-b", "2").header("Content-Type", "text/html").send().expect(200);
    let replaced = bucket.key("HEAD", "replaced").send();
    assert_eq!((replaced.must("x-oss-meta-b"), replaced.must("Content-Type")), ("2", "text/html"));
    assert_eq!((replaced.header("x-oss-meta-a"), replaced.header("Cache-Control")), (None, None));

    // Onto itself: the way to change metadata.
    let request = copy(&bucket, "source.txt", "source.txt").header("x-oss-metadata-directive", "replace");
    request.header("x-oss-meta-c", "3").send().expect(200);
    let head = bucket.key("HEAD", "source.txt").send();
    assert_eq!((head.must("x-oss-meta-c"), head.header("x-oss-meta-a")), ("3", None));
    assert_eq!(bucket.get("source.txt"), b"Hello");

    let request = copy(&bucket, "source.txt", "x").header("x-oss-metadata-directive", "MERGE");
    request.send().expect_error(400, "InvalidArgument").with("ArgumentName", "x-oss-metadata-directive");
}

#[test]
fn acl_is_not_inherited() {
    let bucket = with_source();
    bucket.at("PUT", "source.txt?acl").header("x-oss-object-acl", "public-read").send().expect(200);
    copy(&bucket, "source.txt", "copy").send().expect(200);
    assert_eq!(bucket.at("GET", "copy?acl").send().element("Grant"), "default");
    copy(&bucket, "source.txt", "copy").header("x-oss-object-acl", "public-read-write").send().expect(200);
    assert_eq!(bucket.at("GET", "copy?acl").send().element("Grant"), "public-read-write");
}

#[test]
fn sources_in_every_spelling_and_from_other_buckets() {
    let (bucket, other) = (Bucket::new(), Bucket::new());
    other.put("目录/a b+c?.txt", "Hello");
    let name = &other.name;
    for source in [
        format!("/{name}/%E7%9B%AE%E5%BD%95/a%20b%2Bc%3F.txt"),
        format!("{name}/%E7%9B%AE%E5%BD%95/a%20b%2Bc%3F.txt"),
        format!("/{name}/%E7%9B%AE%E5%BD%95%2Fa%20b%2Bc%3F.txt"),
        format!("/{name}/目录/a%20b%2Bc%3F.txt"),
    ] {
        bucket.key("PUT", "copy").header("x-oss-copy-source", &source).send().expect(200);
        assert_eq!(bucket.get("copy"), b"Hello");
        bucket.key("DELETE", "copy").send().expect(204);
    }
}

#[test]
fn conditions_on_the_source() {
    let bucket = with_source();
    let modified = bucket.key("HEAD", "source.txt").send().must("Last-Modified").to_owned();
    let check = |name: &str, value: &str, status: u16| {
        let answer = copy(&bucket, "source.txt", "copy").header(name, value).send().expect(status);
        if status == 412 {
            answer.expect_error(412, "PreconditionFailed");
        }
        if status != 200 {
            bucket.assert_absent("copy");
        }
        bucket.key("DELETE", "copy").send().expect(204);
    };
    let other = "\"0123456789ABCDEF0123456789ABCDEF\"";
    check("x-oss-copy-source-if-match", &etag(b"Hello"), 200);
    check("x-oss-copy-source-if-match", other, 412);
    check("x-oss-copy-source-if-none-match", other, 200);
    check("x-oss-copy-source-if-none-match", &etag(b"Hello"), 304);
    check("x-oss-copy-source-if-modified-since", &modified, 304);
    check("x-oss-copy-source-if-unmodified-since", &modified, 200);
    check("x-oss-copy-source-if-unmodified-since", "Wed, 21 Oct 2015 07:28:00 GMT", 412);
}

#[test]
fn errors() {
    let bucket = with_source();
    copy(&bucket, "missing", "copy").send().expect_error(404, "NoSuchKey");
    copy(&bucket, "/no-such-bucket-here/k", "copy").send().expect_error(404, "NoSuchBucket");
    for source in ["/", "/abc", "/abc/", "/%FF/x", "/UPPER/x"] {
        let answer = copy(&bucket, source, "copy").send();
        assert_eq!(answer.status, 400, "{source} {answer:?}");
    }
    let versioned = format!("/{}/source.txt?versionId=CAEQ", bucket.name);
    copy(&bucket, &versioned, "copy").send().expect_error(400, "InvalidArgument");
    bucket.assert_absent("copy");
    bucket.put("taken", "x");
    let answer = copy(&bucket, "source.txt", "taken").header("x-oss-forbid-overwrite", "true").send();
    answer.expect_error(409, "FileAlreadyExists");
    assert_eq!(bucket.get("taken"), b"x");
}

#[test]
fn the_source_must_be_readable_for_the_caller() {
    let (bucket, open) = (with_source(), Bucket::new());
    open.set_acl("public-read-write");
    let source = format!("/{}/source.txt", bucket.name);
    let steal = || open.key("PUT", "copy").header("x-oss-copy-source", &source).anonymous().send();
    steal().expect_error(403, "AccessDenied");
    open.assert_absent("copy");
    bucket.set_acl("public-read");
    steal().expect(200);
}

#[test]
fn onto_itself_the_metadata_of_the_request_is_used_whatever_the_directive_says() {
    // OSS manual, CopyObject, x-oss-metadata-directive.
    let bucket = with_source();
    for directive in ["", "COPY"] {
        let request = copy(&bucket, "source.txt", "source.txt").header("x-oss-metadata-directive", directive);
        request.header("x-oss-meta-b", "2").header("Content-Type", "text/html").send().expect(200);
        let head = bucket.key("HEAD", "source.txt").send();
        assert_eq!((head.must("x-oss-meta-b"), head.must("Content-Type")), ("2", "text/html"), "{directive}");
        assert_eq!((head.header("x-oss-meta-a"), head.header("Cache-Control")), (None, None), "{directive}");
        assert_eq!(bucket.get("source.txt"), b"Hello");
    }
}

#[test]
fn onto_itself_without_any_metadata_keeps_what_the_object_has() {
    // Python SDK, test_object_versioning.py, test_update_metadata_versioning.
    let bucket = with_source();
    let before = bucket.key("HEAD", "source.txt").send();
    copy(&bucket, "source.txt", "source.txt").header("x-oss-storage-class", "IA").send().expect(200);
    let head = bucket.key("HEAD", "source.txt").send();
    assert_eq!(head.must("x-oss-storage-class"), "IA");
    for name in ["x-oss-meta-a", "Cache-Control", "Content-Type"] {
        assert_eq!(head.must(name), before.must(name), "{name}");
    }
    let replace = copy(&bucket, "source.txt", "source.txt").header("x-oss-metadata-directive", "REPLACE");
    replace.send().expect(200);
    assert_eq!(bucket.key("HEAD", "source.txt").send().header("x-oss-meta-a"), None);
}

#[test]
fn a_failed_condition_is_named_as_that_of_an_object() {
    let bucket = with_source();
    let failed = |name: &str, value: &str| {
        copy(&bucket, "source.txt", "copy").header(name, value).send().expect_error(412, "PreconditionFailed")
    };
    let answer = failed("x-oss-copy-source-if-match", "\"0123456789ABCDEF0123456789ABCDEF\"");
    answer.with("Condition", "If-Match");
    let answer = failed("x-oss-copy-source-if-unmodified-since", "Wed, 21 Oct 2015 07:28:00 GMT");
    answer.with("Condition", "If-Unmodified-Since");
}
