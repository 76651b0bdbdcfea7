//! The data folder as a place on a disk: who may read it, and that one process at a time has it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::harness::server::folder;
use crate::harness::{Bucket, Setup};

/// Everything in a folder, the folder itself first.
fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_in(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[track_caller]
fn assert_private(data: &Path) {
    for path in everything_in(data) {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}: {:o}", path.display(), mode(&path));
    }
}

/// Stores what makes files of every kind.
fn fill(bucket: &Bucket) {
    bucket.put("small", "Hello OSS!");
    bucket.put("large", vec![7; 300_000]);
    let upload = bucket.at("POST", "parts?uploads").send().element("UploadId");
    let part = bucket.at("PUT", &format!("parts?partNumber=1&uploadId={upload}"));
    part.body(vec![7; 300_000]).send().expect(200);
}

#[test]
fn data_is_for_its_owner_alone_whatever_the_umask() {
    for umask in ["umask 000", "umask 022", "umask 027"] {
        let outside = folder();
        let data = outside.path().join("data");
        let bucket = Bucket::on(&Arc::new(Setup::new().under(umask).data(&data).start()));
        fill(&bucket);
        assert_private(&data);
        let mut server = Arc::into_inner(bucket.server).unwrap();
        server.terminate();
        assert!(server.wait().success());
        assert_private(&data);
    }
}

#[test]
fn the_access_log_may_be_read_by_its_group() {
    for umask in ["umask 000", "umask 077"] {
        let outside = folder();
        let log = outside.path().join("access.log");
        let start = || {
            let path = log.to_str().unwrap();
            Setup::new().under(umask).set("OSSICLE_LOG_ACCESS_LOG", path).start()
        };
        drop(start());
        assert_eq!(mode(&log), 0o640, "{umask}");
        // What an operator or a log rotation chose stays.
        fs::set_permissions(&log, Permissions::from_mode(0o600)).unwrap();
        drop(start());
        assert_eq!(mode(&log), 0o600, "{umask}");
    }
}

#[test]
fn a_folder_that_is_open_to_others_is_closed_at_start() {
    let outside = folder();
    let data = outside.path().join("data");
    let bucket = Bucket::on(&Arc::new(Setup::new().data(&data).start()));
    fill(&bucket);
    drop(bucket);
    for path in everything_in(&data) {
        let wide = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(wide)).unwrap();
    }
    let server = Setup::new().data(&data).start();
    server.wait_for_log("others could enter the data folder");
    server.wait_for_log("others could read the callback signing key");
    assert_eq!(mode(&data), 0o700);
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    assert_eq!(mode(&data.join("keys/callback_key_v1.pem")), 0o600);
}

#[test]
fn a_folder_in_use_is_refused_even_without_its_lock_file() {
    let outside = folder();
    let data = outside.path().join("data");
    let first = Setup::new().data(&data).start();
    let (lock, aside) = (data.join("lock"), data.join("lock.old"));
    let refused = || {
        let ended = Setup::new().data(&data).run();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains("is in use by another process"), "{ended:?}");
        assert!(ended.stderr.contains("--data-dir"), "it names the cure: {ended:?}");
        ended
    };
    assert!(refused().stderr.contains(&first.child.id().to_string()), "the process is named");
    fs::rename(&lock, &aside).unwrap();
    refused();
    assert!(!lock.exists(), "a start that is refused leaves nothing behind");
    fs::rename(&aside, &lock).unwrap();
    refused();
    fs::remove_file(&lock).unwrap();
    refused();
    fs::write(&lock, "").unwrap();
    refused();
    // The one that runs is not disturbed, and what a kill leaves behind is no lock.
    first.request("PUT", "/bucket").send().expect(200);
    let kept = first.kill();
    Setup::new().data(&data).start().request("GET", "/bucket").send().expect(200);
    drop(kept);
}

#[test]
fn fsck_refuses_a_folder_in_use_even_without_its_lock_file() {
    let server = Setup::new().start();
    fs::remove_file(server.data().join("lock")).unwrap();
    let ended = Setup::new().bare().arguments(&["fsck", "--data-dir", server.data().to_str().unwrap()]).run();
    assert_ne!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("is in use by another process"), "{ended:?}");
}
