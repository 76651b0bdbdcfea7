//! One PostgreSQL server: its files and its process.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::LOOPBACK;
use crate::keeper::{Keep, Keeper};
use crate::wait;

/// What a standby calls itself.
const STANDBY: &str = "standby";

/// A server.
#[derive(Debug)]
pub(super) struct Instance {
    folder: PathBuf,
    port: u16,
    settings: Vec<(String, String)>,
    /// Goes with the server.
    passing: Option<PathBuf>,
    keeper: Option<Keeper>,
}

impl Instance {
    /// Makes the files of a server in a folder and starts it.
    pub(super) fn make(
        folder: &Path,
        port: u16,
        settings: &[(String, String)],
        passing: Option<&Path>,
    ) -> io::Result<Self> {
        let data = folder.join("data");
        if !data.exists() {
            std::fs::create_dir_all(folder)?;
            give_away(folder)?;
            let mut initdb = as_postgres("initdb")?;
            initdb.args([
                "--locale=C",
                "--encoding=UTF8",
                "--auth=trust",
                "--username=postgres",
                "--no-sync",
            ]);
            succeed(initdb.arg("-D").arg(&data))?;
        }
        let (settings, passing) = (settings.to_vec(), passing.map(Path::to_owned));
        let mut instance = Self { folder: folder.to_owned(), port, settings, passing, keeper: None };
        instance.run()?;
        Ok(instance)
    }

    /// Copies this server into a folder and starts the copy as its standby.
    pub(super) fn copy(
        &self,
        folder: &Path,
        port: u16,
        settings: &[(String, String)],
    ) -> io::Result<Instance> {
        std::fs::create_dir_all(folder)?;
        give_away(folder)?;
        let data = folder.join("data");
        let mut backup = as_postgres("pg_basebackup")?;
        backup.args([
            "-h",
            LOOPBACK,
            "-U",
            "postgres",
            "-R",
            "-X",
            "stream",
            "--checkpoint=fast",
            "--no-sync",
        ]);
        succeed(backup.arg("-p").arg(self.port.to_string()).arg("-D").arg(&data))?;
        // It waits for no standby once it takes writes.
        let mut own = File::options().append(true).open(data.join("postgresql.auto.conf"))?;
        writeln!(own, "synchronous_standby_names = ''")?;
        Self::make(folder, port, settings, self.passing.as_deref())
    }

    /// Lets commits wait for the standby from now on.
    pub(super) fn rely_on_standby(&self) -> io::Result<()> {
        self.query(&format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'"))?;
        self.query("SELECT pg_reload_conf()")?;
        wait("the standby is not synchronous", || {
            let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            Ok(self.query(synchronous)?.as_deref() == Some("1"))
        })
    }

    /// Starts the process and waits until it answers.
    pub(super) fn run(&mut self) -> io::Result<()> {
        let mut postgres = as_postgres("postgres")?;
        postgres.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        postgres.arg("-p").arg(self.port.to_string());
        postgres.args(["-c", "max_connections=300", "-c", &format!("cluster_name={STANDBY}")]);
        postgres.args(["-c", &format!("listen_addresses={LOOPBACK}")]);
        for (name, value) in &self.settings {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        let log = self.folder.join("log");
        let keep = Keep { log: &log, last_signal: "QUIT", folder: self.passing.as_deref() };
        let keeper = self.keeper.insert(Keeper::start(&postgres, &keep)?);
        let (port, keeper) = (self.port, &*keeper);
        wait("PostgreSQL does not answer", || {
            keeper.check_running()?;
            Ok(query(port, "postgres", "SELECT 1").is_ok())
        })
    }

    /// Ends the process by this signal and waits until nothing of it runs.
    pub(super) fn stop(&mut self, signal: &str) -> io::Result<()> {
        let Some(keeper) = self.keeper.take() else { return Ok(()) };
        let all = processes(keeper.pid());
        keeper.end(signal)?;
        wait("PostgreSQL does not end", || Ok(all.iter().all(|pid| !of_postgres(*pid))))
    }

    /// Ends the process so that none of it answers anybody from this moment on.
    pub(super) fn fence(&mut self) -> io::Result<()> {
        self.pause()?;
        let keeper = self.keeper.as_ref().ok_or_else(|| io::Error::other("PostgreSQL is stopped"))?;
        for pid in processes(keeper.pid()).into_iter().skip(1) {
            let _ = kill_process(pid, Signal::KILL);
        }
        self.stop("QUIT")
    }

    /// Removes the files of a server that is stopped.
    pub(super) fn remove(&self) -> io::Result<()> {
        std::fs::remove_dir_all(&self.folder)
    }

    pub(super) fn pause(&self) -> io::Result<()> {
        self.signal_all(Signal::STOP)
    }

    pub(super) fn resume(&self) -> io::Result<()> {
        self.signal_all(Signal::CONT)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> Option<u32> {
        let keeper = self.keeper.as_ref()?;
        u32::try_from(keeper.pid().as_raw_nonzero().get()).ok()
    }

    /// Runs statements; the first column of the first row.
    pub(super) fn query(&self, sql: &str) -> io::Result<Option<String>> {
        query(self.port, "postgres", sql)
    }

    fn signal_all(&self, signal: Signal) -> io::Result<()> {
        let keeper = self.keeper.as_ref().ok_or_else(|| io::Error::other("PostgreSQL is stopped"))?;
        // The main one first when they stop: it starts no others then.
        for pid in processes(keeper.pid()) {
            // One may have ended meanwhile.
            let _ = kill_process(pid, signal);
        }
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.signal_all(Signal::CONT);
    }
}

/// Finds the folder with the newest of the installed programs.
pub(super) fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut all: Vec<_> = versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    all.retain(|bin| bin.join("postgres").exists());
    all.sort();
    all.pop()
}

/// Gives a folder to the user that the server runs as.
pub(super) fn give_away(folder: &Path) -> io::Result<()> {
    if !is_root() {
        return Ok(());
    }
    succeed(Command::new("chown").arg("postgres:").arg(folder))
}

/// The main process and its children.
fn processes(main: Pid) -> Vec<Pid> {
    let parent_of = |pid: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok().and_then(Pid::from_raw)
    };
    let numbers = std::fs::read_dir("/proc").into_iter().flatten();
    let numbers = numbers.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let children = numbers.filter(|pid| parent_of(pid) == Some(main));
    std::iter::once(main).chain(children.filter_map(|pid| Pid::from_raw(pid.parse().ok()?))).collect()
}

fn of_postgres(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    status.is_ok_and(|stat| stat.contains("(postgres) ") && !stat.contains(") Z "))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Returns a command that runs one of PostgreSQL's programs. They refuse to run as root.
fn as_postgres(program: &str) -> io::Result<Command> {
    let binaries = binaries().ok_or_else(|| io::Error::other("PostgreSQL is not installed"))?;
    let program = binaries.join(program);
    if !is_root() {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    Ok(command)
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let output = command.current_dir("/").output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_args().chain([command.get_program()]).find(|word| word.len() > 1);
    let words = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{}: {}", program.unwrap_or_default().display(), words.trim())))
}

/// Runs statements in a thread of its own, since the caller's may drive other work.
pub(super) fn query(port: u16, database: &str, sql: &str) -> io::Result<Option<String>> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(ask(port, database, sql)).map_err(io::Error::other)
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|_| Err(io::Error::other("panicked")))
}

async fn ask(port: u16, database: &str, sql: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let url = format!("host={LOOPBACK} port={port} user=postgres dbname={database}");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let messages = client.simple_query(sql).await?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
