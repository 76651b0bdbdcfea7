//! Leases on deliveries: whoever sends one has claimed it in the journal before, so that none is sent twice at once and no
//! outcome overwrites another, whichever process is at work.

use ossicle_store::{self as store, ClaimId, Delivery, Lease, Store, UpdateDelivery};

use super::{Callbacks, Settings};
use crate::app;

/// A callback has no more URLs than this.
const MAX_URLS: i64 = 5;

/// For resolving, committing and a busy machine, besides the time of the URLs.
const MARGIN_MS: i64 = 10_000;

impl Settings {
    /// Returns how long an attempt may take with all its URLs: without an outcome it is not under way any more.
    pub(crate) fn longest_attempt_ms(&self) -> i64 {
        let timeout_ms = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 16);
        timeout_ms.saturating_mul(MAX_URLS).saturating_add(MARGIN_MS)
    }
}

impl Callbacks {
    /// Makes a lease for one attempt that begins soon.
    pub(super) fn new_lease(&self) -> Lease {
        self.lease_for(ClaimId::new(rand::random()))
    }

    fn lease_for(&self, claim: ClaimId) -> Lease {
        Lease { claim, until_ms: app::now().unix_millis().saturating_add(self.settings.longest_attempt_ms()) }
    }

    /// Makes sure that the lease of a claimed delivery lasts for an attempt that begins now.
    pub(super) async fn keep_lease(&self, store: &Store, delivery: &Delivery) -> Result<(), store::Error> {
        let lease = delivery.lease.ok_or(store::Error::LeaseLost)?;
        let renewed = self.lease_for(lease.claim);
        if lease.until_ms.saturating_add(MARGIN_MS / 2) >= renewed.until_ms {
            return Ok(());
        }
        store.renew_lease(&delivery.id, renewed, app::now().unix_millis()).await
    }
}

/// Ends the lease of a delivery that was not sent: it is due then, or never if that is none.
pub(super) async fn release(store: &Store, delivery: &Delivery, due_ms: Option<i64>) {
    let update = UpdateDelivery {
        id: delivery.id.clone(),
        claim: delivery.lease.map(|lease| lease.claim),
        state: delivery.state,
        due_ms,
        attempts: delivery.attempts,
        payload: None,
        now_ms: app::now().unix_millis(),
    };
    match store.update_delivery(update).await {
        Ok(()) => {}
        Err(store::Error::LeaseLost) => {
            tracing::debug!(
                request_id = delivery.id,
                "the lease of a delivery ended before it was given back"
            );
        }
        Err(error) => {
            tracing::warn!(%error, request_id = delivery.id, "cannot give a delivery back; it comes back when its lease ends");
        }
    }
}
