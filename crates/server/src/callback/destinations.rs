//! The governor of callbacks: how many may be in flight, in all and to each application server, how many redeliveries
//! queue up for one, and which are left alone because they keep failing. A dead or slow application server costs the
//! others nothing.

mod circuit_breaker;
mod pace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ossicle_callback::CallbackUrl;
use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::circuit_breaker::{BreakerSettings, CircuitBreaker};
use self::pace::Pace;
use crate::config::{Callback, Redelivery};
use crate::sync;

/// Redeliveries that wait in memory for each one that may run.
const QUEUED_PER_SLOT: usize = 16;

/// The longest that a breaker stays open: an application server that is back is noticed within this.
const MAX_OPEN_MS: u64 = 60_000;

/// Above so many, destinations of which there is nothing to know are forgotten.
const FORGET_ABOVE: usize = 1024;

/// All destinations by authority. Cloning shares them.
#[derive(Debug, Clone)]
pub(crate) struct Destinations {
    shared: Arc<Shared>,
}

/// The bounds on what is in flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    in_flight: usize,
    /// Of the callbacks that uploads wait for.
    in_flight_per_destination: usize,
    redeliveries_per_destination: usize,
    breaker: BreakerSettings,
}

#[derive(Debug)]
struct Shared {
    limits: Limits,
    /// The number of breakers that are not closed.
    open_breakers: IntGauge,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    by_authority: HashMap<String, Destination>,
}

/// One application server.
#[derive(Debug, Default)]
struct Destination {
    /// Callbacks on their way that uploads wait for.
    in_flight: usize,
    /// There is none as long as nothing has been redelivered to it.
    redelivery: Option<RedeliveryQueue>,
}

#[derive(Debug)]
struct RedeliveryQueue {
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
    breaker: CircuitBreaker,
    pace: Pace,
}

/// The permission to have one callback in flight, until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    shared: Arc<Shared>,
    /// The destinations at which it counts.
    authorities: Vec<String>,
}

/// The answer of [`Destinations::queue_redelivery`].
#[derive(Debug)]
pub(super) enum Admission {
    /// As soon as a slot is free.
    Queued(Queued),
    /// Not before this time.
    NotBefore(i64),
}

/// A redelivery in the queue of its destination, and then in its slot, until this is dropped.
#[derive(Debug)]
pub(super) struct Queued {
    shared: Arc<Shared>,
    authority: String,
    slots: Arc<Semaphore>,
    _room: OwnedSemaphorePermit,
    /// It finds out whether the application server is back, and all others wait for that.
    is_probe: bool,
}

impl Limits {
    /// Reads the limits of the settings. No attempt takes longer than `longest_attempt_ms`.
    pub(crate) fn new(callback: &Callback, redelivery: &Redelivery, longest_attempt_ms: i64) -> Self {
        Self {
            in_flight: callback.max_in_flight,
            in_flight_per_destination: callback.max_in_flight_per_destination,
            redeliveries_per_destination: redelivery.per_destination,
            breaker: BreakerSettings {
                failures: redelivery.breaker_failures.max(1),
                first_pause_ms: redelivery.first_delay_ms,
                max_pause_ms: redelivery.max_delay_ms.min(MAX_OPEN_MS),
                probe_ms: longest_attempt_ms,
            },
        }
    }
}

impl Destinations {
    /// Begins with nothing in flight and all breakers closed.
    pub(crate) fn new(limits: Limits, open_breakers: IntGauge) -> Self {
        Self { shared: Arc::new(Shared { limits, open_breakers, state: Mutex::default() }) }
    }

    /// Permits the callback of an upload, unless there are too many in all or at one of the destinations that it may
    /// go to.
    pub(super) fn permit_upload(&self, urls: &[CallbackUrl]) -> Option<Permit> {
        let mut authorities: Vec<String> = urls.iter().map(|url| url.authority().to_owned()).collect();
        authorities.sort();
        authorities.dedup();
        self.permit(authorities)
    }

    /// Permits a callback that no upload waits for, unless there are too many in all.
    pub(super) fn permit_repeat(&self) -> Option<Permit> {
        self.permit(Vec::new())
    }

    fn permit(&self, authorities: Vec<String>) -> Option<Permit> {
        let limits = &self.shared.limits;
        let mut state = self.shared.lock();
        let is_full = |authority: &String| {
            let destination = state.by_authority.get(authority);
            destination.is_some_and(|known| known.in_flight >= limits.in_flight_per_destination)
        };
        if state.in_flight >= limits.in_flight || authorities.iter().any(is_full) {
            return None;
        }
        state.in_flight += 1;
        for authority in &authorities {
            state.by_authority.entry(authority.clone()).or_default().in_flight += 1;
        }
        Some(Permit { shared: Arc::clone(&self.shared), authorities })
    }

