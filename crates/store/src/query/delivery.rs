//! Reads of the journal of deliveries, and of the queue of what is to be reclaimed.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::command::{counts_in, due_id};
use crate::engine::{Query, View};
use crate::key::{self, Tag};
use crate::record::{DeliveryIndex, decode_delivery};
use crate::{Delivery, DeliveryCounts, DeliveryFilter, DeliveryPage, DeliveryState, Error, UpdateDelivery};

/// Rows looked at for one page at most: with a filter that hardly anything passes, a page may come out short.
const LOOKED_AT: usize = 20_000;

/// Rows looked up at once.
const LOOK: usize = 256;

/// Changes that wait for their commit, by the delivery's identifier; asked for before a view is taken.
pub(crate) type Queued = HashMap<String, Arc<UpdateDelivery>>;

/// A delivery.
pub(crate) struct DeliveryOf {
    pub(crate) id: String,
    pub(crate) queued: Option<Arc<UpdateDelivery>>,
}

impl Query for DeliveryOf {
    type Output = Option<Delivery>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let delivery = get(view, &self.id).await?;
        Ok(delivery.map(|delivery| changed(delivery, self.queued.as_deref())))
    }
}

/// Deliveries, newest first.
pub(crate) struct Deliveries {
    pub(crate) filter: DeliveryFilter,
    pub(crate) cursor: Option<Bytes>,
    pub(crate) limit: usize,
    pub(crate) queued: Queued,
}

impl Query for Deliveries {
    type Output = DeliveryPage;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Self { filter, limit, queued, .. } = self;
        let mut from = match (&self.cursor, filter.before_ms) {
            (Some(cursor), _) => Bound::Excluded(cursor.clone()),
            (None, Some(before)) => Bound::Included(key::delivery_times(before.saturating_sub(1))),
            (None, None) => Bound::Included(key::whole(Tag::DeliveryTime)),
        };
        let end = match filter.since_ms {
            Some(since) => key::delivery_times(since.saturating_sub(1)),
            None => key::after_prefix(&[Tag::DeliveryTime as u8]),
        };
        let mut page = DeliveryPage::default();
        let mut looked_at = 0;
        while page.deliveries.len() < *limit {
            let look_from = from.as_ref().map(AsRef::as_ref);
            let rows = view.scan(look_from, Bound::Excluded(&end), LOOK).await?;
            looked_at += rows.len();
            let is_last = rows.len() < LOOK;
            for (key, row) in rows {
                if page.deliveries.len() == *limit {
                    page.cursor = Some(cursor_text(&from));
                    return Ok(page);
                }
                let id = due_id(&key)?;
                let (index, queued) = (DeliveryIndex::decode(&row)?, queued.get(id).map(AsRef::as_ref));
                if queued.is_some() || passes(filter, &index.bucket, index.state) {
                    let delivery = get(view, id).await?.map(|delivery| changed(delivery, queued));
                    page.deliveries
                        .extend(delivery.filter(|delivery| passes(filter, &delivery.bucket, delivery.state)));
                }
                from = Bound::Excluded(key);
            }
            if is_last {
                return Ok(page);
            }
            if looked_at >= LOOKED_AT {
                break;
            }
        }
        page.cursor = (*limit > 0).then(|| cursor_text(&from));
        Ok(page)
    }
}

/// How many deliveries there are.
pub(crate) struct CountsOfDeliveries {
    pub(crate) queued: Queued,
}

impl Query for CountsOfDeliveries {
    type Output = DeliveryCounts;

    fn is_long(&self) -> bool {
        self.queued.len() > LOOK
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let mut counts = counts_in(view.get(&key::delivery_counts()).await?.as_deref())?;
        for (id, update) in &self.queued {
            if let Some(before) = get(view, id).await? {
                counts.change(before.state, before.scheduled_ms().is_some(), -1);
                let after = changed(before, Some(update));
                counts.change(after.state, after.scheduled_ms().is_some(), 1);
            }
        }
        Ok(counts)
    }
}

/// Since when the delivery has been due that has been due longest, and how many are due, as far as `most`.
pub(crate) struct Backlog {
    pub(crate) from: Bytes,
    pub(crate) now_ms: i64,
    pub(crate) most: usize,
    pub(crate) queued: Queued,
}

impl Query for Backlog {
    type Output = (Option<i64>, usize);

