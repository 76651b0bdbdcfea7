//! Three servers in the place of one: where `OSSICLE_TEST_NODES` is set, what a test takes for a server is that many processes
//! over one database and one folder for content, and its consecutive requests go to different ones.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use ossicle_services::postgres::{self, Postgres};
use ossicle_services::round_robin::RoundRobin;
use serde_json::Value;

use crate::alone;

/// How many processes a server is.
const VARIABLE: &str = "OSSICLE_TEST_NODES";

/// What stands before the processes, one proxy for each address in their `ready` lines.
#[derive(Debug)]
pub(crate) struct Front {
    _proxies: Vec<RoundRobin>,
}

/// Tells of how many processes a server of this test is made; `None` for one with a folder of its own.
pub(crate) fn wanted() -> Option<usize> {
    let count = std::env::var(VARIABLE).ok()?.parse().unwrap();
    (!is_alone()).then_some(count)
}

/// Whether the present test is about one process.
pub(crate) fn is_alone() -> bool {
    thread::current().name().is_some_and(alone::is_listed)
}

/// Returns the database and the place for content of a cluster; the same ones for the same folder.
pub(crate) fn places(data: &Path) -> (String, String) {
    static POSTGRES: OnceLock<Postgres> = OnceLock::new();
    static DATABASES: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());
    let postgres = POSTGRES.get_or_init(|| Postgres::start(&postgres::Setup::default()).unwrap());
    let mut databases = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    let database =
        databases.entry(data.to_owned()).or_insert_with(|| postgres.new_database().unwrap()).clone();
    (database, format!("fs://{}/content", data.display()))
}

impl Front {
    /// Starts a proxy for each address that the processes have, and tells it as they would: in a `ready` line.
    pub(crate) fn start(ready: &[String]) -> (Self, String) {
        let lines: Vec<Value> = ready.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (mut shown, mut proxies) = (lines[0].clone(), Vec::new());
        for (name, value) in lines[0].as_object().unwrap() {
            let Some(address) = value.as_str().and_then(address) else { continue };
            let each = lines.iter().map(|line| self::address(line[name].as_str().unwrap()).unwrap());
            let proxy = RoundRobin::start(&each.collect::<Vec<_>>()).unwrap();
            let url = value.as_str().unwrap().replace(&address.to_string(), &proxy.address().to_string());
            shown[name] = Value::String(url);
            proxies.push(proxy);
        }
        (Self { _proxies: proxies }, shown.to_string())
    }
}

fn address(url: &str) -> Option<SocketAddr> {
    url.split_once("://")?.1.parse().ok()
}
