//! `CompleteMultipartUpload`.

use ossicle_protocol::Operation;

use crate::harness::checksum::{content_md5, crc64, md5_hex, multipart_etag, sha1};
use crate::harness::{Bucket, signing};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::CompleteMultipartUpload])
    .request(|world, draft| {
        let etag = world.etag();
        let part = format!("<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>");
        draft
            .of_key("folder/parts")
            .query("uploadId", world.upload())
            .body(&format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"))
    })
    .proven(&[("CompleteMultipartUpload/*", Proof::Test("complete_multipart_upload::wrong_lists"))]);

/// The least that a part other than the last must have.
const PART: usize = 100 * 1024;

fn parts(bucket: &Bucket, key: &str, contents: &[&[u8]]) -> (String, Vec<(u32, String)>) {
    let id = bucket.initiate(key);
    let parts = contents
        .iter()
        .zip(1..)
        .map(|(content, number)| (number, bucket.part(key, &id, number, content)))
        .collect();
    (id, parts)
}

#[test]
fn makes_an_object_of_parts() {
    let bucket = Bucket::new();
    let (first, last) = (vec![1; PART], b"the end");
    let (id, listed) = parts(&bucket, "a b/k.txt", &[&first, last]);
    let answer = bucket.complete("a b/k.txt", &id, &listed).send().expect(200);
    // The Android SDK compares the type with exactly this.
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let tag = multipart_etag(&[&first, last]);
    assert_eq!((answer.element("ETag"), answer.spelled("ETag")), (tag.clone(), tag.as_str()));
    let whole = [first.as_slice(), last].concat();
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(&whole));
    assert_eq!(answer.header("Content-MD5"), None);
    assert_eq!(
        (answer.element("Bucket"), answer.element("Key")),
        (bucket.name.clone(), "a b/k.txt".to_owned())
    );
    assert_eq!(
        answer.element("Location"),
        format!("http://{}/{}/a%20b/k.txt", bucket.server.address(), bucket.name)
    );
    assert!(bucket.get("a b/k.txt") == whole);
    let head = bucket.key("HEAD", "a b/k.txt").send().expect(200);
    assert_eq!((head.must("x-oss-object-type"), head.must("ETag")), ("Multipart", tag.as_str()));
    assert_eq!(head.header("Content-MD5"), None);
    // The upload is over.
    bucket.key("GET", "a b/k.txt").query("uploadId", &id).send().expect_error(404, "NoSuchUpload");
    bucket.complete("a b/k.txt", &id, &listed).send().expect_error(404, "NoSuchUpload");
    assert!(bucket.root("GET", "?uploads").send().elements("UploadId").is_empty());
}

#[test]
fn reads_across_parts() {
    let bucket = Bucket::new();
    let contents: Vec<Vec<u8>> = (0..5_u8).map(|part| vec![part; PART + usize::from(part)]).collect();
    let slices: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let (id, listed) = parts(&bucket, "k", &slices);
    bucket.complete("k", &id, &listed).send().expect(200);
    let whole = contents.concat();
    assert!(bucket.get("k") == whole);
    for (first, last) in
        [(PART - 1, PART), (0, PART), (PART * 2, PART * 4 + 3), (whole.len() - 1, whole.len() - 1)]
    {
        let answer =
            bucket.key("GET", "k").header("Range", &format!("bytes={first}-{last}")).send().expect(206);
        assert!(answer.body == whole[first..=last]);
    }
}

#[test]
fn etags_in_every_spelling() {
    let bucket = Bucket::new();
    for spell in [
        |tag: &str| tag.to_owned(),
        |tag: &str| tag.trim_matches('"').to_owned(),
        |tag: &str| tag.replace('"', "&quot;"),
        |tag: &str| tag.replace('"', "&#34;"),
        |tag: &str| tag.to_lowercase(),
    ] {
        let (id, listed) = parts(&bucket, "k", &[b"x"]);
        bucket.complete("k", &id, &[(1, spell(&listed[0].1))]).send().expect(200);
    }
}

#[test]
fn some_of_the_parts_are_enough() {
    // The C SDK's suite lists the first of two parts.
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "k", &[b"one", b"two"]);
    bucket.complete("k", &id, &listed[..1]).send().expect(200);
    assert_eq!(bucket.get("k"), b"one");
    assert_eq!(bucket.root("GET", "?stat").send().element("Storage"), "3");
}

