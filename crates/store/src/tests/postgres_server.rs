//! A PostgreSQL server for the tests, one a process, where it is installed. A store has a schema of its own, by its folder's
//! name.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::OnceLock;

use ossicle_services::postgres::{self, Postgres};

/// The server that the tests of this process share; none where it is not installed.
pub(super) fn server() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

/// Starts a server of its own, if it is installed.
pub(super) fn start() -> Option<Postgres> {
    postgres::found().then(|| Postgres::start(&postgres::Setup::default()).unwrap())
}

/// The address of the schema for a folder, which is made if it is missing.
pub(super) fn url_of(server: &Postgres, folder: &Path) -> String {
    server.schema(&schema_of(folder)).unwrap()
}

pub(super) fn schema_of(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("s{:016x}", hasher.finish())
}
