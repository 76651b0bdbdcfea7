//! Reads of nonces.

use crate::Error;
use crate::engine::{Query, View};
use crate::key;
use crate::record::decode_nonce;

/// Whether a nonce is used.
pub(crate) struct IsNonceUsed {
    pub(crate) digest: [u8; 16],
    pub(crate) now_ms: i64,
}

impl Query for IsNonceUsed {
    type Output = bool;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<bool, Error> {
        let row = view.get(&key::nonce(&self.digest)).await?;
        let used_until_ms = row.map(|row| decode_nonce(&row)).transpose()?;
        Ok(used_until_ms.is_some_and(|until_ms| until_ms >= self.now_ms))
    }
}
