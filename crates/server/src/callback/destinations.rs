//! What redelivery knows of each application server: how many attempts may run and wait, how long they take, and
//! whether it rests because it kept failing. A dead or slow one costs the others nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::schedule::pause_ms;
use crate::config::Redelivery;

/// Attempts that wait in memory for each one that may run.
const WAITING_PER_SLOT: usize = 16;

/// The longest that a delivery is put off at once; the destination may recover sooner than its backlog suggests.
const LONGEST_PUT_OFF_MS: i64 = 30_000;

/// The longest rest: an application server that is back is noticed within this.
const LONGEST_REST_MS: u64 = 60_000;

/// Above so many, destinations of which there is nothing to know are forgotten.
const FORGET_ABOVE: usize = 1024;

/// All destinations by authority.
pub(super) struct Destinations {
    slots: usize,
    breaker_failures: u32,
    first_rest_ms: u64,
    longest_rest_ms: u64,
    /// How long a trial of a destination that rested may take.
    trial_ms: i64,
    /// How many rest, or are tried after a rest.
    resting: IntGauge,
    known: Mutex<HashMap<String, Destination>>,
}

struct Destination {
    slots: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    failures: u32,
    rests_until_ms: i64,
    /// When a trial ends that runs now, at the latest; 0 without one.
    trial_until_ms: i64,
    /// What an attempt takes, on a sliding average.
    attempt_us: u64,
    /// When the deliveries that were put off would be done at that pace.
    backlog_ends_us: i64,
}

/// When a delivery may be tried.
pub(super) enum Turn {
    /// As soon as a slot is free.
    Now(Place),
    /// Not before this time.
    Later(i64),
}

/// A place in the line for a slot.
pub(super) struct Place {
    slots: Arc<Semaphore>,
    _waiting: OwnedSemaphorePermit,
    /// It finds out whether a destination that rested is back, and all others wait for that.
    is_trial: bool,
}

impl Place {
    /// Waits for a slot.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }
}

impl Destinations {
    pub(super) fn new(settings: &Redelivery, longest_attempt_ms: i64, resting: IntGauge) -> Self {
        Self {
            slots: settings.per_destination,
            breaker_failures: settings.breaker_failures.max(1),
            first_rest_ms: settings.first_delay_ms,
            longest_rest_ms: settings.max_delay_ms.min(LONGEST_REST_MS),
            trial_ms: longest_attempt_ms,
            resting,
            known: Mutex::default(),
        }
    }

    /// Asks for a place at a destination.
    pub(super) fn turn(&self, authority: &str, now_ms: i64) -> Turn {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > FORGET_ABOVE {
            known.retain(|_, destination| destination.is_worth_knowing(self.slots));
        }
        let fresh = || Destination::new(self.slots);
        let destination = known.entry(authority.to_owned()).or_insert_with(fresh);
        if destination.rests_until_ms > now_ms {
            return Turn::Later(destination.rests_until_ms);
        }
        if destination.trial_until_ms > now_ms {
            // The trial may end at any moment: come back after one more rest, at the latest when it must have ended.
            let until_ms = now_ms + self.rest_ms(destination.failures);
            return Turn::Later(until_ms.min(destination.trial_until_ms));
        }
        let Ok(waiting) = Arc::clone(&destination.waiting).try_acquire_owned() else {
            return Turn::Later(destination.put_off(now_ms, self.slots));
        };
        let is_trial = destination.failures >= self.breaker_failures;
        if is_trial {
            destination.trial_until_ms = now_ms + self.trial_ms;
        }
        Turn::Now(Place { slots: Arc::clone(&destination.slots), _waiting: waiting, is_trial })
    }

    /// Until when a destination rests that began to while this place waited; a trial goes on.
    pub(super) fn rests_until(&self, authority: &str, place: &Place, now_ms: i64) -> Option<i64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let until = known.get(authority)?.rests_until_ms;
        (until > now_ms && !place.is_trial).then_some(until)
    }

    /// Gives a place back. A trial is over, whether it told anything or not.
    #[expect(clippy::needless_pass_by_value, reason = "a place is given back once, and is gone then")]
    pub(super) fn leave(&self, authority: &str, place: Place) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let destination = known.get_mut(authority).filter(|_| place.is_trial);
        if let Some(destination) = destination {
            destination.trial_until_ms = 0;
        }
    }

    /// Takes note of an outcome.
    pub(super) fn learn(&self, authority: &str, place: &Place, delivered: bool, took: Duration, now_ms: i64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(destination) = known.get_mut(authority) else { return };
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        destination.attempt_us = (destination.attempt_us / 8 * 7).saturating_add(took_us / 8);
        if delivered {
            if destination.failures >= self.breaker_failures {
                self.resting.dec();
            }
            (destination.failures, destination.rests_until_ms) = (0, 0);
            return;
        }
        if destination.rests_until_ms > now_ms && !place.is_trial {
            // It had begun before the rest did and says nothing new.
            return;
        }
        destination.failures = destination.failures.saturating_add(1);
        if destination.failures == self.breaker_failures {
            self.resting.inc();
        }
        if destination.failures >= self.breaker_failures {
            destination.rests_until_ms = now_ms + self.rest_ms(destination.failures);
        }
    }

    fn rest_ms(&self, failures: u32) -> i64 {
        let trials = failures.saturating_sub(self.breaker_failures);
        pause_ms(self.first_rest_ms, self.longest_rest_ms, trials.saturating_add(1), rand::random())
    }
}

