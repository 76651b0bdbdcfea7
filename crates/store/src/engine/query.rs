//! Reads of the metadata as values, which the engine runs where it does not hold up others.

use std::future::Future;

use super::View;
use crate::Error;

/// A read of the metadata. It may be run again from the start.
pub(crate) trait Query: Send + Sync + 'static {
    /// What the caller learns.
    type Output: Send + 'static;

    /// Tells whether there may be much to look at: more than a few rows. The embedded engine runs such a query on a
    /// blocking thread.
    fn is_long(&self) -> bool {
        false
    }

    /// Tells whether one look at the rows is likely to be enough, after which it is over: an engine over a network begins no
    /// transaction for it then.
    fn looks_once(&self) -> bool {
        false
    }

    /// Finds the answer, from one state of the rows.
    fn run(&self, view: &View) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}
