//! The connections of a listener: how many there may be, which one makes room for another, and the sweep that cuts those which
//! have used up their budget.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::budget::{Account, Budget, Excess, Slow};
use super::connection::{Connection, Moment, Phase};
use crate::observe::metrics::ConnectionMetrics;
use crate::sync;

/// How often the connections are looked at. A bound is exceeded by that at the most.
const SWEEP: Duration = Duration::from_millis(500);

/// Connections beyond the limit that are told so; further ones are closed without a word.
const REFUSED_AT_ONCE: usize = 64;

/// Of those, how many are read on at a time because their client is still sending: the others keep taking turns.
const LINGERING_AT_ONCE: usize = 16;

/// A connection makes room for another after it has been idle for so long, or has not brought a first request for so long.
const IDLE: Duration = Duration::from_secs(1);
const SILENT: Duration = Duration::from_millis(100);

/// The part of the limit that is made free at once, so that a flood does not have the idlest sought for each connection.
const ROOM: usize = 64;

/// All connections of a listener.
#[derive(Debug)]
pub(crate) struct Connections {
    limit: usize,
    budget: Budget,
    metrics: ConnectionMetrics,
    next_id: AtomicU64,
    /// What large heads take.
    heads: Arc<AtomicU64>,
    /// Permits to read on what the client of a refused connection is still sending.
    lingering: Arc<Semaphore>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    entries: HashMap<u64, Entry>,
    /// Entries that were told to close, or that are told that there is no room.
    uncounted: usize,
    refused: usize,
    stopping: bool,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    account: Account,
    refused: bool,
    leaving: bool,
}

/// The place of one connection, until this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    id: u64,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    refused: bool,
}

impl Connections {
    /// Allows `limit` connections at once, each within `budget`.
    pub(crate) fn new(limit: usize, budget: Budget, metrics: ConnectionMetrics) -> Self {
        Self {
            limit,
            budget,
            metrics,
            next_id: AtomicU64::new(0),
            heads: Arc::default(),
            lingering: Arc::new(Semaphore::new(LINGERING_AT_ONCE)),
            open: Mutex::default(),
        }
    }

    /// Gives a new connection a place, for which the idlest may have to go. None when it can only be closed.
    pub(crate) fn admit(self: &Arc<Self>, phase: Phase, now: Instant) -> Option<Seat> {
        let mut open = self.open();
        if open.counted() >= self.limit {
            self.make_room(&mut open, now);
        }
        let refused = open.counted() >= self.limit;
        if refused {
            self.metrics.closed("limit");
            if open.refused >= REFUSED_AT_ONCE {
                return None;
            }
        }
        let connection = Arc::new(Connection::new(phase, Arc::clone(&self.heads)));
        if open.stopping {
            connection.finish();
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let account = Account::new(&connection, &self.budget, now);
        open.refused += usize::from(refused);
        open.uncounted += usize::from(refused);
        open.entries
            .insert(id, Entry { connection: Arc::clone(&connection), account, refused, leaving: false });
        self.metrics.open(open.entries.len());
        Some(Seat { id, connection, connections: Arc::clone(self), refused })
    }

    /// Cuts what is over its budget, again and again.
    pub(crate) async fn sweep(&self) {
        let mut interval = tokio::time::interval(SWEEP);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            self.sweep_once(Instant::now());
        }
    }

    /// Has every connection finish what it does, and then end.
    pub(crate) fn finish(&self) {
        let mut open = self.open();
        open.stopping = true;
        open.entries.values().for_each(|entry| entry.connection.finish());
    }

    fn sweep_once(&self, now: Instant) {
        let mut open = self.open();
        let mut held = 0;
        let mut leaving = 0;
        for entry in open.entries.values_mut().filter(|entry| !entry.leaving) {
            let connection = Arc::clone(&entry.connection);
            match entry.account.settle(&connection, &self.budget, now) {
                None => held += entry.account.held(&connection),
                Some((Excess::Body, moment)) => {
                    self.metrics.closed(Excess::Body.name());
                    connection.give_up_body(moment);
                }
                Some((excess, moment)) => {
                    self.metrics.closed(excess.name());
                    leaving += entry.leave((excess != Excess::Answer).then_some(moment));
                }
            }
        }
        open.uncounted += leaving;
        if held > self.budget.plenty_held {
            self.free_memory(&mut open, held - self.budget.plenty_held);
        }
    }

