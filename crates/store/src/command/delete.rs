//! The command that deletes objects.

use super::data::{count, get_object, release, require_bucket};
use super::put::require_etag;
use crate::Error;
use crate::engine::{Command, Txn};
use crate::key;

/// Deletes objects, telling for each whether there was one.
#[derive(Debug)]
pub(crate) struct Delete {
    pub(crate) bucket: String,
    pub(crate) keys: Vec<String>,
    /// Every one must have this ETag.
    pub(crate) if_match: Option<String>,
}

impl Command for Delete {
    type Output = Vec<bool>;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut existed = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let old = get_object(txn, &self.bucket, key).await?;
            if let Some(etag) = &self.if_match {
                require_etag(old.as_ref(), etag)?;
            }
            if let Some(old) = &old {
                release(txn, &old.data).await?;
                txn.delete(key::object(&self.bucket, key));
                count(txn, &self.bucket, Some(old), None).await?;
            }
            existed.push(old.is_some());
        }
        Ok(existed)
    }
}