#[test]
fn an_empty_list_makes_an_empty_object() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    bucket.complete("k", &id, &[]).send().expect(200);
    assert_eq!(bucket.get("k"), b"");
}

#[test]
fn all_parts_by_header() {
    let bucket = Bucket::new();
    let first = vec![1; PART];
    let (id, listed) = parts(&bucket, "k", &[&first, b"end"]);
    let complete =
        |value: &str| bucket.key("POST", "k").query("uploadId", &id).header("x-oss-complete-all", value);
    complete("no").send().expect_error(400, "InvalidArgument");
    let answer = bucket.complete("k", &id, &listed).header("x-oss-complete-all", "yes").send();
    let answer = answer.expect_error(400, "InvalidArgument").with_ec("0042-00000216");
    assert_eq!(answer.element("Message"), "Should not speficy both complete all header and http body.");
    bucket.assert_absent("k");
    let answer = complete("yes").send().expect(200);
    assert_eq!(answer.element("ETag"), multipart_etag(&[&first, b"end"]));
    assert!(bucket.get("k") == [first.as_slice(), b"end"].concat());
}

#[test]
fn wrong_lists() {
    let bucket = Bucket::new();
    let large = vec![7; PART];
    let (id, listed) = parts(&bucket, "k", &[&large, &large, b"end"]);
    let complete = |parts: &[(u32, String)]| bucket.complete("k", &id, parts).send();
    let none = "\"0123456789ABCDEF0123456789ABCDEF\"".to_owned();
    let answer = complete(&[(2, listed[1].1.clone()), (1, listed[0].1.clone())]);
    answer.expect_error(400, "InvalidPartOrder").with_ec("0042-00000209");
    complete(&[listed[0].clone(), listed[0].clone()]).expect_error(400, "InvalidPartOrder");
    let answer = complete(&[(1, none)]).expect_error(400, "InvalidPart");
    assert_eq!(
        (answer.element("PartNumber").as_str(), answer.element("PartEtag").contains("0123456789ABCDEF")),
        ("1", true)
    );
    complete(&[(9, listed[0].1.clone())]).expect_error(400, "InvalidPart");
    complete(&[(0, listed[0].1.clone())]).expect_error(400, "InvalidPartOrder");
    complete(&[(10_001, listed[0].1.clone())]).expect_error(400, "InvalidPartOrder");
    bucket.assert_absent("k");
    let body = |body: &str| bucket.key("POST", "k").query("uploadId", &id).body(body).send();
    for text in [
        "",
        "x",
        "<CompleteMultipartUpload><Part></CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>one</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
        "<!DOCTYPE x [<!ENTITY a \"1\">]><CompleteMultipartUpload/>",
        &format!("<CompleteMultipartUpload>{}", " ".repeat(5_000_000)),
    ] {
        body(text).expect_error(400, "MalformedXML");
    }
    bucket.assert_absent("k");
    complete(&listed).expect(200);
}

#[test]
fn parts_but_the_last_must_not_be_small() {
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "k", &[&vec![1; PART - 1], b"end"]);
    let answer = bucket.complete("k", &id, &listed).send().expect_error(400, "EntityTooSmall");
    let answer = answer.with_ec("0042-00000213");
    assert_eq!(
        (answer.element("PartNumber").as_str(), answer.element("ProposedSize").as_str()),
        ("1", "102399")
    );
    bucket.assert_absent("k");
}

#[test]
fn uploads_that_are_none() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    bucket.complete("k", "0123456789ABCDEF0123456789ABCDEF", &[]).send().expect_error(404, "NoSuchUpload");
    let empty = bucket.key("POST", "k").query("uploadId", "0123456789ABCDEF0123456789ABCDEF");
    empty.header("x-oss-complete-all", "yes").send().expect_error(404, "NoSuchUpload");
    bucket.complete("other", &id, &[]).send().expect_error(404, "NoSuchUpload");
    bucket.complete("k", &id, &[]).anonymous().send().expect_error(403, "AccessDenied");
    bucket.assert_keys(&[]);
}

