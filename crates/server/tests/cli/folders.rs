//! `ossicle fsck` and `ossicle scrub`, on whole and on damaged data folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_store::{NewUpload, PutPart, Store, StoreOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::request::now;
use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Setup};
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

/// A folder with an upload begun so many hours ago for each number, named after it, of one large part.
fn with_uploads(hours: &[i64]) -> TempDir {
    let data = folder();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(data.path(), StoreOptions::default()).unwrap();
        store
            .create_bucket(ossicle_store::Bucket { name: "demo".into(), ..Default::default() })
            .await
            .unwrap();
        for hours in hours {
            let (bucket, key) = ("demo".to_owned(), format!("begun {hours} hours ago"));
            let now_ms = now().unix_millis() - hours * 3_600_000;
            let new = NewUpload { bucket: bucket.clone(), key: key.clone(), now_ms, ..NewUpload::default() };
            let upload_id = store.initiate(new).await.unwrap();
            let mut upload = store.upload(None);
            upload.write(vec![7; LARGE].into()).await.unwrap();
            let data = upload.finish().await.unwrap();
            store.put_part(PutPart { bucket, key, upload_id, number: 3, data, now_ms }).await.unwrap();
        }
        store.close().await;
    });
    data
}

fn files(data: &TempDir) -> usize {
    let folders = fs::read_dir(data.path().join("files")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| fs::read_dir(folder).unwrap().count()).sum()
}

#[test]
fn abandoned_uploads_are_listed_and_aborted_only_on_request() {
    let data = with_uploads(&[1, 24 * 8, 24 * 30]);
    let text = run("fsck", &data, &["--repair"], 0).out;
    assert!(text.contains("of demo/begun 192 hours ago, begun 20"), "{text}");
    assert!(
        text.contains(", 1 parts, 300000 bytes\n") && text.contains("--abort-uploads-older-than 7d"),
        "{text}"
    );
    let report = json("fsck", &data, 0);
    let uploads = &report["uploads_in_progress"];
    assert_eq!(uploads["shown"].as_array().unwrap().len(), 3, "{report}");
    assert_eq!(uploads["aborted"]["uploads"], 0);

    // Without --repair it is a mistake.
    run("fsck", &data, &["--abort-uploads-older-than", "7d"], 2);
    assert_eq!(files(&data), 3);
    let text = run("fsck", &data, &["--repair", "--abort-uploads-older-than", "7d"], 0).out;
    assert!(text.contains("aborted 2 uploads with 600000 bytes\n"), "{text}");
    assert_eq!(files(&data), 1, "the space is there again");
    let report = json("fsck", &data, 0);
    let shown = report["uploads_in_progress"]["shown"].as_array().unwrap();
    assert_eq!(shown.len(), 1, "{report}");
    assert_eq!((&shown[0]["key"], &shown[0]["parts"]), (&"begun 1 hours ago".into(), &1.into()));
}

#[test]
fn many_uploads_are_summed_up() {
    let data = with_uploads(&[5; 103]);
    let report = json("fsck", &data, 0);
    let uploads = &report["uploads_in_progress"];
    assert_eq!(uploads["shown"].as_array().unwrap().len(), 100);
    assert_eq!(uploads["others"], serde_json::json!({"uploads": 3, "bytes": 3 * LARGE}));
    let text = run("fsck", &data, &[], 0).out;
    assert!(text.contains("and 3 more uploads with 900000 bytes\n"), "{text}");
}

/// What the server says of them at start, and what it does where it is told to.
#[test]
fn the_server_tells_of_abandoned_uploads_and_aborts_them() {
    let data = with_uploads(&[1, 24 * 8, 24 * 30]);
    let mut server = Setup::new().data(data.path()).start();
    server.wait_for_log("neither completed nor aborted");
    let log = server.log();
    assert!(log.contains("uploads=2 bytes=600000 oldest_days=30"), "{log}");
    assert!(log.contains("storage.abort_multipart_days = 7"), "{log}");
    server.terminate();
    assert!(server.wait().success());
    assert_eq!(files(&data), 3, "none was touched");

    let mut server = Setup::new().data(data.path()).set("OSSICLE_STORAGE_ABORT_MULTIPART_DAYS", "9").start();
    server.wait_for_log("aborted=1 bytes=300000");
    let log = server.log();
    assert!(log.contains("begun 720 hours ago"), "{log}");
    server.terminate();
    assert!(server.wait().success());
    let report = json("fsck", &data, 0);
    let shown = report["uploads_in_progress"]["shown"].as_array().unwrap();
    let keys: Vec<_> = shown.iter().map(|upload| upload["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["begun 1 hours ago", "begun 192 hours ago"]);
}

/// Copies a folder with everything in it, as `cp -a` does.
fn copied(from: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap() {
            let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
            if path.is_dir() {
                fs::create_dir_all(&to).unwrap();
                copy(&path, &to);
            } else {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
    let to = folder();
    copy(from, to.path());
    to
}

/// docs/production.md: a backup is a copy of the folder while the server is stopped, or a snapshot, which is what a power cut
/// would have left.
#[test]
fn a_copy_of_a_stopped_server_and_a_snapshot_of_a_running_one_restore() {
    let application = Application::json("{}");
    let callback = format!("{{\"callbackUrl\":\"{}\",\"callbackBody\":\"a\"}}", application.url("/"));
    let callback = STANDARD.encode(callback);
    for stopped in [true, false] {
        let data = folder();
        let bucket = Bucket::on(&Arc::new(Setup::new().data(data.path()).start()));
        bucket.put("small", "Hello OSS!");
        bucket.put("large", vec![7; LARGE]);
        let called =
            bucket.key("PUT", "called").header("x-oss-callback", &callback).body("x").send().expect(200);
        let id = called.must("x-oss-request-id").to_owned();
        bucket.server.delivery_once(&id, |state| state == "delivered");
        let (name, key) = (bucket.name.clone(), bucket.server.public_key());
        let mut server = Arc::into_inner(bucket.server).unwrap();
        let backup = if stopped {
            server.terminate();
            assert!(server.wait().success());
            copied(data.path())
        } else {
            // The outcome of a callback is seen up to 50 ms before it is on disk. After that nothing is written at this
            // moment, so that a copy is a snapshot.
            std::thread::sleep(std::time::Duration::from_millis(500));
            let copy = copied(data.path());
            server.kill();
            copy
        };
        run("fsck", &backup, &[], 0);
        let restored = Bucket { server: Arc::new(Setup::new().data(backup.path()).start()), name };
        assert_eq!(restored.get("small"), b"Hello OSS!");
        assert_eq!(restored.get("large"), vec![7; LARGE]);
        assert_eq!(restored.server.public_key(), key, "receivers need no new key");
        assert_eq!(restored.server.delivery_of(&id)["state"], "delivered");
        restored.put("new", "more");
    }
}