impl Destination {
    fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            waiting: Arc::new(Semaphore::new(slots * (1 + WAITING_PER_SLOT))),
            failures: 0,
            rests_until_ms: 0,
            trial_until_ms: 0,
            attempt_us: 0,
            backlog_ends_us: 0,
        }
    }

    /// When one for which there is no place may ask again: those put off are strung out at twice the pace at which
    /// attempts have been ending, so that they do not come back together, and the line does not run empty either.
    fn put_off(&mut self, now_ms: i64, slots: usize) -> i64 {
        let pace_us = i64::try_from(self.attempt_us / (2 * slots.max(1) as u64)).unwrap_or(i64::MAX).max(1);
        let earliest_us = now_ms * 1000;
        let next_us = self.backlog_ends_us.max(earliest_us).saturating_add(pace_us);
        self.backlog_ends_us = next_us.min(earliest_us + LONGEST_PUT_OFF_MS * 1000);
        self.backlog_ends_us / 1000 + 1
    }

    fn is_worth_knowing(&self, slots: usize) -> bool {
        self.failures > 0 || self.slots.available_permits() < slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "app.example.com:80";

    fn destinations() -> Destinations {
        Destinations {
            slots: 2,
            breaker_failures: 3,
            first_rest_ms: 1000,
            longest_rest_ms: 60_000,
            trial_ms: 5000,
            resting: IntGauge::new("resting", "resting").unwrap(),
            known: Mutex::default(),
        }
    }

    #[track_caller]
    fn place(all: &Destinations, now_ms: i64) -> Place {
        match all.turn(NAME, now_ms) {
            Turn::Now(place) => place,
            Turn::Later(until) => panic!("later: {until}"),
        }
    }

    #[track_caller]
    fn later(all: &Destinations, now_ms: i64) -> i64 {
        match all.turn(NAME, now_ms) {
            Turn::Now(_) => panic!("now"),
            Turn::Later(until) => until,
        }
    }

    #[test]
    fn a_destination_that_keeps_failing_rests_and_is_tried_with_one() {
        let all = destinations();
        for _ in 0..3 {
            all.learn(NAME, &place(&all, 0), false, Duration::ZERO, 0);
        }
        let until = later(&all, 0);
        assert!((500..=1000).contains(&until), "{until}");
        assert_eq!(all.resting.get(), 1);
        assert!(matches!(all.turn("other.example.com:80", 0), Turn::Now(_)));
        let trial = place(&all, 2000);
        let until = later(&all, 2000);
        assert!((2500..=3000).contains(&until), "the others wait for the trial: {until}");
        all.learn(NAME, &trial, false, Duration::ZERO, 2000);
        all.leave(NAME, trial);
        let until = later(&all, 2000);
        assert!((3000..=4000).contains(&until), "the second rest is longer: {until}");
        let trial = place(&all, 5000);
        all.learn(NAME, &trial, true, Duration::ZERO, 5000);
        all.leave(NAME, trial);
        assert_eq!(all.resting.get(), 0);
        let (_first, _second) = (place(&all, 5000), place(&all, 5000));
    }

    #[test]
    fn what_was_under_way_when_the_rest_began_does_not_prolong_it() {
        let all = destinations();
        let late = place(&all, 0);
        for _ in 0..3 {
            all.learn(NAME, &place(&all, 0), false, Duration::ZERO, 0);
        }
        let until = later(&all, 0);
        assert_eq!(all.rests_until(NAME, &late, 0), Some(until));
        all.learn(NAME, &late, false, Duration::ZERO, 0);
        assert_eq!(later(&all, 0), until);
    }

    #[test]
    fn the_line_is_bounded_and_the_rest_strung_out() {
        let all = destinations();
        let slow = place(&all, 0);
        all.learn(NAME, &slow, true, Duration::from_secs(8), 0);
        drop(slow);
        let _line: Vec<Place> = (0..2 * (1 + WAITING_PER_SLOT)).map(|_| place(&all, 0)).collect();
        // An average of one second over two slots.
        assert_eq!([later(&all, 0), later(&all, 0), later(&all, 0)], [251, 501, 751]);
        let last = (0..200).map(|_| later(&all, 0)).last();
        assert_eq!(last, Some(LONGEST_PUT_OFF_MS + 1));
    }
}
