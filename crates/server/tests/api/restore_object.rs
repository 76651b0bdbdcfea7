//! `RestoreObject`, and what cannot be read without it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ossicle_protocol::Operation;

use crate::harness::{Answer, Bucket, Setup};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::RestoreObject])
    .before(|bucket| put(bucket, "folder/frozen", "ColdArchive"))
    .request(|_, draft| draft.of_key("folder/frozen").body(&document(5, "Bulk")))
    .proven(&[("RestoreRequest/*", Proof::Test("restore_object::cold_archives_have_tiers"))]);

pub(crate) fn put(bucket: &Bucket, key: &str, class: &str) {
    bucket.at("PUT", key).header("x-oss-storage-class", class).body("content").send().expect(200);
}

pub(crate) fn document(days: u32, tier: &str) -> String {
    format!(
        "<RestoreRequest><Days>{days}</Days><JobParameters><Tier>{tier}</Tier></JobParameters></RestoreRequest>"
    )
}

pub(crate) fn restore(bucket: &Bucket, key: &str, body: &str) -> Answer {
    bucket.at("POST", &format!("{key}?restore")).body(body).send()
}

/// A server on which nobody waits for long: an object of the class `Archive` can be read after a second, one of the class
/// `ColdArchive` after two, an urgent one at once, and a day lasts for as long as is said.
pub(crate) fn quick(day_s: &str) -> Bucket {
    let setup = Setup::new()
        .set("OSSICLE_RESTORE_ARCHIVE_S", "1")
        .set("OSSICLE_RESTORE_COLD_ARCHIVE_STANDARD_S", "2")
        .set("OSSICLE_RESTORE_COLD_ARCHIVE_EXPEDITED_S", "0")
        .set("OSSICLE_TESTING_RESTORE_DAY_S", day_s);
    Bucket::on(&Arc::new(setup.start()))
}

fn told(bucket: &Bucket, key: &str) -> Option<String> {
    bucket.at("HEAD", key).send().expect(200).header("x-oss-restore").map(str::to_owned)
}

/// Waits until an object can be read, and returns the answer.
#[track_caller]
fn read_in_time(bucket: &Bucket, key: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = bucket.at("GET", key).send();
        if answer.status == 200 {
            return answer;
        }
        answer.expect_error(403, "InvalidObjectState");
        assert!(begun.elapsed() < Duration::from_secs(20), "{key} is not restored");
        thread::sleep(Duration::from_millis(100));
    }
}

const ONGOING: &str = "ongoing-request=\"true\"";

#[test]
fn an_archived_object_is_frozen_restored_and_frozen_again() {
    let bucket = quick("3");
    put(&bucket, "a", "Archive");
    let before = bucket.at("HEAD", "a").send().expect(200);
    assert_eq!((before.must("x-oss-storage-class"), before.header("x-oss-restore")), ("Archive", None));
    bucket.at("GET", "a").send().expect_error(403, "InvalidObjectState").with_ec("0016-00000404");
    let begun = restore(&bucket, "a", "").expect(202);
    assert!(begun.body.is_empty() && begun.header("x-oss-object-restore-priority").is_none());
    assert_eq!(told(&bucket, "a").as_deref(), Some(ONGOING));
    restore(&bucket, "a", "").expect_error(409, "RestoreAlreadyInProgress").with_ec("0016-00000701");
    bucket.at("GET", "a").send().expect_error(403, "InvalidObjectState");

    let read = read_in_time(&bucket, "a");
    assert_eq!(read.body, b"content");
    let until = read.must("x-oss-restore");
    assert!(
        until.starts_with("ongoing-request=\"false\", expiry-date=\"") && until.ends_with(" GMT\""),
        "{until}"
    );
    for name in ["ETag", "Last-Modified", "x-oss-storage-class"] {
        assert_eq!(read.must(name), before.must(name));
    }
    // It can be read for longer, and is frozen when the time is over.
    restore(&bucket, "a", "").expect(200);
    assert_ne!(told(&bucket, "a").unwrap(), until);
    thread::sleep(Duration::from_millis(6500));
    assert_eq!(told(&bucket, "a"), None);
    bucket.at("GET", "a").send().expect_error(403, "InvalidObjectState");
    restore(&bucket, "a", "").expect(202);
}

