//! `ListParts`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::harness::checksum::{crc64, etag};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::ListParts])
    .request(|world, draft| draft.of_key("folder/parts").query("uploadId", world.upload()));

#[test]
fn lists_parts_in_the_order_of_their_numbers() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    for number in [7, 1, 10_000, 3] {
        bucket.part("k", &id, number, format!("part {number}").as_bytes());
    }
    let list = |query: &str| bucket.at("GET", &format!("k?uploadId={id}{query}")).send().expect(200);
    let answer = list("");
    let told = ["Bucket", "Key", "UploadId", "StorageClass", "PartNumberMarker", "MaxParts", "IsTruncated"];
    let expected = [bucket.name.as_str(), "k", id.as_str(), "Standard", "0", "1000", "false"];
    assert_eq!(told.map(|name| answer.element(name)), expected);
    assert_eq!(answer.elements("PartNumber"), ["1", "3", "7", "10000"]);
    assert!(answer.elements("ClientEncryptionKey").is_empty());
    assert_eq!(answer.element("NextPartNumberMarker"), "10000");
    assert_eq!(answer.elements("ETag")[0], etag(b"part 1"));
    assert_eq!(answer.elements("Size"), ["6", "6", "6", "10"]);
    assert_eq!(answer.elements("HashCrc64ecma")[3], crc64(b"part 10000"));
    assert!(answer.elements("LastModified").iter().all(|time| time.ends_with(".000Z")));

    let first = list("&max-parts=2");
    assert_eq!(
        (first.elements("PartNumber"), first.element("IsTruncated").as_str()),
        (vec!["1".to_owned(), "3".to_owned()], "true")
    );
    assert_eq!(first.element("NextPartNumberMarker"), "3");
    let second = list("&max-parts=2&part-number-marker=3");
    assert_eq!((second.elements("PartNumber").len(), second.element("IsTruncated").as_str()), (2, "false"));
    assert!(list("&part-number-marker=10000").elements("Part").is_empty());
}

#[test]
fn an_upload_without_parts_has_every_element() {
    let bucket = Bucket::new();
    let id = bucket.initiate("a b");
    let answer =
        bucket.key("GET", "a b").query("uploadId", &id).query("encoding-type", "url").send().expect(200);
    assert_eq!((answer.element("Key").as_str(), answer.element("EncodingType").as_str()), ("a%20b", "url"));
    // Java SDK, UploadPartTest: no number where there is no part.
    assert_eq!(
        (answer.element("NextPartNumberMarker").as_str(), answer.element("PartNumberMarker").as_str()),
        ("", "0")
    );
    assert!(answer.elements("Part").is_empty());
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let list = |query: &str| bucket.at("GET", &format!("k?uploadId={id}{query}")).send();
    for query in
        ["&max-parts=0", "&max-parts=1001", "&max-parts=x", "&part-number-marker=x", "&encoding-type=x"]
    {
        list(query).expect_error(400, "InvalidArgument");
    }
    bucket.at("GET", "k?uploadId=none").send().expect_error(404, "NoSuchUpload");
    bucket.at("GET", &format!("other?uploadId={id}")).send().expect_error(404, "NoSuchUpload");
    bucket.at("GET", &format!("k?uploadId={id}")).anonymous().send().expect_error(403, "AccessDenied");
}
