//! Snapshots: states of the tables that readers look at.

use std::fmt::Debug;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::snapshot_tracker::ReadSeqno;
use super::tables::Tables;
use crate::Error;
use crate::engine::write_batch::Row;

/// The tables as they were after one commit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    tables: Arc<Tables>,
    at: ReadSeqno,
}

impl Snapshot {
    /// Takes the present state.
    pub(crate) fn take(tables: &Arc<Tables>) -> Self {
        Self { tables: Arc::clone(tables), at: tables.acquire() }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.tables.get(key, &self.at)
    }

    /// Returns rows in key order between the bounds, at most `limit`.
    pub(crate) fn scan(&self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, Error> {
        self.tables.scan(from, to, limit, &self.at)
    }

    /// Returns keys in order between the bounds, at most `limit`.
    pub(crate) fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Bytes>, Error> {
        self.tables.keys(from, to, limit, &self.at)
    }

    /// Returns its sequence number: commits with this one or a higher one are invisible to the snapshot.
    pub(crate) fn seqno(&self) -> u64 {
        self.at.seqno
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.tables.tracker().release(self.at.seqno);
    }
}
