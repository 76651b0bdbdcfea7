//! `PutObjectTagging`.

use ossicle_protocol::Operation;

use crate::harness::{Answer, Bucket, Request};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutObjectTagging])
    .before(|bucket| {
        bucket.at("PUT", "k?tagging").body(document(&[("was", "1")])).send().expect(200);
    })
    .request(|_, draft| draft.body(&document(&[("set", "1")])))
    .proven(&[("Tagging/*", Proof::Test("put_object_tagging::replaces_the_tags_and_touches_nothing_else"))]);

pub(crate) fn document(tags: &[(&str, &str)]) -> String {
    let tags = tags.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.collect::<String>())
}

/// The tags of an object as `key=value`.
#[track_caller]
pub(crate) fn tags(bucket: &Bucket, key: &str) -> Vec<String> {
    of(&bucket.key("GET", key).query("tagging", "").send().expect(200))
}

#[track_caller]
pub(crate) fn of(answer: &Answer) -> Vec<String> {
    let values = answer.elements("Value");
    answer.elements("Key").into_iter().zip(values).map(|(key, value)| format!("{key}={value}")).collect()
}

fn put(bucket: &Bucket, key: &str, tags: &[(&str, &str)]) -> Answer {
    bucket.key("PUT", key).query("tagging", "").body(document(tags)).send()
}

#[test]
fn replaces_the_tags_and_touches_nothing_else() {
    let bucket = Bucket::new();
    bucket.key("PUT", "k").header("x-oss-meta-a", "1").body("Hello").send().expect(200);
    let shown = |answer: &Answer| {
        ["ETag", "Last-Modified", "x-oss-meta-a", "Content-Type"].map(|name| answer.must(name).to_owned())
    };
    let before = bucket.key("HEAD", "k").send().expect(200);
    assert_eq!(before.header("x-oss-tagging-count"), None);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    put(&bucket, "k", &[("a", "1"), ("中文 +-=._:/", "")]).expect(200);
    assert_eq!(tags(&bucket, "k"), ["a=1", "中文 +-=._:/="]);
    put(&bucket, "k", &[("b", "2")]).expect(200);
    assert_eq!(tags(&bucket, "k"), ["b=2"]);
    let after = bucket.key("HEAD", "k").send().expect(200);
    assert_eq!(shown(&after), shown(&before));
    assert_eq!(after.must("x-oss-tagging-count"), "1");
    assert_eq!(after.header("x-oss-tagging"), None);
    assert_eq!(bucket.key("GET", "k").send().must("x-oss-tagging-count"), "1");
    assert_eq!(bucket.get("k"), b"Hello");
    // A new object of the key has none of them.
    bucket.put("k", "new");
    assert!(tags(&bucket, "k").is_empty());
}

#[test]
fn refuses_and_leaves_the_tags_as_they_are() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    put(&bucket, "k", &[("a", "1")]).expect(200);
    let eleven: Vec<String> = (0..11).map(|number| format!("k{number}")).collect();
    let eleven: Vec<(&str, &str)> = eleven.iter().map(|key| (key.as_str(), "")).collect();
    let check = |tags: &[(&str, &str)], ec: &str| {
        put(&bucket, "k", tags).expect_error(400, "InvalidTag").with_ec(ec);
    };
    check(&eleven, "0010-00000218");
    check(&[("a", "1"), ("a", "2")], "0010-00000210");
    check(&[(&"a".repeat(129), "1")], "0010-00000209");
    check(&[("a", &"1".repeat(257))], "0010-00000217");
    check(&[("", "1")], "0010-00000212");
    check(&[("%@abc", "1")], "0010-00000212");
    check(&[("a", "%abc")], "0010-00000217");
    put(&bucket, "missing", &[("a", "1")]).expect_error(404, "NoSuchKey");
    let request = || bucket.key("PUT", "k").query("tagging", "");
    request().body("<Tagging/>").send().expect_error(400, "MalformedXML");
    request().body(document(&[])).header("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").send().expect(400);
    request().body(document(&[("b", "2")])).anonymous().send().expect_error(403, "AccessDenied");
    bucket
        .at("PUT", "k?tagging&versionId=CAEQ")
        .body(document(&[]))
        .send()
        .expect_error(400, "InvalidArgument");
    assert_eq!(tags(&bucket, "k"), ["a=1"]);
}