    fn is_long(&self) -> bool {
        self.most > LOOK
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let shift = view.clock_shift();
        let to = key::delivery_due_after(shift.kept(self.now_ms));
        // Each change that waits may take one of them away.
        let look = self.most.saturating_add(self.queued.len());
        let mut due = Vec::new();
        for key in view.keys(Bound::Included(&self.from), Bound::Excluded(&to), look).await? {
            if !self.queued.contains_key(due_id(&key)?) {
                due.push(shift.of_caller(key::time_of_due(&key)?));
            }
        }
        for (id, update) in &self.queued {
            let delivery = get(view, id).await?.map(|delivery| changed(delivery, Some(update)));
            let scheduled_ms = delivery.and_then(|delivery| delivery.scheduled_ms());
            due.extend(scheduled_ms.filter(|scheduled_ms| *scheduled_ms <= self.now_ms));
        }
        Ok((due.iter().copied().min(), due.len().min(self.most)))
    }
}

/// Whether any delivery is scheduled until now, by the clock that leases go by.
pub(crate) struct IsScheduled {
    pub(crate) from: Bytes,
    pub(crate) now_ms: i64,
}

impl Query for IsScheduled {
    type Output = bool;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let to = key::delivery_due_after(self.now_ms);
        let first = view.keys(Bound::Included(&self.from), Bound::Excluded(&to), 1).await?;
        Ok(!first.is_empty())
    }
}

/// The time such that at most about so many deliveries are as new; all that share it are kept.
pub(crate) struct TimeToKeep {
    pub(crate) keep_max: u64,
    pub(crate) queued: Queued,
}

impl Query for TimeToKeep {
    type Output = i64;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let counts = CountsOfDeliveries { queued: self.queued.clone() }.run(view).await?;
        if counts.total() <= self.keep_max {
            return Ok(i64::MIN);
        }
        let end = key::after_prefix(&[Tag::DeliveryTime as u8]);
        let mut from = Bound::Included(key::whole(Tag::DeliveryTime));
        let mut left = self.keep_max;
        while left > 0 {
            let look = usize::try_from(left).unwrap_or(LOOK).min(LOOK);
            let look_from = from.as_ref().map(AsRef::as_ref);
            let rows = view.scan(look_from, Bound::Excluded(&end), look).await?;
            let Some((last, _)) = rows.last() else { return Ok(i64::MIN) };
            left -= rows.len() as u64;
            from = Bound::Excluded(last.clone());
        }
        match from {
            Bound::Excluded(last) => key::time_of_delivery(&last),
            _ => Ok(i64::MAX),
        }
    }
}

/// How many data files and manifests wait to be reclaimed.
pub(crate) struct ReclaimQueue;

impl Query for ReclaimQueue {
    type Output = usize;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let from = key::whole(Tag::Reclaim);
        let to = key::after_prefix(&from);
        Ok(view.keys(Bound::Included(&from), Bound::Excluded(&to), usize::MAX).await?.len())
    }
}

async fn get(view: &View, id: &str) -> Result<Option<Delivery>, Error> {
    let delivery = view.get(&key::delivery(id)).await?.map(|row| decode_delivery(id, &row)).transpose()?;
    Ok(delivery.map(|delivery| view.clock_shift().delivery_of_caller(delivery)))
}

fn passes(filter: &DeliveryFilter, bucket: &str, state: DeliveryState) -> bool {
    filter.bucket.as_deref().is_none_or(|wanted| wanted == bucket)
        && (filter.states.is_empty() || filter.states.contains(&state))
}

/// Applies a change that waits for its commit.
fn changed(mut delivery: Delivery, queued: Option<&UpdateDelivery>) -> Delivery {
    if let Some(update) = queued {
        update.apply(&mut delivery);
    }
    delivery
}

/// Renders the key of the last delivery that was looked at, without its tag, in hexadecimal.
fn cursor_text(from: &Bound<Bytes>) -> String {
    match from {
        Bound::Included(key) | Bound::Excluded(key) => {
            crate::record::hex_upper(key.get(1..).unwrap_or_default())
        }
        Bound::Unbounded => String::new(),
    }
}

/// Reads such a rendering back.
pub(crate) fn parse_cursor(cursor: &str) -> Result<Bytes, Error> {
    let bad = Error::InvalidName { reason: "the cursor did not come from a listing" };
    if !cursor.len().is_multiple_of(2) || cursor.len() > 512 || !cursor.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Err(bad);
    }
    let mut key = vec![Tag::DeliveryTime as u8];
    for at in (0..cursor.len()).step_by(2) {
        let byte = cursor.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        key.push(byte.ok_or_else(|| bad.clone())?);
    }
    Ok(Bytes::from(key))
}