    /// Returns how many callbacks are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.lock().in_flight
    }

    /// Queues up a redelivery, unless its destination is left alone or has too many queued.
    pub(super) fn queue_redelivery(&self, authority: &str, now_ms: i64) -> Admission {
        let limits = &self.shared.limits;
        let slots = limits.redeliveries_per_destination;
        let mut state = self.shared.lock();
        state.forget_idle(slots);
        let destination = state.by_authority.entry(authority.to_owned()).or_default();
        let queue = destination.redelivery.get_or_insert_with(|| RedeliveryQueue::new(slots));
        if let Some(until_ms) = queue.breaker.blocked_until(&limits.breaker, now_ms, rand::random()) {
            return Admission::NotBefore(until_ms);
        }
        let Ok(room) = Arc::clone(&queue.room).try_acquire_owned() else {
            return Admission::NotBefore(queue.pace.put_off(now_ms, slots));
        };
        Admission::Queued(Queued {
            shared: Arc::clone(&self.shared),
            authority: authority.to_owned(),
            slots: Arc::clone(&queue.slots),
            _room: room,
            is_probe: queue.breaker.admit(&limits.breaker, now_ms),
        })
    }
}

impl Queued {
    /// Waits for a slot.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }

    /// Returns the time before which the attempt may not be made, if the breaker has opened while it was queued.
    pub(super) fn opened_until(&self, now_ms: i64) -> Option<i64> {
        let state = self.shared.lock();
        let queue = state.by_authority.get(&self.authority)?.redelivery.as_ref()?;
        queue.breaker.opened_until(now_ms).filter(|_| !self.is_probe)
    }

