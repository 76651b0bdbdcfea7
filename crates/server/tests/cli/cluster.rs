//! `ossicle cluster status`, against a running server, and commands on the places of a cluster.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use ossicle_services::postgres::{self, Postgres};

use crate::harness::server::folder;
use crate::harness::{Bucket, Setup};
use crate::run::{on, ossicle, path};

#[test]
fn a_server_with_a_folder_is_one_live_node() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    bucket.put("a", "1");
    let told = on(&server, &["cluster", "status", "--format", "json"]).exits(0).lines();
    assert_eq!(told[0]["shared"], false);
    let nodes = told[0]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    let node = &nodes[0];
    assert_eq!((&node["state"], &node["this"]), (&"live".into(), &true.into()));
    assert_eq!(node["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(node["address"], format!("http://{}", server.address()));
    assert!(node["seen_ms"].as_i64() >= node["started_ms"].as_i64(), "{node}");
    let text = on(&server, &["cluster", "status"]).exits(0).out;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("NODE ") && lines[0].contains("REQUESTS/S"), "{text}");
    assert!(lines[1].starts_with(node["id"].as_str().unwrap()) && lines[1].contains(" live "), "{text}");
    let unreachable = ossicle(&["cluster", "status", "--console", "http://127.0.0.1:1"]).exits(1);
    assert!(unreachable.err.contains("is the server running?"), "{}", unreachable.err);
}

#[test]
fn a_server_that_was_killed_leaves_no_node_in_its_folder() {
    let folder = Setup::new().start().kill();
    let server = Setup::new().data(&folder.path().join("data")).start();
    let told = on(&server, &["cluster", "status", "--format", "json"]).exits(0).lines();
    assert_eq!(told[0]["nodes"].as_array().unwrap().len(), 1, "{told:?}");
}

#[test]
fn accounts_and_keys_of_a_cluster_before_there_is_a_node_and_beside_one() {
    if !postgres::found() {
        return;
    }
    let database = Postgres::start(&postgres::Setup::default()).unwrap();
    let (metadata, places) = (database.new_database().unwrap(), folder());
    let content = format!("fs://{}", path(places.path(), "content"));
    let (key_file, config) = (path(places.path(), "master.key"), path(places.path(), "ossicle.toml"));
    std::fs::write(&key_file, [7; 32]).unwrap();
    std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&config, format!("[access]\nmaster_key_file = \"{key_file}\"\n")).unwrap();
    let at = ["--metadata", &metadata, "--data", &content, "--config", &config];
    let run = |arguments: &[&str]| ossicle(&[arguments, &at, &["--json"]].concat()).exits(0).lines();
    run(&["account", "create", "other", "--uid", "42"]);
    let key = run(&["key", "create", "--account", "42"]).remove(0);
    let node = Setup::new()
        .cluster(&metadata, &content)
        .set("OSSICLE_MASTER_KEY", "")
        .set("OSSICLE_ACCESS_MASTER_KEY_FILE", &key_file)
        .start();
    let listed = |key: &serde_json::Value| {
        let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
        node.request("GET", "/").key(id, secret).send()
    };
    assert_eq!(listed(&key).expect(200).element("ID"), "42");
    // A cluster is nobody's alone.
    let key = run(&["key", "create", "--account", "42"]).remove(0);
    listed(&key).expect(200);
    let no_master_key = ossicle(&["user", "list", "--metadata", &metadata, "--data", &content]).exits(2);
    assert!(no_master_key.err.contains("no master key: set OSSICLE_MASTER_KEY"), "{}", no_master_key.err);
    let half = ossicle(&["user", "list", "--metadata", &metadata, "--config", &config]).exits(2);
    assert!(half.err.contains("storage.data go together"), "{}", half.err);
    let data_dir = path(places.path(), "");
    let both = ossicle(&[&["user", "list", "--data-dir", &data_dir][..], &at].concat()).exits(2);
    assert!(both.err.contains("a data folder goes with neither"), "{}", both.err);
}