#[test]
fn every_upload_may_bring_tags() {
    let bucket = Bucket::new();
    let header = "x-oss-tagging";
    bucket.key("PUT", "put").header(header, "a=1&b%20c=%E4%B8%AD").body("x").send().expect(200);
    assert_eq!(tags(&bucket, "put"), ["a=1", "b c=中"]);
    let append = |position: &str, tagging: &str| {
        let request = bucket.key("POST", "log").query("append", "").query("position", position);
        request.header(header, tagging).body("x").send().expect(200);
    };
    append("0", "a=1");
    append("1", "b=2");
    append("2", "not=a=tag");
    assert_eq!(tags(&bucket, "log"), ["a=1"], "those of the first append");
    let upload =
        bucket.at("POST", "parts?uploads").header(header, "p=1").send().expect(200).element("UploadId");
    let part = bucket.part("parts", &upload, 1, b"x");
    bucket.complete("parts", &upload, &[(1, part)]).send().expect(200);
    assert_eq!(tags(&bucket, "parts"), ["p=1"]);
    let refused = |request: Request| {
        request.header(header, "a=b=c").send().expect_error(400, "InvalidTag").with_ec("0010-00000219");
    };
    refused(bucket.key("PUT", "bad").body("x"));
    refused(bucket.at("POST", "bad?uploads"));
    refused(bucket.at("POST", "bad?append&position=0").body("x"));
    bucket.assert_absent("bad");
}

#[test]
fn a_copy_has_the_tags_of_its_source_or_those_of_the_request() {
    let bucket = Bucket::new();
    let source = format!("/{}/source", bucket.name);
    bucket
        .key("PUT", "source")
        .header("x-oss-tagging", "s=1")
        .header("x-oss-meta-a", "1")
        .body("x")
        .send()
        .expect(200);
    let copy = |metadata: &str, tagging: &str, key: &str| {
        let request = bucket.key("PUT", key).header("x-oss-copy-source", &source);
        let request = request.header("x-oss-metadata-directive", metadata).header("x-oss-meta-b", "2");
        request.header("x-oss-tagging-directive", tagging).header("x-oss-tagging", "r=2").send()
    };
    let check = |metadata: &str, tagging: &str, expected: &str, meta: &str| {
        copy(metadata, tagging, "copy").expect(200);
        assert_eq!(tags(&bucket, "copy"), [expected], "{metadata} {tagging}");
        let head = bucket.key("HEAD", "copy").send();
        let other = if meta == "x-oss-meta-a" { "x-oss-meta-b" } else { "x-oss-meta-a" };
        assert!(head.header(meta).is_some() && head.header(other).is_none(), "{metadata} {tagging}");
    };
    check("COPY", "", "s=1", "x-oss-meta-a");
    check("COPY", "COPY", "s=1", "x-oss-meta-a");
    check("COPY", "replace", "r=2", "x-oss-meta-a");
    check("REPLACE", "", "s=1", "x-oss-meta-b");
    check("REPLACE", "REPLACE", "r=2", "x-oss-meta-b");
    // An object copied onto itself gets the headers of the request, and its tags by the same rule.
    copy("COPY", "COPY", "source").expect(200);
    assert_eq!(tags(&bucket, "source"), ["s=1"]);
    copy("COPY", "REPLACE", "source").expect(200);
    assert_eq!(tags(&bucket, "source"), ["r=2"]);
    copy("COPY", "KEEP", "copy").expect_error(400, "InvalidArgument");
}
