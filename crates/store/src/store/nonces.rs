//! Operations on nonces.

use super::Store;
use crate::Error;
use crate::command::{ForgetNonces, TakeNonce};
use crate::query::IsNonceUsed;

/// Nonces looked at in one commit.
const LOOK: usize = 1000;

impl Store {
    /// Uses a nonce, given by a digest of it and of whose it is, until a time. Returns whether it was free: of several that use the
    /// same one, on whichever nodes, one gets true.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn take_nonce(&self, digest: [u8; 16], now_ms: i64, until_ms: i64) -> Result<bool, Error> {
        self.parts.engine.commit(TakeNonce { digest, now_ms, until_ms }, None).await
    }

    /// Returns whether a nonce is used at this time.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn is_nonce_used(&self, digest: [u8; 16], now_ms: i64) -> Result<bool, Error> {
        self.parts.engine.query(IsNonceUsed { digest, now_ms }).await
    }

    /// Forgets the nonces whose time was before `now_ms`. Ends early, between two commits, once `stop` says so.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn forget_nonces(&self, now_ms: i64, stop: impl Fn() -> bool) -> Result<(), Error> {
        let mut after = None;
        while !stop() {
            after = self.parts.engine.commit(ForgetNonces { after, now_ms, look: LOOK }, None).await?;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }
}
