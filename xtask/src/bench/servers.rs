//! The servers that are measured: Ossicle, and peers that a user might run instead, each with a fresh data folder.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use ossicle_services::seaweedfs::{self, SeaweedFs};
use tempfile::TempDir;

use crate::cluster::installed_seaweedfs;
use crate::process::Running;
use crate::running_server::{self, RunningServer};
use crate::workspace;

use super::procfs;
use super::signing::{Dialect, Signer};

/// A version of a peer that the figures are about.
const S3S_FS: &str = "0.14.1";

const PEER_KEY_ID: &str = "bench-key-id";
const PEER_SECRET: &str = "bench-key-secret";
const START_BOUND: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    /// Of all its nodes, which clients take turns at.
    addresses: Vec<SocketAddr>,
    pids: Vec<u32>,
    key: Key,
    process: Process,
}

/// What requests are signed with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// The root key of our servers.
    Oss,
    /// Id and secret.
    S3(&'static str, &'static str),
}

enum Process {
    Ours(Box<RunningServer>),
    /// The folder with its data goes with it.
    Peer(Running, TempDir),
    SeaweedFs(SeaweedFs, TempDir),
    /// Somebody else ends it.
    Elsewhere,
}

impl Contender {
    /// Starts Ossicle from this binary.
    pub(crate) fn ossicle(name: &'static str, binary: &Path) -> anyhow::Result<Contender> {
        let server = RunningServer::start(binary, &format!("bench-{name}"))?;
        let (address, pid) = (server.address()?, server.pid());
        let mut contender = Self::elsewhere(name, Key::Oss, vec![address], vec![pid]);
        contender.process = Process::Ours(Box::new(server));
        Ok(contender)
    }

    /// Returns a server, or several that are measured as one, that somebody else keeps running.
    pub(crate) fn elsewhere(
        name: &'static str,
        key: Key,
        addresses: Vec<SocketAddr>,
        pids: Vec<u32>,
    ) -> Contender {
        let dialect = match key {
            Key::Oss => Dialect::Oss,
            Key::S3(..) => Dialect::S3,
        };
        Contender { name, dialect, addresses, pids, key, process: Process::Elsewhere }
    }

    /// Starts the peers, installing them first where they are not there yet.
    pub(crate) fn peers() -> anyhow::Result<Vec<Contender>> {
        let folder = workspace::target_dir().join("peers");
        std::fs::create_dir_all(&folder)?;
        Ok(vec![s3s_fs(&folder).context("s3s-fs")?, seaweedfs().context("SeaweedFS")?])
    }

    /// Returns where the client of this number sends its requests.
    pub(crate) fn address(&self, client: usize) -> anyhow::Result<SocketAddr> {
        let turn = client.checked_rem(self.addresses.len()).context("a server without an address")?;
        self.addresses.get(turn).copied().context("a server without an address")
    }

    /// Signs requests to this server.
    pub(crate) fn signer(&self, address: SocketAddr) -> Signer {
        let (id, secret) = match self.key {
            Key::Oss => (running_server::ACCESS_KEY_ID, running_server::ACCESS_KEY_SECRET),
            Key::S3(id, secret) => (id, secret),
        };
        Signer::new(self.dialect, address.to_string(), id, secret)
    }

    /// Returns the server's process, the first of several.
    pub(crate) fn pid(&self) -> u32 {
        self.pids.first().copied().unwrap_or_default()
    }

    /// Returns the processor time that all its processes have used.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        self.pids.iter().map(|pid| procfs::cpu_time(*pid)).sum()
    }

    /// Ends our own server, cleanly or not, and starts it again; says how long the start took.
    pub(crate) fn restart(&mut self, kill: bool) -> anyhow::Result<Duration> {
        let Process::Ours(server) = &mut self.process else { bail!("only Ossicle is restarted") };
        let took = server.restart(kill)?;
        self.addresses = vec![server.address()?];
        self.pids = vec![server.pid()];
        Ok(took)
    }

    /// Stops the server; ours must end cleanly.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        match self.process {
            Process::Ours(server) => server.stop(),
            Process::Peer(process, _data) => {
                drop(process);
                Ok(())
            }
            Process::SeaweedFs(server, _data) => {
                drop(server);
                Ok(())
            }
            Process::Elsewhere => Ok(()),
        }
    }
}

/// Starts s3s-fs: a file per object, no fsync. It leaves Nagle's algorithm on, which would cost it most of its
/// GET rate on loopback, so it is given TCP_NODELAY from outside.
fn s3s_fs(folder: &Path) -> anyhow::Result<Contender> {
    let program = folder.join("bin/s3s-fs");
    if !program.is_file() {
        let mut install = workspace::cargo();
        install.args([
            "install",
            "s3s-fs",
            "--version",
            S3S_FS,
            "--features",
            "binary",
            "--locked",
            "--root",
        ]);
        succeed(install.arg(folder))?;
    }
    let preload = tcp_nodelay_library(folder)?;
    let port = free_port()?;
    let data = data_folder("bench-s3s-fs")?;
    let mut command = Command::new(program);
    command.env("LD_PRELOAD", preload).args(["--access-key", PEER_KEY_ID, "--secret-key", PEER_SECRET]);
    command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).arg(data.path());
    start("s3s-fs", command, port, data)
}

/// Starts SeaweedFS: several servers in one process, no fsync by default.
fn seaweedfs() -> anyhow::Result<Contender> {
    installed_seaweedfs()?;
    let data = data_folder("bench-seaweedfs")?;
    let folder = Some(data.path().to_owned());
    let server = SeaweedFs::start(&seaweedfs::Setup { folder, ..seaweedfs::Setup::default() })?;
    let pid = server.pid().context("it has ended")?;
    let key = Key::S3(seaweedfs::ACCESS_KEY_ID, seaweedfs::SECRET_ACCESS_KEY);
    let mut contender = Contender::elsewhere("SeaweedFS", key, vec![server.address()], vec![pid]);
    contender.process = Process::SeaweedFs(server, data);
    Ok(contender)
}

fn start(name: &'static str, mut command: Command, port: u16, data: TempDir) -> anyhow::Result<Contender> {
    let log = data_root()?.join(format!("bench-{}.log", name.to_lowercase()));
    let output = File::create(&log)?;
    let child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("{} could not be started", command.get_program().display()))?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let deadline = Instant::now() + START_BOUND;
    let mut process = Running(child);
    while TcpStream::connect(address).is_err() {
        if Instant::now() > deadline || process.0.try_wait()?.is_some() {
            bail!("it did not start, see {}", log.display());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    // It accepts connections before all its parts have found each other.
    std::thread::sleep(Duration::from_secs(5));
    let key = Key::S3(PEER_KEY_ID, PEER_SECRET);
    let mut contender = Contender::elsewhere(name, key, vec![address], vec![process.0.id()]);
    contender.process = Process::Peer(process, data);
    Ok(contender)
}

/// Builds a library that sets TCP_NODELAY on every accepted connection.
fn tcp_nodelay_library(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, library) = (folder.join("tcp_nodelay.c"), folder.join("tcp_nodelay.so"));
    std::fs::write(&source, include_str!("tcp_nodelay.c"))?;
    succeed(
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl"),
    )?;
    Ok(library)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} could not be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed: {status}", command.get_program().display());
    }
    Ok(())
}

fn data_root() -> anyhow::Result<PathBuf> {
    let folder = workspace::target_dir().join("servers");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn data_folder(name: &str) -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix(name).tempdir_in(data_root()?).context("no temporary folder")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
