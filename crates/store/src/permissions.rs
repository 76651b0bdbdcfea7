//! Who may read the data folder: its owner alone, whatever the umask. A folder that was made with wider modes is
//! tightened when it is opened. The files of the index are made by another crate; its folder keeps others away from them.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// The mode of every file.
pub(crate) const FILE_MODE: u32 = 0o600;

/// The mode of every folder.
pub(crate) const FOLDER_MODE: u32 = 0o700;

/// Group and others.
const OTHERS: u32 = 0o077;

/// Creates a folder and its parents unless they exist.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Takes the rights of group and others away from the data folder and from what is directly in it: whoever cannot enter
/// those reads nothing below them. That it cannot be done, as on a volume whose mount point belongs to somebody else or
/// whose file system has no modes, is reported and no reason to refuse the start.
pub(crate) fn tighten(dir: &Path) -> io::Result<()> {
    let metadata = fs::metadata(dir)?;
    if lets_others_in(&metadata) {
        tracing::warn!(path = %dir.display(), "others could enter the data folder; its mode is set to 0700");
    }
    tighten_one(dir, &metadata);
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        // The modes of a link's target are left to the person who made the link.
        if !metadata.is_symlink() {
            tighten_one(&path, &metadata);
        }
    }
    Ok(())
}

fn tighten_one(path: &Path, metadata: &Metadata) {
    if !lets_others_in(metadata) {
        return;
    }
    let mode = metadata.mode() & !OTHERS & 0o7777;
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode)) {
        tracing::warn!(path = %path.display(), %error, "others can read this; as its owner, run chmod go= on it");
    }
}

fn lets_others_in(metadata: &Metadata) -> bool {
    metadata.mode() & OTHERS != 0
}
