//! SeaweedFS: a store that speaks S3, all its servers in one process.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::keeper::{Keep, Keeper};
use crate::places::{Folder, free_ports};
use crate::{lock, wait};

/// Names the program.
const PROGRAM: &str = "OSSICLE_WEED";

/// Set where tests that need the server must not be left out.
const REQUIRED: &str = "OSSICLE_TEST_REQUIRE_SEAWEEDFS";

/// Where `cargo xtask bench` and `.ci/run` install the program.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/python/bin/weed");

/// Id of the access key that it knows.
pub const ACCESS_KEY_ID: &str = "services";
/// Secret of that key.
pub const SECRET_ACCESS_KEY: &str = "services-secret";

/// How long an answer may take.
const ANSWER_BOUND: Duration = Duration::from_secs(10);

/// Its servers by the names that the command line has for them.
const SERVERS: [&str; 8] = [
    "s3.port",
    "filer.port",
    "master.port",
    "volume.port",
    "s3.port.grpc",
    "filer.port.grpc",
    "master.port.grpc",
    "volume.port.grpc",
];

/// How to start it.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Where the data are, which stay then. In memory without it, for as long as the server is wanted.
    pub folder: Option<PathBuf>,
    /// Names are in this database of a PostgreSQL server at this port, instead of files: what users run for many filers.
    pub names_in: Option<(u16, String)>,
    /// Content is synced before it is acknowledged, which it is not otherwise.
    pub durable: bool,
}

/// A running server. It ends when it is dropped, or with the process.
#[derive(Debug)]
pub struct SeaweedFs {
    program: PathBuf,
    durable: bool,
    /// In the order of `SERVERS`.
    ports: Vec<u16>,
    keeper: Mutex<Option<Keeper>>,
    buckets: AtomicU32,
    folder: Folder,
}

/// Tells whether the server is installed, and says so where it is not.
pub fn found() -> bool {
    let found = program().is_some();
    if !found {
        assert!(std::env::var_os(REQUIRED).is_none(), "SeaweedFS is not installed");
        eprintln!("skipped over SeaweedFS: it is not installed, and {PROGRAM} does not name its program");
    }
    found
}

/// Tells whether the server is installed.
pub fn is_installed() -> bool {
    program().is_some()
}

