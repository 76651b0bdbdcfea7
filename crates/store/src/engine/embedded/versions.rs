//! The version rows, known without looking them up: nobody else changes the rows of this folder.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::tables::Tables;
use crate::Error;
use crate::engine::write_batch::WriteBatch;
use crate::record::decode_version;
use crate::version_row::VersionRow;

/// The versions as the tables have them.
#[derive(Debug)]
pub(super) struct Versions {
    /// In the order of [`VersionRow::ALL`].
    known: [(VersionRow, Bytes, AtomicU64); VersionRow::ALL.len()],
}

impl Versions {
    /// Reads the versions.
    pub(super) fn read(tables: &Tables) -> Result<Self, Error> {
        let known = VersionRow::ALL.map(|row| (row, row.key(), AtomicU64::new(0)));
        for (_, key, version) in &known {
            let row = tables.get_newest(key)?;
            version.store(decode_version(row.as_deref())?, Ordering::Release);
        }
        Ok(Self { known })
    }

    /// Follows a commit. Called when its rows are visible and before anybody learns that it happened.
    pub(super) fn applied(&self, batch: &WriteBatch) {
        for (_, key, version) in &self.known {
            // A command has written the row just now.
            if let Some(Some(row)) = batch.get(key)
                && let Ok(new) = decode_version(Some(row))
            {
                version.store(new, Ordering::Release);
            }
        }
    }

    pub(super) fn get(&self, row: VersionRow) -> Option<u64> {
        let known = self.known.iter().find(|(of, _, _)| *of == row);
        known.map(|(_, _, version)| version.load(Ordering::Acquire))
    }
}