#[test]
fn cold_archives_have_tiers() {
    let bucket = quick("86400");
    for class in ["ColdArchive", "DeepColdArchive"] {
        put(&bucket, class, class);
        let usual = restore(&bucket, class, "").expect(202);
        assert_eq!(usual.must("x-oss-object-restore-priority"), "Standard");
        // What is asked for again must be more urgent.
        let ec = "0016-00000701";
        restore(&bucket, class, &document(1, "Standard"))
            .expect_error(409, "RestoreAlreadyInProgress")
            .with_ec(ec);
        let hurried = restore(&bucket, class, &document(3, "Expedited")).expect(202);
        assert_eq!(hurried.must("x-oss-object-restore-priority"), "Expedited");
    }
    // The urgent one can be read; the other class has a wait of its own.
    bucket.at("GET", "ColdArchive").send().expect(200);
    bucket.at("GET", "DeepColdArchive").send().expect_error(403, "InvalidObjectState");
    put(&bucket, "bulk", "ColdArchive");
    restore(&bucket, "bulk", &document(1, "Standard")).expect(202);
    let less = restore(&bucket, "bulk", &document(1, "Bulk"));
    less.expect_error(409, "RestoreAlreadyInProgress").with_ec("0016-00000715");
    for (key, tier) in [("bulk", "Test"), ("DeepColdArchive", "Bulk")] {
        restore(&bucket, key, &document(1, tier))
            .expect_error(400, "InvalidArgument")
            .with_ec("0016-00000703");
    }
    read_in_time(&bucket, "bulk");
}

#[test]
fn days_are_those_of_the_class() {
    let bucket = quick("86400");
    let in_days = |key: &str| told(&bucket, key).unwrap();
    put(&bucket, "cold", "ColdArchive");
    restore(&bucket, "cold", &document(300, "Expedited")).expect(202);
    let first = in_days("cold");
    // No longer than a year in all.
    restore(&bucket, "cold", &document(65, "Expedited")).expect(200);
    let most = in_days("cold");
    assert_ne!(most, first);
    restore(&bucket, "cold", &document(365, "Expedited")).expect(200);
    assert_eq!(in_days("cold"), most);
    for (days, ec) in [(0, "0016-00000704"), (366, "0016-00000704")] {
        restore(&bucket, "cold", &document(days, "Bulk")).expect_error(400, "InvalidArgument").with_ec(ec);
    }
    put(&bucket, "archive", "Archive");
    let days = |days: &str| format!("<RestoreRequest><Days>{days}</Days></RestoreRequest>");
    for wrong in ["0", "8", "a"] {
        restore(&bucket, "archive", &days(wrong))
            .expect_error(400, "InvalidArgument")
            .with_ec("0016-00000708");
    }
    restore(&bucket, "archive", &document(1, "Bulk")).expect_error(400, "MalformedXML");
    for body in ["<RestoreRequest>", "<X/>", &"x".repeat(5000)] {
        restore(&bucket, "archive", body).expect_error(400, "MalformedXML");
    }
    assert_eq!(told(&bucket, "archive"), None);
    restore(&bucket, "archive", &days("7")).expect(202);
}

#[test]
fn what_is_not_archived_cannot_be_restored() {
    let bucket = quick("86400");
    for class in ["Standard", "IA"] {
        put(&bucket, class, class);
        restore(&bucket, class, "").expect_error(400, "OperationNotSupported").with_ec("0016-00000702");
        bucket.at("GET", class).send().expect(200);
    }
    restore(&bucket, "none", "").expect_error(404, "NoSuchKey");
    put(&bucket, "frozen", "Archive");
    bucket.at("POST", "frozen?restore").anonymous().send().expect_error(403, "AccessDenied");
    let link = bucket.at("PUT", "link?symlink").header("x-oss-symlink-target", "frozen");
    link.header("x-oss-storage-class", "Archive").send().expect(200);
    restore(&bucket, "link", "").expect_error(400, "OperationNotSupported");
    bucket.at("GET", "link").send().expect_error(403, "InvalidObjectState");
    restore(&bucket, "frozen", "").expect(202);
    read_in_time(&bucket, "link");
}

#[test]
fn a_frozen_object_is_no_source_of_copies() {
    let bucket = quick("86400");
    put(&bucket, "frozen", "ColdArchive");
    let source = format!("/{}/frozen", bucket.name);
    let copy = |key: &str, class: &str| {
        let request = bucket.at("PUT", key).header("x-oss-copy-source", &source);
        request.header("x-oss-storage-class", class).send()
    };
    let upload = bucket.initiate("parts");
    let part = || {
        let target = format!("parts?partNumber=1&uploadId={upload}");
        bucket.at("PUT", &target).header("x-oss-copy-source", &source).send()
    };
    copy("copy", "Standard").expect_error(403, "InvalidObjectState");
    copy("frozen", "Standard").expect_error(403, "InvalidObjectState");
    part().expect_error(403, "InvalidObjectState");
    bucket.at("GET", "copy").send().expect_error(404, "NoSuchKey");
    // Whatever does not read it, may be done.
    bucket.at("PUT", "frozen?acl").header("x-oss-object-acl", "private").send().expect(200);
    bucket.at("GET", "frozen?objectMeta").send().expect(200);

    restore(&bucket, "frozen", &document(1, "Expedited")).expect(202);
    part().expect(200);
    copy("cold-copy", "ColdArchive").expect(200);
    // The copy is frozen although its source is not.
    bucket.at("GET", "cold-copy").send().expect_error(403, "InvalidObjectState");
    assert_eq!(told(&bucket, "cold-copy"), None);
    copy("frozen", "Standard").expect(200);
    let thawed = bucket.at("GET", "frozen").send().expect(200);
    assert_eq!((thawed.must("x-oss-storage-class"), thawed.header("x-oss-restore")), ("Standard", None));
    put(&bucket, "frozen", "ColdArchive");
    bucket.at("GET", "frozen").send().expect_error(403, "InvalidObjectState");
    bucket.at("DELETE", "frozen").send().expect(204);
}

