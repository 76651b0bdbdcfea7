//! What keeps a node from starting: one line that names the cure, no password in it, and nothing written anywhere.

use std::fs;
use std::path::Path;

use ossicle_services::postgres::{self, Postgres};

use super::{Places, content_in, database_server};
use crate::harness::server::{Ended, folder};
use crate::harness::{Bucket, Setup};

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

#[track_caller]
fn assert_empty(folder: &Path) {
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "nothing is written");
}

/// Checks that the database has no tables of this cluster.
#[track_caller]
fn assert_no_tables(places: &Places) {
    let sql = format!("SELECT count(*)::text FROM pg_tables WHERE schemaname = '{}'", places.schema);
    assert_eq!(database_server().unwrap().value(&sql).unwrap().as_deref(), Some("0"));
}

fn execute(places: &Places, sql: &str) {
    let sql = format!("SET search_path = {}; {sql}", places.schema);
    database_server().unwrap().execute(&sql).unwrap();
}

#[test]
fn a_cluster_needs_both_places_and_no_folder() {
    let folder = folder();
    let node = || Setup::new().cluster(NO_DATABASE, &content_in(folder.path()));
    assert_refused(&node().set("OSSICLE_STORAGE_DATA", "").run(), &["storage.data go together", "--data"]);
    assert_refused(&node().set("OSSICLE_STORAGE_METADATA", "").run(), &["storage.data go together"]);
    let data_dir = folder.path().join("data");
    let both = node().arguments(&["--data-dir", data_dir.to_str().unwrap()]).run();
    assert_refused(&both, &["a data folder goes with neither", "--metadata"]);
    assert_empty(folder.path());
}

#[test]
fn a_cluster_needs_the_master_key_that_its_nodes_share() {
    let folder = folder();
    let node = || Setup::new().cluster(NO_DATABASE, &content_in(folder.path()));
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
    assert_empty(folder.path());
}

#[test]
fn another_master_key_than_the_cluster_has() {
    let Some(places) = Places::new() else { return };
    let other = "0".repeat(64);
    let first = places.node().start();
    let cure = ["OSSICLE_MASTER_KEY is not the master key", "set OSSICLE_MASTER_KEY to theirs"];
    assert_refused(&places.node().set("OSSICLE_MASTER_KEY", &other).run(), &cure);
    first.make_key("");
    let ended = places.node().set("OSSICLE_MASTER_KEY", &other).run();
    assert_refused(&ended, &["OSSICLE_MASTER_KEY is not the master key"]);
    places.node().start();
}

#[test]
fn a_database_that_cannot_be_reached_or_used() {
    let folder = folder();
    let node = |metadata: &str| Setup::new().cluster(metadata, &content_in(folder.path())).run();
    let setting = "(storage.metadata, --metadata)";
    assert_refused(
        &node(NO_DATABASE),
        &["is out of reach", "Connection refused", "check that it runs", setting],
    );
    assert_refused(
        &node("postgres://ossicle:pass-word@127.0.0.1:1/ossicle?no_such_option=1"),
        &["has an address that cannot be read", setting],
    );
    assert_refused(&node("mysql://ossicle:pass-word@127.0.0.1:1/x"), &["such as postgres://"]);
    let Some(server) = database_server() else { return };
    let missing = server.url("no_such_database");
    assert_refused(&node(&missing), &["refuses", "does not exist", "create the database", setting]);
    assert_empty(folder.path());
}

#[test]
fn a_wrong_password_of_the_database() {
    if !postgres::found() {
        return;
    }
    let folder = folder();
    let rules = folder.path().join("pg_hba.conf");
    fs::write(
        &rules,
        "host all postgres all trust\nlocal all postgres trust\nhost all all all scram-sha-256\n",
    )
    .unwrap();
    open_to_all(folder.path());
    let setup = postgres::Setup {
        settings: vec![("hba_file".to_owned(), rules.to_str().unwrap().to_owned())],
        ..postgres::Setup::default()
    };
    let server = Postgres::start(&setup).unwrap();
    server.execute("CREATE USER ossicle PASSWORD 'right'").unwrap();
    let metadata = server.new_database().unwrap();
    let content = crate::harness::server::folder();
    let node = |login: &str| {
        let metadata = metadata.replace("postgres@", login);
        Setup::new().cluster(&metadata, &content_in(content.path()))
    };
    let cure = ["password authentication failed", "correct the user and the password"];
    assert_refused(&node("ossicle:pass-word@").run(), &cure);
    // Right, and with no rights in the database.
    assert_refused(
        &node("ossicle:right@").run(),
        &["no tables may be made there", "the owner of the database"],
    );
    assert_empty(content.path());
    let read_only = metadata.clone() + "?options=-c%20default_transaction_read_only%3Don";
    let ended = Setup::new().cluster(&read_only, &content_in(content.path())).run();
    assert_refused(&ended, &["it is read-only", "target_session_attrs=read-write"]);
    assert_empty(content.path());
    let database = metadata.rsplit('/').next().unwrap();
    server.execute(&format!("ALTER DATABASE {database} OWNER TO ossicle")).unwrap();
    node("ossicle:right@").start();
}

/// Lets the user of the database into a folder.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn tables_of_a_newer_version() {
    let Some(places) = Places::new() else { return };
    drop(places.node().start());
    execute(&places, "UPDATE cluster SET value = '99' WHERE name = 'schema'");
    let cure = ["has tables of version 99", "update it"];
    assert_refused(&places.node().run(), &cure);
    let others = folder();
    let elsewhere = Setup::new().cluster(&places.metadata, &content_in(others.path()));
    assert_refused(&elsewhere.run(), &cure);
    assert_empty(others.path());
}

#[test]
fn a_database_with_tables_of_somebody_else() {
    let Some(places) = Places::new() else { return };
    execute(&places, "CREATE TABLE cluster (name text, value text)");
    assert_refused(&places.node().run(), &["not Ossicle's", "a database of its own"]);
    assert_empty(places.folder.path());
}

#[test]
fn a_place_for_content_that_cannot_be_written() {
    let Some(places) = Places::new() else { return };
    let node = |data: &str| Setup::new().cluster(&places.metadata, data).run();
    let setting = "storage.data, --data";
    assert_refused(&node("fs:///proc/no-such-folder"), &["the place for content cannot be used", setting]);
    let nobody = "s3://bucket/?endpoint=http://127.0.0.1:1&access_key_id=id&secret_access_key=pass-word";
    assert_refused(&node(nobody), &["the place for content cannot be used", setting]);
    assert_refused(&node("fs://relative"), &["storage.data", "by its whole path"]);
    assert_no_tables(&places);
}

#[test]
fn content_of_another_cluster() {
    let (Some(one), Some(other)) = (Places::new(), Places::new()) else { return };
    let bucket = Bucket::on(&one.node().start().into());
    bucket.put("k", vec![1; 300_000]);
    let new = Setup::new().cluster(&other.metadata, &one.content());
    let cure = [
        "holds the content of the store",
        "the database is empty",
        "use the database that belongs to the content",
    ];
    assert_refused(&new.run(), &cure);
    assert_no_tables(&other);
    drop(other.node().start());
    let mixed = Setup::new().cluster(&other.metadata, &one.content());
    assert_refused(&mixed.run(), &["holds the content of the store", "and this is the store"]);
    assert_eq!(bucket.get("k"), vec![1; 300_000]);
}
