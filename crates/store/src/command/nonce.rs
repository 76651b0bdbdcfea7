//! Commands of nonces: what may be used once, by whichever process hears of it first.

use std::ops::Bound;

use bytes::Bytes;

use crate::Error;
use crate::engine::{Command, Txn};
use crate::key::{self, Tag};
use crate::record::{decode_nonce, encode_nonce};

/// Uses a nonce, unless it is used already. The output says whether it was free.
#[derive(Debug)]
pub(crate) struct TakeNonce {
    pub(crate) digest: [u8; 16],
    pub(crate) now_ms: i64,
    /// When it may be used again.
    pub(crate) until_ms: i64,
}

impl Command for TakeNonce {
    type Output = bool;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<bool, Error> {
        let key = key::nonce(&self.digest);
        let used_until_ms = txn.get(&key).await?.map(|row| decode_nonce(&row)).transpose()?;
        if used_until_ms.is_some_and(|until_ms| until_ms >= self.now_ms) {
            return Ok(false);
        }
        txn.put(key, encode_nonce(self.until_ms));
        Ok(true)
    }
}

/// Forgets those of the next so many nonces that may be used again. The output is where to go on, if there are more.
#[derive(Debug)]
pub(crate) struct ForgetNonces {
    pub(crate) after: Option<Bytes>,
    pub(crate) now_ms: i64,
    pub(crate) look: usize,
}

impl Command for ForgetNonces {
    type Output = Option<Bytes>;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Option<Bytes>, Error> {
        let first = key::whole(Tag::Nonce);
        let end = key::after_prefix(&first);
        let from = match &self.after {
            Some(after) => Bound::Excluded(&after[..]),
            None => Bound::Included(&first[..]),
        };
        let rows = txn.scan(from, Bound::Excluded(&end), self.look).await?;
        let next = rows.last().filter(|_| rows.len() == self.look).map(|(key, _)| key.clone());
        for (key, row) in rows {
            // What cannot be read is fsck's to tell, and keeps nobody from the others.
            if decode_nonce(&row).is_ok_and(|until_ms| until_ms < self.now_ms) {
                txn.delete(key);
            }
        }
        Ok(next)
    }
}