    /// Gives up the slowest clients until so much less is held.
    fn free_memory(&self, open: &mut Open, mut excess: u64) {
        let budget = &self.budget;
        let slow = |entry: &Entry| entry.account.slow(&entry.connection, budget);
        let entries = open.entries.values_mut().filter(|entry| !entry.leaving);
        let mut entries: Vec<(Slow, &mut Entry)> =
            entries.filter_map(|entry| Some((slow(entry)?, entry))).collect();
        entries.sort_by_key(|(slow, _)| std::cmp::Reverse(slow.lost));
        let mut leaving = 0;
        for (slow, entry) in entries {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(entry.account.held(&entry.connection));
            self.metrics.closed("memory");
            if slow.excess == Excess::Body {
                entry.connection.give_up_body(slow.moment);
            } else {
                leaving += entry.leave(None);
            }
        }
        open.uncounted += leaving;
    }

    /// Tells the idlest to close.
    fn make_room(&self, open: &mut Open, now: Instant) {
        let mut idle: Vec<(Duration, &mut Entry)> = open
            .entries
            .values_mut()
            .filter(|entry| !entry.leaving && !entry.refused)
            .filter_map(|entry| Some((entry.account.idle_for(&entry.connection, now)?, entry)))
            .filter(|(idle, entry)| *idle >= if entry.connection.moment().is_first() { SILENT } else { IDLE })
            .collect();
        let wanted = (self.limit / ROOM).max(1);
        if idle.len() > wanted {
            idle.select_nth_unstable_by_key(wanted, |(idle, _)| std::cmp::Reverse(*idle));
        }
        let mut leaving = 0;
        for (_, entry) in idle.into_iter().take(wanted) {
            self.metrics.closed("room");
            let moment = entry.connection.moment();
            leaving += entry.leave(Some(moment));
        }
        open.uncounted += leaving;
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        sync::lock(&self.open)
    }
}

impl Open {
    fn counted(&self) -> usize {
        self.entries.len().saturating_sub(self.uncounted)
    }
}

impl Entry {
    /// Orders the connection to close: at once, or only if it still is where it was at `moment`. Returns by how much the
    /// number of uncounted ones grows.
    fn leave(&mut self, moment: Option<Moment>) -> usize {
        self.leaving = true;
        match moment {
            Some(moment) => self.connection.close_if_still(moment),
            None => self.connection.close_at_once(),
        }
        usize::from(!self.refused)
    }

    fn is_uncounted(&self) -> bool {
        self.leaving || self.refused
    }
}

