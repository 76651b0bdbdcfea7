//! A PostgreSQL server for the tests, one a process, where it is installed. Its data are in memory and it ends with the
//! process. A store has a schema of its own, by its folder's name.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use tokio_postgres::NoTls;

use super::support::in_memory;

/// Set where tests that need the server must not be left out.
const REQUIRED: &str = "OSSICLE_TEST_REQUIRE_POSTGRES";

/// Ends the server when the pipe to its standard input is closed, which the end of this process does as well.
const KEEPER: &str = r#"
"$@" &
cat >/dev/null
kill -INT $!
wait $!
rm -rf "$DATA"
"#;

/// A server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) folder: PathBuf,
    binaries: PathBuf,
    /// Closed to end it.
    keeper: Mutex<Option<(std::process::Child, ChildStdin)>>,
}

/// The server that the tests of this process share; none where it is not installed.
pub(super) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

impl Server {
    /// Starts a server of its own, if it is installed.
    pub(super) fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(std::env::var_os(REQUIRED).is_none(), "PostgreSQL is not installed");
            eprintln!("skipped over PostgreSQL: it is not installed");
            return None;
        };
        let folder = in_memory().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(&folder));
        }
        let mut initdb = as_postgres(&binaries.join("initdb"));
        initdb.args([
            "--no-sync",
            "--locale=C",
            "--encoding=UTF8",
            "--auth=trust",
            "--username=postgres",
            "-D",
        ]);
        run(initdb.arg(folder.join("data")));
        let server = Self { folder, binaries, keeper: Mutex::new(None) };
        server.run();
        Some(server)
    }

    /// Starts the process and waits until it answers.
    pub(super) fn run(&self) {
        let mut postgres = as_postgres(&self.binaries.join("postgres"));
        postgres.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        postgres.args(["-c", "listen_addresses=", "-c", "max_connections=300"]);
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(postgres.get_program()).args(postgres.get_args());
        keeper.env("DATA", &self.folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let input = keeper.stdin.take().unwrap();
        *self.keeper.lock().unwrap() = Some((keeper, input));
        for _ in 0..2000 {
            if self.try_execute("SELECT 1") {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("PostgreSQL does not start");
    }

    /// Kills all processes of the server, as a crash of its machine would end them.
    pub(super) fn kill(&self) {
        if let Some((mut keeper, _input)) = self.keeper.lock().unwrap().take() {
            keeper.kill().unwrap();
            keeper.wait().unwrap();
        }
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        run(Command::new("kill").args(["-QUIT", pid.lines().next().unwrap()]));
        for _ in 0..2000 {
            if !self.folder.join("data/postmaster.pid").exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("PostgreSQL does not end");
    }

    /// The address of the schema for a folder, which is made if it is missing.
    pub(super) fn url_of(&self, folder: &Path) -> String {
        self.url_through(&self.folder, folder)
    }

    /// The same, for who connects to a socket in another place.
    pub(super) fn url_through(&self, socket: &Path, folder: &Path) -> String {
        let schema = self.schema_of(folder);
        self.execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
        format!("host={} user=postgres dbname=postgres options='-c search_path={schema}'", socket.display())
    }

    pub(super) fn schema_of(&self, folder: &Path) -> String {
        let mut hasher = DefaultHasher::new();
        folder.hash(&mut hasher);
        format!("s{:016x}", hasher.finish())
    }

    pub(super) fn execute(&self, sql: &str) {
        assert!(self.try_execute(sql), "{sql}");
    }

    fn try_execute(&self, sql: &str) -> bool {
        let url = format!("host={} user=postgres dbname=postgres", self.folder.display());
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await else {
                    return false;
                };
                tokio::spawn(connection);
                client.batch_execute(sql).await.is_ok()
            })
        };
        std::thread::scope(|scope| scope.spawn(run).join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((mut keeper, input)) = self.keeper.lock().unwrap().take() {
            drop(input);
            let _ = keeper.wait();
        }
    }
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut all: Vec<_> = versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    all.retain(|bin| bin.join("postgres").exists());
    all.sort();
    all.pop()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The server refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
