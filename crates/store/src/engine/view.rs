//! One state of the rows, as a query sees it.

use std::ops::Bound;

use bytes::Bytes;

#[cfg(test)]
use super::contrary;
use super::embedded::snapshot::Snapshot;
use super::postgres::snapshot as postgres;
use super::write_batch::Row;
use crate::Error;
use crate::lease_clock::ClockShift;

/// The rows as they are after some commit, for as long as this value lives.
#[derive(Debug)]
pub(crate) enum View {
    Embedded(Snapshot),
    Postgres(postgres::Snapshot),
    #[cfg(test)]
    Contrary(contrary::State),
}

/// Rows of a table, a page at a time.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    view: &'a View,
    from: Bound<Bytes>,
    end: Bytes,
    size: usize,
}

impl View {
    /// Returns the value of a row.
    pub(crate) async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Embedded(snapshot) => snapshot.get(key),
            Self::Postgres(snapshot) => Box::pin(snapshot.get(key)).await,
            #[cfg(test)]
            Self::Contrary(state) => state.get(key).await,
        }
    }

    /// Looks up rows that are going to be asked for one by one, with the small content of the object in the row of `content_of`:
    /// an engine over a network reads them at once.
    pub(crate) async fn prefetch(&self, keys: &[Bytes], content_of: Option<&Bytes>) -> Result<(), Error> {
        match self {
            Self::Postgres(snapshot) => snapshot.prefetch(keys, content_of).await,
            Self::Embedded(_) => Ok(()),
            #[cfg(test)]
            Self::Contrary(_) => Ok(()),
        }
    }

    /// Returns rows in key order from the bounds, at most `limit`.
    pub(crate) async fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        match self {
            Self::Embedded(snapshot) => snapshot.scan(from, to, limit),
            Self::Postgres(snapshot) => Box::pin(snapshot.scan(from, to, limit)).await,
            #[cfg(test)]
            Self::Contrary(state) => state.scan(from, to, limit).await,
        }
    }

    /// Returns keys in order from the bounds, at most `limit`, without reading values.
    pub(crate) async fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Bytes>, Error> {
        match self {
            Self::Embedded(snapshot) => snapshot.keys(from, to, limit),
            Self::Postgres(snapshot) => Box::pin(snapshot.keys(from, to, limit)).await,
            #[cfg(test)]
            Self::Contrary(state) => {
                Ok(state.scan(from, to, limit).await?.into_iter().map(|(k, _)| k).collect())
            }
        }
    }

    /// Tells how far the clock of leases is ahead of this machine's, about.
    pub(crate) fn clock_shift(&self) -> ClockShift {
        match self {
            Self::Postgres(snapshot) => snapshot.clock_shift(),
            Self::Embedded(_) => ClockShift::default(),
            #[cfg(test)]
            Self::Contrary(_) => ClockShift::default(),
        }
    }

    /// Goes through the rows from `from` and before `end`, `size` at a time.
    pub(crate) fn pages(&self, from: Bound<Bytes>, end: Bytes, size: usize) -> Pages<'_> {
        Pages { view: self, from, end, size }
    }

    /// Returns a number that commits invisible to this view have reached: they and all later ones change nothing in it. To be
    /// asked after the first look at the rows.
    pub(crate) fn seqno(&self) -> u64 {
        match self {
            Self::Embedded(snapshot) => snapshot.seqno(),
            Self::Postgres(snapshot) => snapshot.seqno(),
            #[cfg(test)]
            Self::Contrary(state) => state.seqno(),
        }
    }
}

impl Pages<'_> {
    /// Returns the next rows; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<Row>, Error> {
        let from = self.from.as_ref().map(AsRef::as_ref);
        let rows = self.view.scan(from, Bound::Excluded(&self.end), self.size).await?;
        if let Some((last, _)) = rows.last() {
            self.from = Bound::Excluded(last.clone());
        }
        Ok(rows)
    }
}
