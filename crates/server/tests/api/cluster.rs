//! A server as a node of a cluster: over a database and a place for content that nodes share, without a data folder. The
//! database is a PostgreSQL server on this machine, the place a folder.

mod refusals;
mod unreachable;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ossicle_services::postgres::{self, Postgres};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::server::folder;
use crate::harness::upload::callback;
use crate::harness::{Application, Bucket, Server, Setup};

/// The database server that these tests share; none where it is not installed.
fn database_server() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    let start = || postgres::found().then(|| Postgres::start(&postgres::Setup::default()).unwrap());
    SERVER.get_or_init(start).as_ref()
}

/// A part of the database and a folder for content.
struct Places {
    metadata: String,
    schema: String,
    folder: TempDir,
}

impl Places {
    fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = database_server()?;
        let schema = format!("cluster_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Some(Self { metadata: server.schema(&schema).unwrap(), schema, folder: folder() })
    }

    fn content(&self) -> String {
        content_in(self.folder.path())
    }

    fn node(&self) -> Setup {
        Setup::new().cluster(&self.metadata, &self.content())
    }
}

fn content_in(folder: &Path) -> String {
    format!("fs://{}/content", folder.display())
}

fn json(answer: &crate::harness::Answer) -> Value {
    serde_json::from_str(answer.text()).unwrap()
}

#[test]
fn every_node_has_what_another_stored_and_nothing_is_on_its_own_disk() {
    let Some(places) = Places::new() else { return };
    let (first, second) = (Arc::new(places.node().start()), Arc::new(places.node().start()));
    let bucket = Bucket::on(&first);
    bucket.put("small", "Hello OSS!");
    bucket.put("large", vec![7; 300_000]);
    let seen = Bucket { server: Arc::clone(&second), ..bucket };
    assert_eq!(seen.at("GET", "small").send().expect(200).text(), "Hello OSS!");
    assert_eq!(seen.at("GET", "large").send().expect(200).body, vec![7; 300_000]);
    for node in [&first, &second] {
        assert!(!node.data().exists(), "no data folder is made");
        let nodes = json(&node.ask_console("/api/nodes").expect(200));
        assert_eq!(nodes["shared"], true);
        let live = nodes["nodes"].as_array().unwrap().iter().filter(|node| node["state"] == "live");
        assert_eq!(live.count(), 2, "{nodes}");
        let info = json(&node.ask_console("/api/info").expect(200));
        assert_eq!(info["storage"]["data_dir"], Value::Null);
    }
    assert!(first.ready().starts_with("{\"endpoint\":\"http://127.0.0.1:"));
}

#[test]
fn nodes_that_start_together_sign_callbacks_with_one_key() {
    let Some(places) = Places::new() else { return };
    let nodes: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..3).map(|_| scope.spawn(|| places.node().start())).collect();
        starting.into_iter().map(|node| node.join().unwrap()).collect()
    });
    let key = nodes[0].public_key();
    assert!(key.starts_with("-----BEGIN PUBLIC KEY-----"));
    for node in &nodes {
        assert_eq!(node.public_key(), key);
    }
    let application = Application::json("{}");
    let callback = callback(&application.url("/"));
    let bucket = Bucket::on(&Arc::new(nodes.into_iter().next().unwrap()));
    bucket.at("PUT", "k").header("x-oss-callback", &callback).body("x").send().expect(200);
    assert!(application.only().is_signed_by(&key));
}

#[test]
fn a_key_that_one_node_made_is_known_to_the_others_within_seconds() {
    let Some(places) = Places::new() else { return };
    let url = "https://keys.example/callback_pub_key_v1.pem";
    let node = || places.node().set("OSSICLE_CALLBACK_PUBLIC_KEY_URL", url).start();
    let (first, second) = (node(), node());
    let made = json(&first.post_console("/api/callback-keys/rotate").expect(200));
    assert_eq!(made["version"], 2);
    assert_eq!(made["public_key_url"], "https://keys.example/callback_pub_key_v2.pem");
    let newer = |node: &Server| node.ask_console("/callback_pub_key_v2.pem").expect(200).text().to_owned();
    assert_eq!(newer(&second), newer(&first), "it is looked for when somebody asks for it");
    assert_ne!(newer(&first), first.public_key(), "the one before is served still");
    let third = node();
    let made = json(&third.post_console("/api/callback-keys/rotate").expect(200));
    assert_eq!(made["version"], 3);
    let begun = Instant::now();
    while json(&first.ask_console("/api/info").expect(200))["callback"]["key_file"]
        != "callback_pub_key_v3.pem"
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is found by itself");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(second.ask_console("/callback_pub_key_v9.pem").status, 404);
}

#[test]
fn a_server_with_a_folder_is_told_how_to_change_its_key() {
    let refused = Server::shared().post_console("/api/callback-keys/rotate");
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("keys/callback_key_v2.pem"), "{}", refused.text());
}
