//! What an upload says about its object, as it stands in answers: every name, the order and every byte, whatever version
//! stored the object and whatever has rewritten its record since.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::harness::server::folder;
use crate::harness::{Bucket, Setup, Wire, signing, wire};

/// Folders whose bucket `described` has two objects and an upload in progress, all with what [`described`] has.
const FOLDERS: [&str; 2] = ["format-1-attributes", "format-1-fields"];

/// What answers say of an object with attributes of every kind.
fn described() -> Vec<&'static [u8]> {
    vec![
        b"Content-Type: text/x",
        b"x-oss-storage-class: IA",
        b"Cache-Control: no-cache",
        b"Content-Disposition: attachment; filename=\xd6\xd0.txt",
        b"x-oss-meta-file: \xd6\xd0\xce\xc4.txt",
        b"x-oss-meta-b: Kept As It Is",
        b"x-oss-meta-a: 1",
        b"x-oss-meta-empty: ",
        b"x-oss-tagging-count: 2",
    ]
}

/// The lines of an answer to HEAD that say what the upload said.
fn lines(bucket: &Bucket, key: &str) -> Vec<Vec<u8>> {
    let mut wire = Wire::open(bucket.server.address());
    wire.send(bucket.key("HEAD", key).to_bytes());
    let head = wire.raw_head();
    let names = [
        "Content-Type:",
        "x-oss-storage-class:",
        "Cache-Control:",
        "Content-Disposition:",
        "x-oss-meta-",
        "x-oss-tagging",
    ];
    head.split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| names.iter().any(|name| line.starts_with(name.as_bytes())))
        .map(<[u8]>::to_vec)
        .collect()
}

#[track_caller]
fn check(bucket: &Bucket, key: &str) {
    let shown = |lines: &[&[u8]]| -> Vec<String> {
        lines.iter().map(|line| line.escape_ascii().to_string()).collect()
    };
    let found = lines(bucket, key);
    let found: Vec<&[u8]> = found.iter().map(Vec::as_slice).collect();
    assert_eq!(shown(&found), shown(&described()), "{key}");
}

/// Rewrites the record of an object without changing what the upload said, and checks it each time.
fn rewrite(bucket: &Bucket, key: &str) {
    bucket.key("PUT", key).query("acl", "").header("x-oss-object-acl", "private").send().expect(200);
    check(bucket, key);
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b c</Key><Value>中</Value></Tag>\
                </TagSet></Tagging>";
    bucket.key("DELETE", key).query("tagging", "").send().expect(204);
    bucket.key("PUT", key).query("tagging", "").body(tags).send().expect(200);
    check(bucket, key);
    let source = format!("/{}/{}", bucket.name, signing::encode(key, true));
    let copy = bucket.key("PUT", "copy").header("x-oss-copy-source", &source);
    copy.header("x-oss-storage-class", "IA").send().expect(200);
    check(bucket, "copy");
}

#[test]
fn headers_metadata_and_tags_come_back_as_they_came() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    let mut bytes = bucket.at("PUT", "k").anonymous().body("x").to_bytes();
    let end = wire::find(&bytes, b"\r\n\r\n").unwrap() + 2;
    let sent = described().into_iter().filter(|line| !line.starts_with(b"x-oss-tagging"));
    let sent = sent.chain([&b"x-oss-tagging: a=1&b%20c=%E4%B8%AD"[..]]);
    bytes.splice(end..end, sent.flat_map(|line| [line, b"\r\n"].concat()).collect::<Vec<_>>());
    let mut wire = Wire::open(bucket.server.address());
    wire.send(bytes);
    wire.answer().expect(200);
    check(&bucket, "k");
    rewrite(&bucket, "k");
}

#[test]
fn headers_metadata_and_tags_of_objects_in_folders_of_every_version() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/fixtures");
    for fixture in FOLDERS {
        let outside = folder();
        let data = outside.path().join("data");
        let copied = Command::new("cp").arg("-r").arg(fixtures.join(fixture)).arg(&data).status().unwrap();
        assert!(copied.success());
        let server = Arc::new(Setup::new().data(&data).start());
        let bucket = Bucket { server, name: "described".to_owned() };
        for key in ["in the files", "in the log"] {
            check(&bucket, key);
            rewrite(&bucket, key);
        }
        let upload = bucket.root("GET", "?uploads").send().expect(200).element("UploadId");
        let part = bucket.part("in progress", &upload, 1, b"x");
        bucket.complete("in progress", &upload, &[(1, part)]).send().expect(200);
        check(&bucket, "in progress");
        rewrite(&bucket, "in progress");
    }
}
