//! A server as a node of a cluster: over a database and a place for content that nodes share, without a data folder.

use crate::harness::Setup;
use crate::harness::server::{Ended, folder};

const NO_DATABASE: &str = "postgres://ossicle:pass-word@127.0.0.1:1/ossicle";

/// Checks that a node refused to start with one line that says `words`, and no password.
#[track_caller]
fn assert_refused(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    let told: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("ossicle: ")).collect();
    assert_eq!(told.len(), 1, "{ended:?}");
    for word in words {
        assert!(told[0].contains(word), "no {word:?} in {}", told[0]);
    }
    assert!(!format!("{ended:?}").contains("pass-word"), "{ended:?}");
}

#[test]
fn a_cluster_needs_both_places_and_no_folder() {
    let folder = folder();
    let content = format!("fs://{}/content", folder.path().display());
    let node = || Setup::new().cluster(NO_DATABASE, &content);
    assert_refused(&node().set("OSSICLE_STORAGE_DATA", "").run(), &["storage.data go together", "--data"]);
    assert_refused(&node().set("OSSICLE_STORAGE_METADATA", "").run(), &["storage.data go together"]);
    let data_dir = folder.path().join("data");
    let both = node().arguments(&["--data-dir", data_dir.to_str().unwrap()]).run();
    assert_refused(&both, &["a data folder goes with neither", "--metadata"]);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 0, "nothing is written");
}

#[test]
fn a_cluster_needs_the_master_key_that_its_nodes_share() {
    let folder = folder();
    let content = format!("fs://{}/content", folder.path().display());
    let node = || Setup::new().cluster(NO_DATABASE, &content);
    let cure = ["no master key", "OSSICLE_MASTER_KEY", "access.master_key_file", "openssl rand -hex 32"];
    assert_refused(&node().set("OSSICLE_MASTER_KEY", "").run(), &cure);
    assert_refused(
        &node().set("OSSICLE_MASTER_KEY", "pass-word").run(),
        &["OSSICLE_MASTER_KEY is no master key"],
    );
    let file = folder.path().join("no-such-file");
    let ended = node()
        .set("OSSICLE_MASTER_KEY", "")
        .set("OSSICLE_ACCESS_MASTER_KEY_FILE", file.to_str().unwrap())
        .run();
    assert_refused(&ended, &["all nodes of a cluster have the same master key", "no-such-file"]);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 0, "nothing is written, and no key is made");
}
