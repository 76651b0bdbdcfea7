//! PostgreSQL: a server, with a synchronous standby if wanted.

mod instance;

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::lock;
use crate::places::{Folder, free_ports};
use instance::Instance;

/// Set where tests that need the server must not be left out.
const REQUIRED: &str = "OSSICLE_TEST_REQUIRE_POSTGRES";

const LOOPBACK: &str = "127.0.0.1";

/// How to start a server.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// A second server has all that is acknowledged.
    pub standby: bool,
    /// Where the data are, which stay then. In memory without it, for as long as the server is wanted. A root user gives the
    /// folder to the user `postgres`.
    pub folder: Option<PathBuf>,
    /// Settings of `postgresql.conf`.
    pub settings: Vec<(String, String)>,
}

/// A running server, which anybody on this machine may use as its superuser. It ends when it is dropped, or with the process.
#[derive(Debug)]
pub struct Postgres {
    servers: Mutex<Servers>,
    databases: AtomicU32,
    /// Those of the first primary and the first standby; the servers change places at them.
    ports: Vec<u16>,
    settings: Vec<(String, String)>,
    folder: Folder,
}

#[derive(Debug)]
struct Servers {
    primary: Instance,
    standby: Option<Instance>,
    /// Servers that there have been.
    made: u32,
}

/// Tells whether the server is installed, and says so where it is not.
pub fn found() -> bool {
    let found = instance::binaries().is_some();
    if !found {
        assert!(std::env::var_os(REQUIRED).is_none(), "PostgreSQL is not installed");
        eprintln!("skipped over PostgreSQL: it is not installed");
    }
    found
}

impl Postgres {
    /// Starts a server and waits until it answers and, where a standby is wanted, that has what is committed.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let folder = Folder::take(setup.folder.as_deref())?;
        instance::give_away(folder.path())?;
        let ports = free_ports(if setup.standby { 2 } else { 1 })?;
        let port = ports.first().copied().unwrap_or_default();
        let primary =
            Instance::make(&folder.path().join("server-0"), port, &setup.settings, folder.passing())?;
        let servers = Mutex::new(Servers { primary, standby: None, made: 1 });
        let settings = setup.settings.clone();
        let postgres = Self { servers, databases: AtomicU32::new(0), ports, settings, folder };
        if setup.standby {
            postgres.add_standby()?;
        }
        Ok(postgres)
    }

    /// Returns the address of a database: both servers', of which the one that takes writes is meant.
    pub fn url(&self, database: &str) -> String {
        let places: Vec<_> = self.ports.iter().map(|port| format!("{LOOPBACK}:{port}")).collect();
        let choice = if places.len() > 1 { "?target_session_attrs=read-write" } else { "" };
        format!("postgres://postgres@{}/{database}{choice}", places.join(","))
    }

    /// Makes a database and returns its address.
    pub fn new_database(&self) -> io::Result<String> {
        let name = format!("database_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// Makes a schema, if it is missing, and returns the address of it.
    pub fn schema(&self, name: &str) -> io::Result<String> {
        self.execute(&format!("CREATE SCHEMA IF NOT EXISTS {name}"))?;
        let url = self.url("postgres");
        let joint = if url.contains('?') { '&' } else { '?' };
        Ok(format!("{url}{joint}options=-c%20search_path%3D{name}"))
    }

    /// Returns the port of the server that takes writes.
    pub fn port(&self) -> u16 {
        lock(&self.servers).primary.port()
    }

    /// Returns the port of the standby.
    pub fn standby_port(&self) -> Option<u16> {
        lock(&self.servers).standby.as_ref().map(Instance::port)
    }

    /// Returns the number of the main process of the server that takes writes; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        lock(&self.servers).primary.pid()
    }

    /// Runs statements as the superuser in the database `postgres`.
    pub fn execute(&self, sql: &str) -> io::Result<()> {
        self.value(sql).map(drop)
    }

    /// Runs statements as the superuser in another database.
    pub fn execute_in(&self, database: &str, sql: &str) -> io::Result<()> {
        instance::query(self.port(), database, sql).map(drop)
    }

    /// Runs a query in the database `postgres`; the first column of its first row.
    pub fn value(&self, sql: &str) -> io::Result<Option<String>> {
        // The server may be paused: nothing else waits for the answer.
        instance::query(self.port(), "postgres", sql)
    }

    /// Ends the server that takes writes at once, as a crash of its machine would.
    pub fn stop_immediate(&self) -> io::Result<()> {
        lock(&self.servers).primary.stop("QUIT")
    }

    /// Starts the server again and waits until it answers.
    pub fn start_again(&self) -> io::Result<()> {
        lock(&self.servers).primary.run()
    }

    /// Stops all processes of the server that takes writes without ending them: connections stay, and nothing answers.
    pub fn pause(&self) -> io::Result<()> {
        lock(&self.servers).primary.pause()
    }

    /// Lets a paused server go on.
    pub fn resume(&self) -> io::Result<()> {
        lock(&self.servers).primary.resume()
    }

    /// Makes the standby the server that takes writes. The other is killed before, and never comes back.
    pub fn promote_standby(&self) -> io::Result<()> {
        let mut servers = lock(&self.servers);
        let standby = servers.standby.take().ok_or_else(|| io::Error::other("there is no standby"))?;
        let mut fenced = std::mem::replace(&mut servers.primary, standby);
        fenced.fence()?;
        fenced.remove()?;
        servers.primary.query("SELECT pg_promote(true, 60)").map(drop)
    }

    /// Adds a standby to the server that takes writes, at the place that is free, and waits until it is synchronous.
    pub fn add_standby(&self) -> io::Result<()> {
        let mut servers = lock(&self.servers);
        let port = self.ports.iter().copied().find(|port| *port != servers.primary.port());
        let port = port.ok_or_else(|| io::Error::other("it was started without a standby"))?;
        if servers.standby.is_some() {
            return Err(io::Error::other("there is a standby"));
        }
        let folder = self.folder.path().join(format!("server-{}", servers.made));
        servers.made += 1;
        let standby = servers.primary.copy(&folder, port, &self.settings)?;
        servers.standby = Some(standby);
        servers.primary.rely_on_standby()
    }
}
