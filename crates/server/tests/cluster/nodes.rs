//! Three servers over one database and one store for content, each with connections of its own to them that can be cut, and
//! with a clock of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use ossicle_services::link::Link;
use ossicle_services::places::free_ports;
use ossicle_services::postgres::{self, Postgres};
use ossicle_services::seaweedfs::{self, SeaweedFs};
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Server, Setup};

/// How many servers there are.
pub(crate) const NODES: usize = 3;

/// What the clock of each says, in seconds after the true time: the first and the last are ten minutes apart.
const CLOCKS_S: [i64; NODES] = [-300, 0, 300];

/// Makes a process read another clock; of Debian's package `libfaketime`.
const FAKETIME: &str = "faketime/libfaketime.so.1";

/// Set where tests that need something that is not installed must not be left out.
const REQUIRED: &str = "OSSICLE_TEST_REQUIRE_POSTGRES";

/// No server takes longer to answer once everything is in order.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, its connections and its clock.
#[derive(Debug)]
pub(crate) struct Node {
    server: Mutex<Option<Arc<Server>>>,
    /// To the two places where the database may be, and to the store for content.
    pub(crate) links: Vec<Link>,
    metadata: String,
    data: String,
    api: u16,
    console: u16,
    clock_s: i64,
}

/// The servers and what they stand on.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) postgres: Postgres,
    pub(crate) seaweedfs: SeaweedFs,
}

/// Tells whether everything that a cluster needs is installed, and says so where it is not.
pub(crate) fn found() -> bool {
    if faketime().is_none() {
        assert!(std::env::var_os(REQUIRED).is_none(), "libfaketime is not installed");
        eprintln!("skipped: libfaketime is not installed");
    }
    postgres::found() && seaweedfs::found() && faketime().is_some()
}

fn faketime() -> Option<String> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join(FAKETIME)).find(|path| path.exists())?.to_str().map(str::to_owned)
}

impl Cluster {
    /// Starts everything, and these servers with these settings.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let setup = postgres::Setup { standby: true, ..postgres::Setup::default() };
        let postgres = Postgres::start(&setup).unwrap();
        let seaweedfs = SeaweedFs::start(&seaweedfs::Setup::default()).unwrap();
        let (database, bucket) = (postgres.new_database().unwrap(), seaweedfs.new_bucket().unwrap());
        let nodes = CLOCKS_S.map(|clock_s| {
            let places = [Some(postgres.port()), postgres.standby_port(), Some(seaweedfs.address().port())];
            let links: Vec<Link> =
                places.into_iter().flatten().map(|port| Link::start(loopback(port)).unwrap()).collect();
            let ports = free_ports(2).unwrap();
            let node = Node {
                server: Mutex::default(),
                metadata: links[..2].iter().fold(database.clone(), |url, link| link.url(&url)),
                data: links[2].url(&bucket),
                links,
                api: ports[0],
                console: ports[1],
                clock_s,
            };
            node.start(settings);
            node
        });
        Self { nodes: nodes.into(), postgres, seaweedfs }
    }

    /// Returns where the servers listen.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| loopback(node.api)).collect()
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

impl Node {
    /// Starts the server and waits until it serves; as often as it takes, since what it needs may be out of reach.
    pub(crate) fn start(&self, settings: &[(&str, &str)]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.setup(settings).try_start() {
                Ok(server) => {
                    *self.server() = Some(Arc::new(server));
                    return;
                }
                Err(ended) => {
                    assert!(Instant::now() < deadline, "{ended}");
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn setup(&self, settings: &[(&str, &str)]) -> Setup {
        let (api, console) = (loopback(self.api).to_string(), loopback(self.console).to_string());
        let setup = Setup::new()
            .cluster(&self.metadata, &self.data)
            .arguments(&["--listen", &api, "--console", &console])
            .set("OSSICLE_LOG_LEVEL", "error");
        let setup = settings.iter().fold(setup, |setup, (name, value)| setup.set(name, value));
        if self.clock_s == 0 {
            return setup;
        }
        // What measures time and does not tell it stays as it is.
        setup
            .set("LD_PRELOAD", &faketime().unwrap())
            .set("FAKETIME", &format!("{:+}", self.clock_s))
            .set("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    /// Ends the server as a power switch would.
    pub(crate) fn kill(&self) {
        let server = self.server().take().unwrap();
        self.signal(&server, Signal::KILL);
    }

    /// Stops the server where it is, or lets it go on.
    pub(crate) fn pause(&self, pause: bool) {
        let server = self.running();
        self.signal(&server, if pause { Signal::STOP } else { Signal::CONT });
    }

    fn signal(&self, server: &Server, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(server.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Returns the server.
    pub(crate) fn running(&self) -> Arc<Server> {
        Arc::clone(self.server().as_ref().unwrap())
    }

    fn server(&self) -> MutexGuard<'_, Option<Arc<Server>>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
