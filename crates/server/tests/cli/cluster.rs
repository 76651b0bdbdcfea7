//! `ossicle cluster status`, against a running server.

use std::sync::Arc;

use crate::harness::{Bucket, Setup};
use crate::run::{on, ossicle};

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
