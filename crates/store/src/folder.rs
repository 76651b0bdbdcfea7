//! The data folder: what marks it as a store's, its format, and whether it was left in order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::disk::Disk;
use crate::lock::FolderLock;
use crate::permissions;

/// The format this version writes and the newest it reads.
const FORMAT: u32 = 1;

const FORMAT_FILE: &str = "format";
const CLEAN_FILE: &str = "clean";

/// Bytes of the format file that are read at most.
const LONGEST_TEXT: u64 = 256;

/// An open data folder.
#[derive(Debug)]
pub(crate) struct Folder {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    was_clean: bool,
}

/// Opens the folder, creating it if it is missing or empty.
pub(crate) fn open(disk: &Arc<dyn Disk>, dir: &Path) -> Result<(Folder, FolderLock), OpenError> {
    let failed = |what: &str, error| OpenError::io(format!("{what} {}", dir.display()), error);
    permissions::create_folder(dir).map_err(|e| failed("creating", e))?;
    let format = dir.join(FORMAT_FILE);
    let found = read_text(&**disk, &format).map_err(|e| failed("reading the format of", e))?;
    if found.is_none() && !is_fresh(&**disk, dir).map_err(|e| failed("listing", e))? {
        return Err(OpenError::NotAStore { path: dir.to_path_buf() });
    }
    let lock = FolderLock::take(dir)?;
    permissions::tighten(dir).map_err(|e| failed("closing to others", e))?;
    let is_new = found.is_none();
    match found {
        Some(text) => check_format(&text)?,
        None => write_durably(&**disk, dir, FORMAT_FILE, format!("ossicle {FORMAT}\n").as_bytes())
            .map_err(|e| failed("creating", e))?,
    }
    let was_clean = match disk.remove(&dir.join(CLEAN_FILE)) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => is_new,
        Err(error) => return Err(failed("opening", error)),
    };
    disk.sync_dir(dir).map_err(|e| failed("opening", e))?;
    Ok((Folder { disk: Arc::clone(disk), dir: dir.to_path_buf(), was_clean }, lock))
}

impl Folder {
    /// Tells whether a crash may have left data files that nothing refers to.
    pub(crate) fn may_have_orphans(&self) -> bool {
        !self.was_clean
    }

    /// Writes down that everything is in order, so that the next process need not look for orphans.
    pub(crate) fn mark_clean(&self) {
        if let Err(error) = write_durably(&*self.disk, &self.dir, CLEAN_FILE, b"") {
            tracing::warn!(%error, "the data folder could not be marked as in order");
        }
    }
}

/// Tells whether the folder holds nothing, or only what an opening that did not get far leaves.
fn is_fresh(disk: &dyn Disk, dir: &Path) -> io::Result<bool> {
    let expected = ["lock", "format.new", "lost+found"].map(|name| Some(name.as_ref()));
    Ok(disk.list(dir)?.iter().all(|path| expected.contains(&path.file_name())))
}

/// Reads the text of a file, if there is one.
fn read_text(disk: &dyn Disk, path: &Path) -> io::Result<Option<String>> {
    let file = match disk.open_read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let length = usize::try_from(file.len()?.min(LONGEST_TEXT)).unwrap_or(0);
    Ok(Some(String::from_utf8_lossy(&file.read_vec_at(0, length)?).into_owned()))
}

fn check_format(text: &str) -> Result<(), OpenError> {
    let number = text.strip_prefix("ossicle ").and_then(|rest| rest.trim().parse::<u32>().ok());
    match number {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(OpenError::Version { found, supported: FORMAT }),
        None => Err(OpenError::Corrupt { what: "the format file".to_owned() }),
    }
}

fn write_durably(disk: &dyn Disk, dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    match disk.remove(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.create(&new)?;
    file.write_all_at(content, 0)?;
    file.sync_data()?;
    disk.rename(&new, &dir.join(name))?;
    disk.sync_dir(dir)
}
