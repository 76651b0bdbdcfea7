//! The nonces of requests to STS: each request of a key is carried out once.
//!
//! A row of the store says that a nonce is used, so that no other node takes it, nor this one after a restart. What one process took
//! itself it remembers besides, which bounds the rows that an account, and a node, can write.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use ossicle_protocol::Timestamp;
use ossicle_protocol::sts::{Fault, FaultCode, MAX_SKEW_MILLIS, Verified};
use ossicle_store::Store;
use sha2::{Digest as _, Sha256};

use super::internal_error::internal;
use crate::access::identity::Identity;
use crate::sync;

/// The most nonces of all accounts, and of one, that are remembered. One that has as many is told to come back later.
const MOST: usize = 240_000;
const MOST_OF_ACCOUNT: usize = 60_000;

/// The nonces that count as used.
#[derive(Debug)]
pub(crate) struct Nonces {
    seen: Mutex<Seen>,
    most: usize,
    most_of_account: usize,
}

#[derive(Debug, Default)]
struct Seen {
    used: HashSet<Digest>,
    /// How many of them each account has.
    counts: HashMap<Arc<str>, usize>,
    /// When each may be forgotten, the earliest first, and whose it is.
    ends: BTreeMap<(i64, Digest), Arc<str>>,
}

/// The digest of an access key id and a nonce.
type Digest = [u8; 16];

impl Default for Nonces {
    fn default() -> Self {
        Self { seen: Mutex::default(), most: MOST, most_of_account: MOST_OF_ACCOUNT }
    }
}

impl Nonces {
    /// Takes the nonce of a request that a key of an account has signed.
    ///
    /// # Errors
    /// `SignatureNonceUsed`, or `Throttling.User` if no more can be remembered.
    pub(super) async fn take(
        &self,
        store: &Store,
        caller: &Identity,
        request: &Verified,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.remember(&caller.account, &caller.access_key_id, request, now)?;
        let digest = digest(&caller.access_key_id, &request.nonce);
        let taken = store.take_nonce(digest, now.unix_millis(), valid_until_ms(request)).await;
        if taken.map_err(|error| internal(&error))? {
            Ok(())
        } else {
            Err(FaultCode::SignatureNonceUsed.into())
        }
    }

    /// Remembers that this process takes a nonce, unless it has before.
    fn remember(
        &self,
        account: &str,
        access_key_id: &str,
        request: &Verified,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut seen = sync::lock(&self.seen);
        seen.forget_until(now.unix_millis());
        let digest = digest(access_key_id, &request.nonce);
        if seen.used.contains(&digest) {
            return Err(FaultCode::SignatureNonceUsed.into());
        }
        let of_account = seen.counts.get(account).copied().unwrap_or_default();
        if seen.used.len() >= self.most || of_account >= self.most_of_account {
            return Err(FaultCode::Throttling.into());
        }
        let account: Arc<str> = account.into();
        seen.used.insert(digest);
        seen.counts.insert(Arc::clone(&account), of_account + 1);
        seen.ends.insert((valid_until_ms(request), digest), account);
        Ok(())
    }
}

impl Seen {
    /// Forgets the nonces of requests that are not valid any more.
    fn forget_until(&mut self, now_ms: i64) {
        while let Some(first) = self.ends.first_entry()
            && first.key().0 < now_ms
        {
            let ((_, digest), account) = first.remove_entry();
            self.used.remove(&digest);
            if let Some(count) = self.counts.get_mut(&account) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.counts.remove(&account);
                }
            }
        }
    }
}

/// Returns the time after which a request is not valid any more.
fn valid_until_ms(request: &Verified) -> i64 {
    request.at.unix_millis() + MAX_SKEW_MILLIS
}

fn digest(access_key_id: &str, nonce: &str) -> Digest {
    let digest = Sha256::new().chain_update(access_key_id).chain_update([0]).chain_update(nonce).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ossicle_protocol::sts::Action;

    const NOW: i64 = 1_796_004_000_000;

    fn take(nonces: &Nonces, account: &str, key: &str, nonce: &str, at: i64, now: i64) -> Option<FaultCode> {
        let time = |ms| Timestamp::from_unix_millis(NOW + ms);
        let request = Verified::new(Action::GetCallerIdentity, nonce.to_owned(), time(at));
        nonces.remember(account, key, &request, time(now)).err().map(|fault| fault.code())
    }

    #[test]
    fn a_nonce_is_used_once_by_a_key_while_its_request_is_valid() {
        let nonces = Nonces::default();
        assert_eq!(take(&nonces, "1", "a", "n", 0, 0), None);
        assert_eq!(take(&nonces, "1", "a", "n", 0, 1), Some(FaultCode::SignatureNonceUsed));
        assert_eq!(take(&nonces, "1", "a", "m", 0, 1), None);
        assert_eq!(take(&nonces, "1", "b", "n", 0, 1), None);
        // A request from the future is valid for longer.
        assert_eq!(take(&nonces, "1", "a", "late", MAX_SKEW_MILLIS, 0), None);
        let used = Some(FaultCode::SignatureNonceUsed);
        assert_eq!(take(&nonces, "1", "a", "n", 0, MAX_SKEW_MILLIS), used);
        assert_eq!(take(&nonces, "1", "a", "n", MAX_SKEW_MILLIS, MAX_SKEW_MILLIS + 1), None);
        assert_eq!(take(&nonces, "1", "a", "late", MAX_SKEW_MILLIS, 2 * MAX_SKEW_MILLIS), used);
    }

    #[test]
    fn memory_is_bounded_for_each_account_and_for_all() {
        let nonces = Nonces { most: 6, most_of_account: 4, ..Nonces::default() };
        let fill = |account: &str, now| {
            (0..10)
                .filter(|n| take(&nonces, account, "a", &format!("{account}{n}{now}"), now, now).is_none())
                .count()
        };
        assert_eq!(fill("1", 0), 4);
        assert_eq!(fill("2", 0), 2);
        assert_eq!(take(&nonces, "3", "a", "n", 0, 0), Some(FaultCode::Throttling));
        let later = MAX_SKEW_MILLIS + 1;
        assert_eq!(fill("3", later), 4);
        let seen = nonces.seen.lock().unwrap();
        assert_eq!((seen.used.len(), seen.ends.len(), seen.counts.len()), (4, 4, 1));
    }
}
