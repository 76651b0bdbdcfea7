//! Commands that finish removing what nothing refers to.

use bytes::Bytes;

use super::data::{release_ref, scan_prefix};
use crate::Error;
use crate::engine::{Command, Txn};
use crate::extent::Extent;
use crate::id::DataId;
use crate::key;

/// Forgets data files that were removed.
#[derive(Debug)]
pub(crate) struct ForgetFile {
    pub(crate) ids: Vec<DataId>,
}

impl Command for ForgetFile {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        for id in &self.ids {
            txn.delete(key::reclaim(*id));
        }
        Ok(())
    }
}

/// Lets go of some extents of a manifest, and of the manifest with its last. Tells whether there are more.
#[derive(Debug)]
pub(crate) struct ReclaimManifest {
    pub(crate) id: DataId,
    pub(crate) limit: usize,
}

impl Command for ReclaimManifest {
    type Output = bool;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<bool, Error> {
        let rows = scan_prefix(txn, &key::manifest(self.id), self.limit).await?;
        let more = rows.len() == self.limit;
        for (key, row) in rows {
            release_ref(txn, Extent::from_row(&row)?.place).await?;
            txn.delete(key);
        }
        if !more {
            txn.delete(key::reclaim(self.id));
        }
        Ok(more)
    }
}

/// Writes rows as they are, to set right what a check found.
#[derive(Debug)]
pub(crate) struct RewriteRows {
    pub(crate) rows: Vec<(Bytes, Option<Bytes>)>,
}

impl Command for RewriteRows {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        for (key, value) in &self.rows {
            match value {
                Some(value) => txn.put(key.clone(), value.clone()),
                None => txn.delete(key.clone()),
            }
        }
        Ok(())
    }
}