    /// Tells the breaker what became of the attempt.
    pub(super) fn record_outcome(&self, delivered: bool, took: Duration, now_ms: i64) {
        let mut state = self.shared.lock();
        let Some(queue) = state.redelivery(&self.authority) else { return };
        queue.pace.record(took);
        let was_closed = queue.breaker.is_closed();
        if delivered {
            queue.breaker.record_success();
        } else {
            let settings = &self.shared.limits.breaker;
            queue.breaker.record_failure(settings, self.is_probe, now_ms, rand::random());
        }
        match (was_closed, queue.breaker.is_closed()) {
            (true, false) => self.shared.open_breakers.inc(),
            (false, true) => self.shared.open_breakers.dec(),
            _ => {}
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if self.is_probe
            && let Some(queue) = self.shared.lock().redelivery(&self.authority)
        {
            queue.breaker.end_probe();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        for authority in &self.authorities {
            let Some(destination) = state.by_authority.get_mut(authority) else { continue };
            destination.in_flight = destination.in_flight.saturating_sub(1);
            if destination.in_flight == 0 && destination.redelivery.is_none() {
                // Destinations are named by clients: one that is idle leaves nothing behind.
                state.by_authority.remove(authority);
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

impl State {
    fn redelivery(&mut self, authority: &str) -> Option<&mut RedeliveryQueue> {
        self.by_authority.get_mut(authority)?.redelivery.as_mut()
    }

    fn forget_idle(&mut self, slots: usize) {
        if self.by_authority.len() <= FORGET_ABOVE {
            return;
        }
        self.by_authority.retain(|_, destination| {
            destination.redelivery.take_if(|queue| queue.is_idle(slots));
            destination.in_flight > 0 || destination.redelivery.is_some()
        });
    }
}

impl RedeliveryQueue {
    fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            room: Arc::new(Semaphore::new(slots * (1 + QUEUED_PER_SLOT))),
            breaker: CircuitBreaker::NEW,
            pace: Pace::default(),
        }
    }

    fn is_idle(&self, slots: usize) -> bool {
        self.breaker == CircuitBreaker::NEW && self.slots.available_permits() >= slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "app.example.com:80";

    fn destinations() -> Destinations {
        let breaker =
            BreakerSettings { failures: 3, first_pause_ms: 1000, max_pause_ms: 60_000, probe_ms: 5000 };
        let limits =
            Limits { in_flight: 4, in_flight_per_destination: 2, redeliveries_per_destination: 2, breaker };
        Destinations::new(limits, IntGauge::new("open", "open").unwrap())
    }

    fn urls(list: &[&str]) -> Vec<CallbackUrl> {
        list.iter().map(|url| CallbackUrl::parse(url).unwrap()).collect()
    }

    #[track_caller]
    fn queued(all: &Destinations, now_ms: i64) -> Queued {
        match all.queue_redelivery(NAME, now_ms) {
            Admission::Queued(queued) => queued,
            Admission::NotBefore(until) => panic!("not before {until}"),
        }
    }

    #[track_caller]
    fn not_before(all: &Destinations, now_ms: i64) -> i64 {
        match all.queue_redelivery(NAME, now_ms) {
            Admission::Queued(_) => panic!("now"),
            Admission::NotBefore(until) => until,
        }
    }

    #[test]
    fn a_full_destination_leaves_permits_for_the_others() {
        let all = destinations();
        let slow = urls(&["http://slow.example.com/a"]);
        let both =
            urls(&["http://fast.example.com/", "http://slow.example.com/b", "http://slow.example.com/c"]);
        let first = all.permit_upload(&slow);
        let second = all.permit_upload(&both);
        assert!(first.is_some() && second.is_some());
        assert!(all.permit_upload(&slow).is_none() && all.permit_upload(&both).is_none());
        assert!(all.permit_upload(&urls(&["http://fast.example.com/"])).is_some());
        drop(second);
        assert!(all.permit_upload(&slow).is_some());
        drop(first);
        assert!(all.shared.lock().by_authority.is_empty(), "idle destinations are forgotten");
        assert_eq!(all.in_flight(), 0);
    }

    #[test]
    fn all_callbacks_together_are_limited() {
        let all = destinations();
        let permits: Vec<_> = (0..4).map(|_| all.permit_repeat()).collect();
        assert!(permits.iter().all(Option::is_some) && all.in_flight() == 4);
        assert!(all.permit_repeat().is_none());
        assert!(all.permit_upload(&urls(&["http://idle.example.com/"])).is_none());
        drop(permits);
        assert!(all.permit_upload(&urls(&["http://idle.example.com/"])).is_some());
    }

    #[test]
    fn a_destination_that_keeps_failing_is_left_alone_and_then_probed_with_one() {
        let all = destinations();
        for _ in 0..3 {
            queued(&all, 0).record_outcome(false, Duration::ZERO, 0);
        }
        let until = not_before(&all, 0);
        assert!((500..=1000).contains(&until), "{until}");
        assert_eq!(all.shared.open_breakers.get(), 1);
        assert!(matches!(all.queue_redelivery("other.example.com:80", 0), Admission::Queued(_)));
        let probe = queued(&all, 2000);
        let until = not_before(&all, 2000);
        assert!((2500..=3000).contains(&until), "the others wait for the probe: {until}");
        probe.record_outcome(false, Duration::ZERO, 2000);
        drop(probe);
        let until = not_before(&all, 2000);
        assert!((3000..=4000).contains(&until), "the second pause is longer: {until}");
        let probe = queued(&all, 5000);
        probe.record_outcome(true, Duration::ZERO, 5000);
        drop(probe);
        assert_eq!(all.shared.open_breakers.get(), 0);
        let (_first, _second) = (queued(&all, 5000), queued(&all, 5000));
    }

    #[test]
    fn what_was_under_way_when_the_breaker_opened_does_not_prolong_it() {
        let all = destinations();
        let late = queued(&all, 0);
        for _ in 0..3 {
            queued(&all, 0).record_outcome(false, Duration::ZERO, 0);
        }
        let until = not_before(&all, 0);
        assert_eq!(late.opened_until(0), Some(until));
        late.record_outcome(false, Duration::ZERO, 0);
        assert_eq!(not_before(&all, 0), until);
    }

    #[test]
    fn the_queue_is_bounded_and_the_others_are_put_off_one_after_another() {
        let all = destinations();
        let slow = queued(&all, 0);
        slow.record_outcome(true, Duration::from_secs(8), 0);
        drop(slow);
        let _queue: Vec<Queued> = (0..2 * (1 + QUEUED_PER_SLOT)).map(|_| queued(&all, 0)).collect();
        assert_eq!([0, 0, 0].map(|now_ms| not_before(&all, now_ms)), [251, 501, 751]);
    }

    #[test]
    fn destinations_of_which_there_is_nothing_to_know_are_forgotten() {
        let all = destinations();
        let busy = queued(&all, 0);
        busy.record_outcome(false, Duration::ZERO, 0);
        for number in 0..2 * FORGET_ABOVE {
            drop(all.queue_redelivery(&format!("{number}.example.com:80"), 0));
        }
        let state = all.shared.lock();
        assert!(state.by_authority.len() <= FORGET_ABOVE + 1 && state.by_authority.contains_key(NAME));
    }
}
