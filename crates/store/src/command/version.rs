//! Counting versions up.

use crate::Error;
use crate::counters::Addition;
use crate::engine::Txn;
use crate::version_row::VersionRow;

/// Counts up the version of rows that the command changes.
pub(super) async fn count_up<T: Txn>(txn: &mut T, row: VersionRow) -> Result<(), Error> {
    txn.add(row.key(), Addition::Version).await
}
