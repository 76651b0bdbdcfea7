//! The data folder: what marks it as a store's, its format, and whether it was left in order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::OpenError;
use crate::disk::{Disk, RealDisk};
use crate::lock::FolderLock;

/// The format this version writes and the newest it reads.
const FORMAT: u32 = 1;

const FORMAT_FILE: &str = "format";
const CLEAN_FILE: &str = "clean";

/// An open data folder.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    was_clean: bool,
}

/// Opens the folder, creating it if it is missing or empty.
pub(crate) fn open(dir: &Path) -> Result<(Folder, FolderLock), OpenError> {
    let failed = |what: &str, error| OpenError::io(format!("{what} {}", dir.display()), error);
    fs::create_dir_all(dir).map_err(|e| failed("creating", e))?;
    let format = dir.join(FORMAT_FILE);
    let found = match fs::read_to_string(&format) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("reading the format of", error)),
    };
    if found.is_none() && !is_fresh(dir).map_err(|e| failed("listing", e))? {
        return Err(OpenError::NotAStore { path: dir.to_path_buf() });
    }
    let lock = FolderLock::take(dir)?;
    let is_new = found.is_none();
    match found {
        Some(text) => check_format(&text)?,
        None => write_durably(dir, FORMAT_FILE, format!("ossicle {FORMAT}\n").as_bytes())
            .map_err(|e| failed("creating", e))?,
    }
    let clean = dir.join(CLEAN_FILE);
    let was_clean = match fs::remove_file(&clean) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => is_new,
        Err(error) => return Err(failed("opening", error)),
    };
    RealDisk.sync_dir(dir).map_err(|e| failed("opening", e))?;
    Ok((Folder { dir: dir.to_path_buf(), was_clean }, lock))
}

impl Folder {
    /// Whether a crash may have left data files nothing refers to.
    pub(crate) fn may_have_orphans(&self) -> bool {
        !self.was_clean
    }

    /// Everything is in order; the next process need not look.
    pub(crate) fn mark_clean(&self) {
        if let Err(error) = write_durably(&self.dir, CLEAN_FILE, b"") {
            tracing::warn!(%error, "the data folder could not be marked as in order");
        }
    }
}

/// Whether the folder holds nothing, or only what an opening that did not get far leaves.
fn is_fresh(dir: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if name != "lock" && name != "format.new" && name != "lost+found" {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check_format(text: &str) -> Result<(), OpenError> {
    let number = text.strip_prefix("ossicle ").and_then(|rest| rest.trim().parse::<u32>().ok());
    match number {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(OpenError::Version { found, supported: FORMAT }),
        None => Err(OpenError::Corrupt { what: "the format file".to_owned() }),
    }
}

fn write_durably(dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    fs::write(&new, content)?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, dir.join(name))?;
    RealDisk.sync_dir(dir)
}
