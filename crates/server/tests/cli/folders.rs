//! `ossicle fsck` and `ossicle scrub`, on whole and on damaged data folders.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::server::folder;
use crate::harness::{Bucket, Setup};
use crate::run::{Done, ossicle};

/// More than is kept within the index.
const LARGE: usize = 300_000;

/// A data folder with a small and a large object, closed in order.
fn filled() -> TempDir {
    let data = folder();
    let bucket = Bucket::on(&Arc::new(Setup::new().data(data.path()).start()));
    bucket.put("small", "Hello OSS!");
    bucket.put("large", vec![7; LARGE]);
    let mut server = Arc::into_inner(bucket.server).unwrap();
    server.terminate();
    assert!(server.wait().success());
    data
}

/// The file with the large object's content.
fn data_file(data: &TempDir) -> PathBuf {
    let folders = fs::read_dir(data.path().join("files")).unwrap().map(|entry| entry.unwrap().path());
    let mut files =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.find(|path| fs::metadata(path).unwrap().len() >= LARGE as u64).expect("a data file")
}

#[track_caller]
fn run(command: &str, data: &TempDir, more: &[&str], code: i32) -> Done {
    let folder = data.path().to_str().unwrap();
    ossicle(&[&[command, "--data-dir", folder], more].concat()).exits(code)
}

#[track_caller]
fn json(command: &str, data: &TempDir, code: i32) -> Value {
    run(command, data, &["--format", "json"], code).lines().remove(0)
}

#[test]
fn a_whole_folder() {
    let data = filled();
    let text = run("fsck", &data, &[], 0).out;
    assert!(text.starts_with("checked 1 buckets, 2 objects, 0 uploads in progress, 1 data files"), "{text}");
    assert!(text.ends_with("everything is as it should be\n"), "{text}");
    let report = json("fsck", &data, 0);
    assert_eq!((&report["objects"], &report["findings"]), (&2.into(), &Value::Array(Vec::new())));
    let text = run("scrub", &data, &[], 0).out;
    assert_eq!(text, "read 2 objects, 300010 bytes: all as they were written\n");
    let report = json("scrub", &data, 0);
    assert_eq!((&report["bytes"], &report["complete"]), (&300_010.into(), &true.into()));
}

#[test]
fn a_flipped_bit_is_found_by_reading() {
    let data = filled();
    let path = data_file(&data);
    let mut content = fs::read(&path).unwrap();
    content[LARGE / 2] ^= 1;
    fs::write(&path, content).unwrap();
    let text = run("scrub", &data, &[], 1).out;
    assert!(text.contains("large") && text.ends_with("1 damaged\n"), "{text}");
    let report = json("scrub", &data, 1);
    assert_eq!(report["findings"][0]["kind"], "DamagedContent", "{report}");
}

#[test]
fn content_that_is_gone_is_told_and_cannot_be_repaired() {
    let data = filled();
    fs::remove_file(data_file(&data)).unwrap();
    let report = json("fsck", &data, 1);
    assert_eq!(report["findings"][0]["kind"], "MissingContent", "{report}");
    let text = run("fsck", &data, &["--repair"], 1).out;
    assert!(text.contains("large") && text.contains("open"), "{text}");
}

#[test]
fn a_file_that_nobody_needs_is_removed_on_request() {
    let data = filled();
    let path = data_file(&data);
    let name = path.file_name().unwrap().to_str().unwrap();
    // Another identifier, with the same last byte.
    let first = if name.starts_with('0') { "1" } else { "0" };
    let orphan = path.with_file_name(format!("{first}{}", &name[1..]));
    fs::copy(&path, &orphan).unwrap();
    let report = json("fsck", &data, 1);
    assert_eq!(report["findings"][0]["kind"], "OrphanFile", "{report}");
    assert!(orphan.exists(), "nothing is changed unasked");
    let text = run("fsck", &data, &["--repair"], 0).out;
    assert!(text.starts_with("repaired: ") && text.ends_with("1 findings, all set right\n"), "{text}");
    assert!(!orphan.exists() && path.exists());
    run("fsck", &data, &[], 0);
}

#[test]
fn what_cannot_be_checked() {
    let server = Setup::new().start();
    for command in ["fsck", "scrub"] {
        let done = ossicle(&[command, "--data-dir", server.data().to_str().unwrap()]).exits(2);
        assert!(done.err.contains("stop the server that uses it first"), "{done:?}");
        let done = ossicle(&[command, "--data-dir", "/no/such/folder"]).exits(2);
        assert!(done.err.contains("there is no data folder /no/such/folder"), "{done:?}");
    }
}
