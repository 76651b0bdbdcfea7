//! Who may read what a store writes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::support::{Engine, bytes, put, store};
use crate::{Store, StoreOptions};

/// Files and folders that others have a right to, but for those of the index.
fn open_to_others(folder: &Path, found: &mut Vec<String>) {
    if fs::metadata(folder).unwrap().permissions().mode() & 0o077 != 0 {
        found.push(folder.display().to_string());
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.parent().is_none_or(|parent| !parent.ends_with("index")) {
                open_to_others(&path, found);
            }
        } else if fs::metadata(&path).unwrap().permissions().mode() & 0o077 != 0 {
            found.push(path.display().to_string());
        }
    }
}

#[tokio::test]
async fn files_and_folders_are_for_their_owner_alone() {
    let (dir, store) = store(Engine::Lsm).await;
    put(&store, "small", b"small").await;
    put(&store, "large", &bytes(1, 100_000)).await;
    let mut found = Vec::new();
    open_to_others(dir.path(), &mut found);
    assert_eq!(found, Vec::<String>::new());
    store.close().await;
}

#[tokio::test]
async fn a_folder_that_is_open_to_others_is_closed_when_it_is_opened() {
    let (dir, first) = store(Engine::Lsm).await;
    first.close().await;
    drop(first);
    for name in ["", "files", "log", "index", "tmp", "format", "lock"] {
        fs::set_permissions(dir.path().join(name), Permissions::from_mode(0o755)).unwrap();
    }
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("link")).unwrap();
    let again = Store::open(dir.path(), StoreOptions::default()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["", "files", "log", "index", "tmp", "format", "lock"] {
        assert_eq!(mode(&dir.path().join(name)), 0o700, "{name}");
    }
    assert_eq!(mode(elsewhere.path()), 0o644, "what a link leads to is left alone");
    again.close().await;
}