#[test]
fn does_not_overwrite_when_forbidden() {
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "k", &[b"new"]);
    bucket.put("k", "old");
    let forbidding = bucket.complete("k", &id, &listed).header("x-oss-forbid-overwrite", "true");
    forbidding.send().expect_error(409, "FileAlreadyExists");
    assert_eq!(bucket.get("k"), b"old");
    bucket.complete("k", &id, &listed).send().expect(200);
    assert_eq!(bucket.get("k"), b"new");
}

#[test]
fn encodes_the_key_on_demand() {
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "a b\u{1}", &[b"x"]);
    let answer = bucket.complete("a b\u{1}", &id, &listed).query("encoding-type", "url").send().expect(200);
    assert_eq!(signing::decode(&answer.element("Key")), "a b\u{1}");
    assert_eq!(answer.element("EncodingType"), "url");
}

#[test]
fn at_a_virtual_host_the_location_names_the_bucket_once() {
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "k", &[b"x"]);
    let host = format!("{}.localhost", bucket.name);
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part></CompleteMultipartUpload>",
        listed[0].1
    );
    let request = bucket.server.request("POST", "/k").query("uploadId", &id).host_of(&bucket.name, &host);
    let answer = request.body(document).send().expect(200);
    assert_eq!(answer.element("Location"), format!("http://{host}/k"));
}

#[test]
fn the_etag_is_that_of_oss() {
    // The parts' ETags in upper case as text, not as bytes: Java, Go and C++ SDKs.
    let bucket = Bucket::new();
    let (id, listed) = parts(&bucket, "k", &[b"Hello"]);
    let answer = bucket.complete("k", &id, &listed).send().expect(200);
    let md5_of_text = md5_hex(b"8B1A9953C4611296A827ABF8C47804D7");
    assert_eq!(answer.element("ETag"), format!("\"{md5_of_text}-1\""));
}

#[test]
fn the_acl_of_the_request_is_the_objects() {
    let bucket = Bucket::new();
    for (begun, completed, expected) in [
        ("", "public-read", "public-read"),
        ("private", "public-read-write", "public-read-write"),
        ("private", "", "private"),
        ("", "", "default"),
    ] {
        let id = bucket.at("POST", "k?uploads").header("x-oss-object-acl", begun).send().expect(200);
        let id = id.element("UploadId");
        let listed = [(1, bucket.part("k", &id, 1, b"x"))];
        let complete = || bucket.complete("k", &id, &listed);
        complete().header("x-oss-object-acl", "all").send().expect_error(400, "InvalidArgument");
        complete().header("x-oss-object-acl", completed).send().expect(200);
        assert_eq!(bucket.at("GET", "k?acl").send().element("Grant"), expected, "{begun} {completed}");
    }
}

#[test]
fn announced_hashes_are_those_of_the_document_and_of_the_object() {
    let bucket = Bucket::new();
    let (first, last) = (vec![1; PART], b"the end");
    let whole = [first.as_slice(), last].concat();
    let (id, listed) = parts(&bucket, "k", &[&first, last]);
    let complete = |name: &str, value: &str| bucket.complete("k", &id, &listed).header(name, value).send();
    let document: String = listed
        .iter()
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    let document = format!("<CompleteMultipartUpload>{document}</CompleteMultipartUpload>");
    complete("Content-MD5", &content_md5(b"other")).expect_error(400, "InvalidDigest");
    complete("Content-MD5", "short").expect_error(400, "InvalidDigest");
    complete("x-oss-hash-crc64ecma", &crc64(document.as_bytes())).expect_error(400, "InvalidCRC64");
    complete("x-oss-hash-crc64ecma", "x").expect_error(400, "InvalidCRC64");
    complete("x-oss-hash-sha1", &sha1(&first)).expect_error(400, "InvalidDigest");
    complete("x-oss-hash-sha1", "nonsense").expect_error(400, "InvalidDigest");
    bucket.assert_absent("k");
    bucket
        .complete("k", &id, &listed)
        .header("Content-MD5", &content_md5(document.as_bytes()))
        .header("x-oss-hash-crc64ecma", &crc64(&whole))
        .header("x-oss-hash-sha1", &sha1(&whole))
        .send()
        .expect(200);
    assert!(bucket.get("k") == whole);
}