impl SeaweedFs {
    /// Starts the server and waits until it keeps what it is given.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let program = program().ok_or_else(|| io::Error::other("SeaweedFS is not installed"))?;
        let folder = Folder::take(setup.folder.as_deref())?;
        std::fs::create_dir_all(folder.path().join("data"))?;
        std::fs::write(folder.path().join("s3.json"), keys())?;
        if let Some((port, database)) = &setup.names_in {
            std::fs::write(folder.path().join("filer.toml"), names_in(*port, database))?;
        }
        let ports = free_ports(SERVERS.len())?;
        let (keeper, buckets) = (Mutex::new(None), AtomicU32::new(0));
        let server = Self { program, durable: setup.durable, ports, keeper, buckets, folder };
        server.start_again()?;
        Ok(server)
    }

    /// Returns where it speaks S3.
    pub fn address(&self) -> SocketAddr {
        self.address_of(0)
    }

    /// Returns the endpoint where it speaks S3.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Makes a bucket and returns its address as a place for content, key included.
    pub fn new_bucket(&self) -> io::Result<String> {
        let name = format!("bucket-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        self.make_bucket(&name)
    }

    /// Makes the bucket of this name, unless it is there; its address.
    pub fn make_bucket(&self, name: &str) -> io::Result<String> {
        // A bucket is a folder of the file server.
        match self.ask_filer("POST", &format!("/buckets/{name}/"), "")? {
            201 | 409 => {}
            status => return Err(io::Error::other(format!("SeaweedFS makes no bucket: {status}"))),
        }
        let (endpoint, id, secret) = (self.endpoint(), ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        Ok(format!("s3://{name}?endpoint={endpoint}&access_key_id={id}&secret_access_key={secret}"))
    }

    /// Returns the number of its process; none while it is killed.
    pub fn pid(&self) -> Option<u32> {
        u32::try_from(lock(&self.keeper).as_ref()?.pid().as_raw_nonzero().get()).ok()
    }

    /// Kills it, as a crash of its machine would.
    pub fn kill(&self) -> io::Result<()> {
        lock(&self.keeper).take().map_or(Ok(()), |keeper| keeper.end("KILL"))
    }

    /// Starts it again and waits until it keeps what it is given.
    pub fn start_again(&self) -> io::Result<()> {
        let log = self.folder.path().join("log");
        let keep = Keep { log: &log, last_signal: "KILL", folder: self.folder.passing() };
        let mut held = lock(&self.keeper);
        let keeper = held.insert(Keeper::start(&self.command(), &keep)?);
        // It accepts connections before its servers have found each other.
        wait("SeaweedFS does not keep what it is given", || {
            keeper.check_running()?;
            let kept = self.ask_filer("PUT", "/probe/file", "probe").is_ok_and(|status| status == 201)
                && self.ask_filer("GET", "/probe/file", "").is_ok_and(|status| status == 200);
            Ok(kept && TcpStream::connect(self.address()).is_ok())
        })?;
        if self.durable {
            let settings = r#"{"version": 1, "locations": [{"locationPrefix": "/buckets/", "fsync": true}]}"#;
            self.ask_filer("PUT", "/etc/seaweedfs/filer.conf", settings)?;
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let folder = self.folder.path();
        // It looks for the settings of its filer in the folder where it runs.
        let mut weed = Command::new("env");
        weed.arg("-C").arg(folder).arg(&self.program);
        // Its settings, and the telemetry switched off.
        weed.args([
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            "-master.telemetry=false",
        ]);
        weed.args([
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-volume.max=200",
            "-master.volumeSizeLimitMB=1024",
        ]);
        weed.args(SERVERS.iter().zip(&self.ports).map(|(server, port)| format!("-{server}={port}")));
        weed.arg(format!("-s3.config={}", folder.join("s3.json").display()));
        weed.arg(format!("-dir={}", folder.join("data").display()));
        weed
    }

    fn address_of(&self, server: usize) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.get(server).copied().unwrap_or_default()))
    }

    /// Asks the file server below S3; the status of its answer.
    fn ask_filer(&self, method: &str, path: &str, body: &str) -> io::Result<u16> {
        let mut socket = TcpStream::connect(self.address_of(1))?;
        socket.set_read_timeout(Some(ANSWER_BOUND))?;
        let length = body.len();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: filer\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::Error::other("SeaweedFS gives no HTTP answer"))
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("weed")).find(|weed| weed.is_file());
    found.or_else(|| std::fs::canonicalize(Path::new(INSTALLED)).ok())
}

fn keys() -> String {
    format!(
        r#"{{"identities": [{{"name": "services",
            "credentials": [{{"accessKey": "{ACCESS_KEY_ID}", "secretKey": "{SECRET_ACCESS_KEY}"}}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"]}}]}}"#
    )
}

fn names_in(port: u16, database: &str) -> String {
    format!(
        r#"[postgres2]
enabled = true
createTable = """
  CREATE TABLE IF NOT EXISTS "%s" (
    dirhash   BIGINT,
    name      VARCHAR(65535),
    directory VARCHAR(65535),
    meta      bytea,
    PRIMARY KEY (dirhash, name)
  );
"""
hostname = "127.0.0.1"
port = {port}
username = "postgres"
password = ""
database = "{database}"
schema = ""
sslmode = "disable"
connection_max_idle = 100
connection_max_open = 100
connection_max_lifetime_seconds = 0
enableUpsert = true
upsertQuery = """INSERT INTO "%[1]s" (dirhash, name, directory, meta) VALUES ($1, $2, $3, $4) ON CONFLICT (dirhash, name) DO UPDATE SET directory=EXCLUDED.directory, meta=EXCLUDED.meta"""
"#
    )
}
