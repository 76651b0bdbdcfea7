//! Reads that are saved where what they look up has not changed.

use crate::Error;
use crate::engine::{Query, View};
use crate::record::decode_version;
use crate::version_row::VersionRow;

/// A query whose answer is known while a version row says what it said then.
pub(crate) struct AtVersion<Q: Query> {
    pub(crate) row: VersionRow,
    /// The answer that is known and its version.
    pub(crate) known: Option<(u64, Q::Output)>,
    pub(crate) query: Q,
}

impl<Q: Query<Output: Clone + Sync>> Query for AtVersion<Q> {
    type Output = (u64, Q::Output);

    fn is_long(&self) -> bool {
        self.query.is_long()
    }

    fn looks_once(&self) -> bool {
        self.known.is_some()
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let version = decode_version(view.get(&self.row.key()).await?.as_deref())?;
        match &self.known {
            Some((known, answer)) if *known == version => Ok((version, answer.clone())),
            _ => Ok((version, self.query.run(view).await?)),
        }
    }
}

/// The version in a row.
pub(crate) struct VersionOf(pub(crate) VersionRow);

impl Query for VersionOf {
    type Output = u64;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<u64, Error> {
        decode_version(view.get(&self.0.key()).await?.as_deref())
    }
}
