//! Changes of the metadata, and what they may do: read and write rows through a transaction that they share with nobody.
//!
//! A command sees its own writes and those of all commands before it, and none of its writes stay if it fails. It may be
//! run again from the start, so it takes what it needs from outside (time, identifiers) as fields and changes nothing but
//! rows.

use std::future::Future;
use std::ops::Bound;

use bytes::Bytes;

use super::write_batch::Row;
use crate::Error;
use crate::counters::Addition;

/// A transaction. The embedded engines answer at once; one over a network does not.
pub(crate) trait Txn: Send {
    /// Returns the value of a row.
    fn get(&mut self, key: &[u8]) -> impl Future<Output = Result<Option<Bytes>, Error>> + Send;
    /// Returns rows in key order, at most `limit`.
    fn scan(
        &mut self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
    /// Returns the time by the clock that leases go by, where the caller's clock says `callers_ms`. Nodes that share the rows
    /// share that clock, whatever their own say; without others it is the caller's.
    fn now_ms(&mut self, callers_ms: i64) -> impl Future<Output = Result<i64, Error>> + Send {
        async move { Ok(callers_ms) }
    }

    /// Writes a row.
    fn put(&mut self, key: Bytes, value: Bytes);
    /// Deletes a row, whether it exists or not.
    fn delete(&mut self, key: Bytes);
    /// Adds to the counters in a row without reading them: whatever else is added meanwhile is no conflict. The embedded
    /// engine has one writer and changes the row.
    fn add(&mut self, key: Bytes, addition: Addition) -> impl Future<Output = Result<(), Error>> + Send {
        async move {
            let row = addition.to_row(self.get(&key).await?.as_deref())?;
            self.put(key, row);
            Ok(())
        }
    }
}

/// Returns what is in a row, if that is known.
pub(crate) type FoundRows<'a> = dyn Fn(&[u8]) -> Option<Bytes> + Send + Sync + 'a;

/// A change of the metadata.
pub(crate) trait Command: Send + Sync + 'static {
    /// What the caller learns.
    type Output: Send + 'static;
    /// Whether more space is needed afterwards than before. When space is short the rest of the write-ahead log is left
    /// to commands that make some.
    const GROWS: bool = true;
    /// Names rows that the command is going to read, as far as that is known: an engine over a network reads those of many
    /// commands at once.
    fn reads(&self, _keys: &mut Vec<Bytes>) {}
    /// Names rows that the command is going to read besides, as far as those that it has named tell: `found` returns what is in
    /// them.
    fn reads_then(&self, _found: &FoundRows<'_>, _keys: &mut Vec<Bytes>) {}

    /// Tells whether the command is going to ask for the time.
    fn asks_time(&self) -> bool {
        false
    }

    /// Makes the change.
    fn run<T: Txn>(&self, txn: &mut T) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}
