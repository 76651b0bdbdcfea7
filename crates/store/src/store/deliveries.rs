//! Operations on the journal of deliveries.

use std::future::Future;

use super::Store;
use super::objects::check_names;
use crate::command::{
    Change, ClaimDeliveries, ClaimDelivery, PruneDeliveries, RecordDeliveryCommand, RenewLease,
    UpdateDeliveryCommand,
};
use crate::key;
use crate::query::{
    Backlog, CountsOfDeliveries, Deliveries, DeliveryOf, IsScheduled, TimeToKeep, parse_cursor,
};
use crate::{
    Delivery, DeliveryCounts, DeliveryFilter, DeliveryPage, Error, Lease, Prune, RecordDelivery,
    UpdateDelivery,
};

/// Deliveries dropped in one commit.
const PRUNED_AT_ONCE: usize = 1000;

impl Store {
    /// Records a delivery on its own, for a callback asked for an object that exists.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn record_delivery(&self, record: RecordDelivery) -> Result<(), Error> {
        check_names(&record.bucket, &record.key)?;
        key::check_delivery(&record.delivery.id)?;
        self.parts.engine.commit(RecordDeliveryCommand { record }, None).await
    }

    /// Records what became of a delivery, and ends its lease.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::LeaseLost`] when the delivery is not claimed as the change says.
    pub async fn update_delivery(&self, update: UpdateDelivery) -> Result<(), Error> {
        self.parts.engine.commit(UpdateDeliveryCommand { update: Change::Own(update) }, None).await
    }

    /// Updates a delivery, in one commit with other changes that wait, so that it hardly ever costs a sync of its own. Readers
    /// of the journal see it at once. The future tells when it is durable; dropping it changes nothing.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Closed`]; the future's are those of [`Store::update_delivery`] and failures of the disk.
    pub fn queue_update_of_delivery(
        &self,
        update: UpdateDelivery,
    ) -> Result<impl Future<Output = Result<(), Error>> + Send + use<>, Error> {
        let queued = self.parts.queued_updates.add(update);
        self.parts.engine.commit_lazily(UpdateDeliveryCommand { update: Change::Queued(queued) })
    }

    /// Looks up a delivery.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn delivery(&self, id: &str) -> Result<Option<Delivery>, Error> {
        let queued = self.parts.queued_updates.get(id);
        self.parts.engine.query(DeliveryOf { id: id.to_owned(), queued }).await
    }

    /// Lists deliveries, newest first. A page may hold fewer than `limit` and still have a cursor.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a cursor that did not come from here, and failures of the disk.
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DeliveryPage, Error> {
        let cursor = cursor.map(parse_cursor).transpose()?;
        let queued = self.parts.queued_updates.all();
        self.parts.engine.query(Deliveries { filter: filter.clone(), cursor, limit, queued }).await
    }

    /// Tells how many deliveries there are. They are counted as they change, so that asking costs the reading of one row.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn delivery_counts(&self) -> Result<DeliveryCounts, Error> {
        let queued = self.parts.queued_updates.all();
        self.parts.engine.query(CountsOfDeliveries { queued }).await
    }

    /// Tells since when the delivery has been due that has been due longest, and how many are due, as far as `most`. Both
    /// include those whose lease has ended without an outcome.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn backlog(&self, now_ms: i64, most: usize) -> Result<(Option<i64>, usize), Error> {
        let from = self.parts.due.get();
        let queued = self.parts.queued_updates.all();
        self.parts.engine.query(Backlog { from, now_ms, most, queued }).await
    }

    /// Claims deliveries that are due, or whose lease has ended without an outcome, so that of several workers one gets
    /// each. Times are of the caller's clock; where nodes share the store, leases go by a clock that they share as well.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn claim_due_deliveries(
        &self,
        now_ms: i64,
        lease: Lease,
        limit: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let _alone = self.parts.due.claiming.lock().await;
        let from = self.parts.due.begin();
        let scheduled = IsScheduled { from: from.clone(), now_ms: self.parts.engine.lease_now_ms(now_ms) };
        if !self.parts.engine.query(scheduled).await? {
            self.parts.due.rise(key::delivery_due_after(now_ms));
            return Ok(Vec::new());
        }
        let command = ClaimDeliveries { from, now_ms, lease, limit };
        let claimed = self.parts.engine.commit(command, None).await?;
        self.parts.due.rise(claimed.reached);
        Ok(claimed.deliveries)
    }

    /// Claims one delivery, due or not.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::DeliveryLeased`] when somebody has it.
    pub async fn claim_delivery(&self, id: &str, now_ms: i64, lease: Lease) -> Result<Delivery, Error> {
        let id = id.to_owned();
        self.parts.engine.commit(ClaimDelivery { id, lease, now_ms }, None).await
    }

    /// Puts off the end of a lease.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::LeaseLost`] when the claim of `lease` does not have the delivery.
    pub async fn renew_lease(&self, id: &str, lease: Lease, now_ms: i64) -> Result<(), Error> {
        self.parts.engine.commit(RenewLease { id: id.to_owned(), lease, now_ms }, None).await
    }

    /// Drops old deliveries and tells how many.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn prune_deliveries(&self, prune: Prune) -> Result<u64, Error> {
        let queued = self.parts.queued_updates.all();
        let newest = self.parts.engine.query(TimeToKeep { keep_max: prune.keep_max, queued }).await?;
        let before_ms = prune.before_ms.max(newest);
        let mut dropped = 0;
        let mut after = None;
        loop {
            let command = PruneDeliveries {
                before_ms,
                drop_scheduled: prune.drop_scheduled,
                after,
                limit: PRUNED_AT_ONCE,
            };
            let pruned = self.parts.engine.commit(command, None).await?;
            dropped += pruned.dropped;
            match pruned.after {
                Some(key) => after = Some(key),
                None => return Ok(dropped),
            }
        }
    }
}