#[test]
fn listings_tell_what_is_restored() {
    let bucket = quick("86400");
    for key in ["a", "b", "c"] {
        put(&bucket, key, "ColdArchive");
    }
    restore(&bucket, "a", &document(1, "Bulk")).expect(202);
    restore(&bucket, "b", &document(1, "Expedited")).expect(202);
    let told = told(&bucket, "b").unwrap();
    for query in ["", "?list-type=2", "?versions"] {
        let listed = bucket.root("GET", query).send().expect(200);
        assert_eq!(listed.elements("RestoreInfo"), [ONGOING, &told], "{query}");
    }
}

#[test]
fn versions_are_restored_one_by_one() {
    let bucket = quick("86400");
    let status = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    bucket.root("PUT", "?versioning").body(status).send().expect(200);
    let put = || {
        let request = bucket.at("PUT", "k").header("x-oss-storage-class", "ColdArchive").body("content");
        request.send().expect(200).must("x-oss-version-id").to_owned()
    };
    let [first, second] = [put(), put()];
    let at = |method: &str, query: &str| bucket.at(method, &format!("k?{query}")).send();
    let restored = bucket.at("POST", &format!("k?restore&versionId={first}"));
    let restored = restored.body(document(1, "Expedited")).send().expect(202);
    assert_eq!(restored.must("x-oss-version-id"), first);
    assert_eq!(at("GET", &format!("versionId={first}")).expect(200).body, b"content");
    for query in [String::new(), format!("versionId={second}")] {
        at("GET", &query).expect_error(403, "InvalidObjectState");
    }
    let listed = bucket.root("GET", "?versions").send().expect(200);
    assert_eq!(listed.elements("RestoreInfo").len(), 1);
    let clean = |version: &str| at("POST", &format!("cleanRestoredObject&versionId={version}"));
    clean(&second).expect_error(409, "ArchiveRestoreFileStale");
    assert_eq!(clean(&first).expect(200).must("x-oss-version-id"), first);
    at("GET", &format!("versionId={first}")).expect_error(403, "InvalidObjectState");
    // Without an id it is the latest.
    assert_eq!(restore(&bucket, "k", "").expect(202).must("x-oss-version-id"), second);
    let marker = bucket.at("DELETE", "k").send().expect(204).must("x-oss-version-id").to_owned();
    restore(&bucket, "k", "").expect_error(404, "NoSuchKey");
    at("POST", &format!("restore&versionId={marker}")).expect_error(405, "MethodNotAllowed");
}

#[test]
fn objects_have_the_class_of_their_bucket() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let name = format!("{}-archive", bucket.name);
    let class = "<CreateBucketConfiguration><StorageClass>Archive</StorageClass></CreateBucketConfiguration>";
    server.request("PUT", &format!("/{name}")).body(class).send().expect(200);
    let at = |method: &str, key: &str| server.request(method, &format!("/{name}/{key}"));
    at("PUT", "k").body("x").send().expect(200);
    at("GET", "k").send().expect_error(403, "InvalidObjectState");
    at("PUT", "k").header("x-oss-storage-class", "IA").body("x").send().expect(200);
    at("GET", "k").send().expect(200);
    at("PUT", "k").body("x").send().expect(200);
    at("POST", "k").query("restore", "").send().expect(202);
    // OSS takes a minute, and so does a server that is not told otherwise.
    at("GET", "k").send().expect_error(403, "InvalidObjectState");
}

#[test]
fn a_server_can_do_without_restoring() {
    let bucket = Bucket::on(&Arc::new(Setup::new().set("OSSICLE_RESTORE_REQUIRED", "false").start()));
    put(&bucket, "a", "DeepColdArchive");
    assert_eq!(bucket.get("a"), b"content");
    restore(&bucket, "a", "").expect(202);
}

#[test]
fn the_state_outlives_a_restart() {
    let folder = crate::harness::server::folder();
    let start = || Arc::new(Setup::new().data(folder.path()).start());
    let bucket = Bucket::on(&start());
    put(&bucket, "a", "Archive");
    restore(&bucket, "a", "").expect(202);
    let name = bucket.name.clone();
    drop(bucket);
    let server = start();
    let head = server.request("HEAD", &format!("/{name}/a")).send().expect(200);
    assert_eq!(head.must("x-oss-restore"), ONGOING);
}