impl Seat {
    /// Returns the connection's state.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Returns whether there is only room to say that there is none.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Returns a permit to read on what the client is still sending, if there is one left.
    pub(crate) fn linger(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections.lingering).try_acquire_owned().ok()
    }

    /// Counts a connection that is closed for this reason.
    pub(crate) fn closed(&self, reason: &str) {
        self.connections.metrics.closed(reason);
    }

    /// Notes that a request came just before the connection was to be closed for idleness.
    pub(crate) fn stays(&self) {
        let mut open = self.connections.open();
        let Some(entry) = open.entries.get_mut(&self.id) else { return };
        if std::mem::take(&mut entry.leaving) && !entry.refused {
            open.uncounted = open.uncounted.saturating_sub(1);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(entry) = open.entries.remove(&self.id) {
            open.uncounted = open.uncounted.saturating_sub(usize::from(entry.is_uncounted()));
            open.refused = open.refused.saturating_sub(usize::from(entry.refused));
        }
        self.connections.metrics.open(open.entries.len());
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::super::connection::Order;
    use super::*;

    fn connections(limit: usize) -> Arc<Connections> {
        let second = Duration::from_secs(1);
        let budget = Budget {
            handshake: second,
            head: second,
            idle: 60 * second,
            stall: 60 * second,
            bytes_per_second: 1000,
            plenty_held: 1000,
        };
        Arc::new(Connections::new(limit, budget, ConnectionMetrics::unregistered()))
    }

    fn is_told_to_close(seat: &Seat) -> bool {
        let order = seat.connection().poll_order(&Context::from_waker(Waker::noop()), || seat.stays());
        order == Poll::Ready(Order::Close)
    }

    #[test]
    fn the_idlest_makes_room() {
        let connections = connections(3);
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let running = connections.admit(Phase::Idle, at(0)).unwrap();
        running.connection().request_begins(false);
        let used = connections.admit(Phase::Idle, at(1)).unwrap();
        used.connection().request_begins(false);
        used.connection().request_ends();
        let silent = connections.admit(Phase::Idle, at(2)).unwrap();
        connections.sweep_once(at(3));
        let new = connections.admit(Phase::Idle, at(5)).unwrap();
        assert!(is_told_to_close(&silent), "silent for three seconds, the other used one for two");
        assert!(!is_told_to_close(&used) && !is_told_to_close(&running) && !new.is_refused());
        new.connection().request_begins(false);
        let another = connections.admit(Phase::Idle, at(5)).unwrap();
        assert!(is_told_to_close(&used) && !another.is_refused());
        another.connection().request_begins(false);
        drop((silent, used));
        assert!(connections.admit(Phase::Idle, at(9)).unwrap().is_refused(), "all of them run");
        drop(running);
        assert!(!connections.admit(Phase::Idle, at(9)).unwrap().is_refused());
    }

    #[test]
    fn a_request_that_comes_in_time_keeps_its_place() {
        let connections = connections(1);
        let begin = Instant::now();
        let first = connections.admit(Phase::Idle, begin).unwrap();
        let second = connections.admit(Phase::Idle, begin + IDLE).unwrap();
        assert!(!second.is_refused());
        first.connection().request_begins(false);
        assert!(!is_told_to_close(&first));
        second.connection().request_begins(false);
        drop(second);
        let third = connections.admit(Phase::Idle, begin + 2 * IDLE).unwrap();
        assert!(third.is_refused(), "the first has its place again");
    }

    #[test]
    fn those_that_are_refused_are_few() {
        let connections = connections(1);
        let now = Instant::now();
        let running = connections.admit(Phase::Idle, now).unwrap();
        running.connection().request_begins(false);
        let refused: Vec<Seat> =
            (0..REFUSED_AT_ONCE).map(|_| connections.admit(Phase::Idle, now).unwrap()).collect();
        assert!(refused.iter().all(Seat::is_refused));
        assert!(connections.admit(Phase::Idle, now).is_none());
        drop(refused);
        assert!(connections.admit(Phase::Idle, now).unwrap().is_refused());
        drop(running);
        assert!(!connections.admit(Phase::Idle, now).unwrap().is_refused());
        assert_eq!(connections.open().uncounted, 0);
    }

    #[test]
    fn those_that_are_read_on_are_fewer() {
        let connections = connections(1);
        let seat = connections.admit(Phase::Idle, Instant::now()).unwrap();
        let permits: Vec<_> = (0..LINGERING_AT_ONCE).map(|_| seat.linger().unwrap()).collect();
        assert!(seat.linger().is_none());
        drop(permits);
        assert!(seat.linger().is_some());
    }

    #[test]
    fn while_memory_is_short_the_slowest_are_given_up_early() {
        let connections = connections(9);
        let begin = Instant::now();
        let seats: Vec<Seat> = (0..4).map(|_| connections.admit(Phase::Idle, begin).unwrap()).collect();
        let connection = |index: usize| seats[index].connection();
        for index in [0, 1] {
            connection(index).holds(900);
            connection(index).blocks();
        }
        for index in [2, 3] {
            connection(index).request_begins(true);
        }
        let late = |index: usize| connection(index).poll_body_late(Waker::noop()).is_ready();
        for second in 1..=10 {
            assert!(!seats.iter().any(is_told_to_close) && !late(2) && !late(3), "{second}");
            connection(1).sent(1000);
            connection(1).holds(900);
            connection(1).blocks();
            connection(2).received(1);
            connection(3).received(1000);
            connections.sweep_once(begin + Duration::from_secs(second));
        }
        let told: Vec<bool> = seats.iter().map(is_told_to_close).collect();
        assert_eq!(told, [true, false, false, false]);
        assert!(!late(2), "enough memory is free without it");
        connection(1).holds(9000);
        connections.sweep_once(begin + Duration::from_secs(11));
        assert!(late(2) && !late(3));
    }

    #[test]
    fn a_slow_head_is_told_to_close_and_a_slow_body_is_not() {
        let connections = connections(9);
        let begin = Instant::now();
        let (head, body) = (connections.admit(Phase::Idle, begin), connections.admit(Phase::Idle, begin));
        let (head, body) = (head.unwrap(), body.unwrap());
        head.connection().received(1);
        body.connection().request_begins(true);
        assert!(body.connection().poll_body_late(Waker::noop()).is_pending());
        for seconds in 1..=60 {
            connections.sweep_once(begin + Duration::from_secs(seconds));
        }
        assert!(is_told_to_close(&head) && !is_told_to_close(&body));
        assert!(body.connection().poll_body_late(Waker::noop()).is_ready());
    }
}
