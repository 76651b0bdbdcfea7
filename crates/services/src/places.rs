//! Where a service of this machine is: its folder and its ports.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Ports that are given out here. Connections of clients come from higher ones, so that a port stays free while its service is
/// stopped.
const PORTS: std::ops::Range<u16> = 11_000..32_000;

/// Folder of a service.
#[derive(Debug)]
pub(crate) enum Folder {
    /// Goes with the service.
    Passing(TempDir),
    /// Is somebody else's.
    Lasting(PathBuf),
}

impl Folder {
    /// Takes this folder, or makes one in memory.
    pub(crate) fn take(folder: Option<&Path>) -> io::Result<Self> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)?;
            return Ok(Self::Lasting(folder.to_owned()));
        }
        let memory = Path::new("/dev/shm");
        let mut builder = tempfile::Builder::new();
        builder.prefix("ossicle-service-");
        Ok(Self::Passing(if memory.is_dir() { builder.tempdir_in(memory)? } else { builder.tempdir()? }))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Lasting(folder) => folder,
        }
    }

    /// Returns the folder if it goes with the service.
    pub(crate) fn passing(&self) -> Option<&Path> {
        match self {
            Self::Passing(folder) => Some(folder.path()),
            Self::Lasting(_) => None,
        }
    }
}

/// Finds so many ports of loopback that nobody listens on.
pub fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let mut held = Vec::new();
    let random = RandomState::new();
    for attempt in 0..10_000_u32 {
        let offset = random.hash_one(attempt) % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(offset).unwrap_or_default();
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            held.push((port, listener));
        }
        if held.len() == count {
            return Ok(held.into_iter().map(|(port, _)| port).collect());
        }
    }
    Err(io::Error::other("no free ports"))
}
