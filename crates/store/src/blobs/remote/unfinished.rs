//! What nodes leave when they die in the midst of writing: uploads in parts of an S3 store, temporary files of a folder, and
//! probes.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use opendal::{ErrorKind, Operator};

use super::multipart_uploads::MultipartUploads;
use super::place::TEMPORARY;
use super::{PROBE, failure};
use crate::Error;
use crate::id::DataId;

/// Other nodes use probes at this moment, which take no longer than this.
const PROBE_AGE: Duration = Duration::from_secs(60 * 60);

/// Removes what was begun before a time, but for the blobs that this node is writing. Returns how many blobs it was of.
pub(super) async fn remove(
    operator: &Operator,
    uploads: Option<&MultipartUploads>,
    before: SystemTime,
    here: &HashSet<DataId>,
) -> Result<usize, Error> {
    let temporary = format!("{TEMPORARY}/");
    let removed = match uploads {
        Some(uploads) => abort(uploads, before, here).await?,
        None => {
            // A temporary file's name begins with that of the blob.
            let is_elsewhere =
                |name: &str| name.get(..32).and_then(DataId::parse).is_some_and(|id| !here.contains(&id));
            remove_old(operator, &temporary, is_elsewhere, before).await?
        }
    };
    let long_before = before.checked_sub(PROBE_AGE).unwrap_or(SystemTime::UNIX_EPOCH);
    let is_probe = |name: &str| name.starts_with(PROBE);
    if uploads.is_none() {
        remove_old(operator, &temporary, is_probe, long_before).await?;
    }
    remove_old(operator, "", is_probe, long_before).await?;
    Ok(removed)
}

async fn abort(
    uploads: &MultipartUploads,
    before: SystemTime,
    here: &HashSet<DataId>,
) -> Result<usize, Error> {
    let mut removed = 0;
    for upload in uploads.begun_before(before).await? {
        if !here.contains(&upload.blob) {
            uploads.abort(&upload).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes the files of a folder that are meant and that nobody has written to since a time.
async fn remove_old(
    operator: &Operator,
    folder: &str,
    is_meant: impl Fn(&str) -> bool,
    before: SystemTime,
) -> Result<usize, Error> {
    let failed = |error: opendal::Error| failure::of("removing what was left unfinished", &error);
    let mut removed = 0;
    let mut entries = match operator.lister(folder).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed)?,
    };
    while let Some(entry) = entries.next().await {
        let entry = entry.map_err(failed)?;
        let is_old = entry.metadata().last_modified().is_some_and(|time| SystemTime::from(time) <= before);
        if is_old && entry.metadata().is_file() && is_meant(entry.name()) {
            operator.delete(entry.path()).await.map_err(failed)?;
            removed += 1;
        }
    }
    Ok(removed)
}
