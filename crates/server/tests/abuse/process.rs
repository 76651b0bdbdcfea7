//! What the system knows of a process: its memory and what it has open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Resident memory in bytes.
pub(crate) fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Sockets, and other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptors {
    pub(crate) sockets: usize,
    pub(crate) files: usize,
}

pub(crate) fn descriptors(id: u32) -> Descriptors {
    let mut found = Descriptors { sockets: 0, files: 0 };
    for entry in std::fs::read_dir(format!("/proc/{id}/fd")).unwrap() {
        // One that was closed meanwhile is none.
        let Ok(target) = std::fs::read_link(entry.unwrap().path()) else { continue };
        if target.to_string_lossy().starts_with("socket:") {
            found.sockets += 1;
        } else {
            found.files += 1;
        }
    }
    found
}

/// Raises this process's limit of open files as far as it goes, for itself and those that it starts, and tells it.
pub(crate) fn raise_limit() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(1 << 20);
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).unwrap();
    wanted
}
