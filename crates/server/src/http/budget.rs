//! How long a connection may take in each of its phases, and how slow a client may be. Time stands still for whoever waits for
//! the server.

use std::time::{Duration, Instant};

use super::connection::{Connection, Moment, Phase};

/// While too much memory is held for slow clients, one is given up that has so much less credit than at its begin.
const PATIENCE_UNDER_PRESSURE: Duration = Duration::from_secs(10);

/// What a connection holds of a request whose body is waited for, at the most: in its buffers and in the store's.
const HELD_OF_REQUEST: u64 = 128 * 1024;

/// The bounds of every connection of a listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// From the connection's begin to the end of the TLS handshake.
    pub(crate) handshake: Duration,
    /// From the first byte of a request's head to its last.
    pub(crate) head: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
    /// A client that sends nothing, or takes nothing, is waited for so long; a slow one longer by what it moves.
    pub(crate) stall: Duration,
    /// The bytes that are worth a second of waiting.
    pub(crate) bytes_per_second: u64,
    /// With more than this in memory of requests and answers that clients are slow with, those that are slowest are given
    /// up earlier.
    pub(crate) plenty_held: u64,
}

/// Why a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    Handshake,
    Head,
    Idle,
    /// The body of a request comes too slowly.
    Body,
    /// The answer is not taken, or too slowly.
    Answer,
}

impl Excess {
    /// Returns the label in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Head => "head",
            Self::Idle => "idle",
            Self::Body => "body",
            Self::Answer => "answer",
        }
    }
}

/// The time that a client has left to make progress.
#[derive(Debug, Clone, Copy)]
struct Credit {
    left: Duration,
    /// The count of bytes up to which progress was credited.
    counted: u64,
}

impl Credit {
    fn new(budget: &Budget) -> Self {
        Self { left: budget.stall, counted: 0 }
    }

    /// Credits the bytes that were moved, and charges the time that was waited. Whether there is anything left.
    fn settle(&mut self, budget: &Budget, bytes: u64, waited: Duration) -> bool {
        let moved = bytes.wrapping_sub(self.counted);
        self.counted = bytes;
        if moved > 0 {
            let earned_ms = moved.saturating_mul(1000) / budget.bytes_per_second.max(1);
            self.left = self.left.saturating_add(Duration::from_millis(earned_ms)).min(budget.stall);
        }
        self.left = self.left.saturating_sub(waited);
        !self.left.is_zero()
    }
}

/// The account of one connection, which only the sweep touches.
#[derive(Debug)]
pub(crate) struct Account {
    moment: Moment,
    /// When the sweep saw that moment first.
    since: Instant,
    settled: Instant,
    reading: Credit,
    writing: Credit,
    /// The bytes that had come by then.
    received_before: u64,
}

/// A client that holds up a request, and is under the floor for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slow {
    /// What it is slow in.
    pub(crate) excess: Excess,
    pub(crate) moment: Moment,
    /// The credit that it has lost.
    pub(crate) lost: Duration,
}

impl Account {
    pub(crate) fn new(connection: &Connection, budget: &Budget, now: Instant) -> Self {
        let credit = Credit::new(budget);
        let moment = connection.moment();
        let received_before = connection.received_bytes();
        Self { moment, since: now, settled: now, reading: credit, writing: credit, received_before }
    }

    /// Brings the account up to `now`, and tells what is overdrawn.
    pub(crate) fn settle(
        &mut self,
        connection: &Connection,
        budget: &Budget,
        now: Instant,
    ) -> Option<(Excess, Moment)> {
        let moment = connection.moment();
        if moment != self.moment {
            (self.moment, self.since) = (moment, now);
            self.received_before = self.reading.counted;
        }
        let elapsed = now.saturating_duration_since(self.settled);
        self.settled = now;
        let sent = connection.sent_bytes();
        let waits = |waiting: bool| if waiting { elapsed } else { Duration::ZERO };
        let takes = self.writing.settle(budget, sent, waits(connection.is_blocked()));
        let gives = self.reading.settle(budget, connection.received_bytes(), waits(connection.wants_body()));
        let age = now.saturating_duration_since(self.since);
        let excess = match moment.phase() {
            _ if !takes => Excess::Answer,
            Phase::Handshake if age >= budget.handshake => Excess::Handshake,
            Phase::Head if age >= budget.head => Excess::Head,
            Phase::Idle if age >= budget.idle && !connection.is_blocked() => Excess::Idle,
            Phase::Serving if !gives => Excess::Body,
            _ => return None,
        };
        if excess == Excess::Body {
            // The next request on this connection begins anew.
            self.reading.left = budget.stall;
        }
        Some((excess, moment))
    }

    /// Returns for how long nothing has been under way, if so.
    pub(crate) fn idle_for(&self, connection: &Connection, now: Instant) -> Option<Duration> {
        let moment = connection.moment();
        let still = moment == self.moment && moment.phase() != Phase::Serving && !connection.is_blocked();
        still.then(|| now.saturating_duration_since(self.since))
    }

    /// Returns the bytes in memory that wait for the client.
    pub(crate) fn held(&self, connection: &Connection) -> u64 {
        let of_request = if connection.wants_body() {
            connection.received_bytes().wrapping_sub(self.received_before).min(HELD_OF_REQUEST)
        } else {
            0
        };
        connection.held_bytes() as u64 + of_request
    }

    /// Returns what the client is slow in, if it is so slow that it is given up while memory is short.
    pub(crate) fn slow(&self, connection: &Connection, budget: &Budget) -> Option<Slow> {
        let (excess, credit) = if connection.is_blocked() {
            (Excess::Answer, &self.writing)
        } else if connection.wants_body() {
            (Excess::Body, &self.reading)
        } else {
            return None;
        };
        let lost = budget.stall.saturating_sub(credit.left);
        let patience = PATIENCE_UNDER_PRESSURE.min(budget.stall / 2);
        (lost >= patience).then_some(Slow { excess, moment: self.moment, lost })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;

    use super::*;

    const BUDGET: Budget = Budget {
        handshake: Duration::from_secs(10),
        head: Duration::from_secs(20),
        idle: Duration::from_secs(40),
        stall: Duration::from_secs(30),
        bytes_per_second: 1000,
        plenty_held: 1 << 20,
    };

    /// Settles once a second while `each` happens, and tells in which second what was overdrawn.
    fn run(
        connection: &Connection,
        seconds: u64,
        mut each: impl FnMut(&Connection),
    ) -> Option<(u64, Excess)> {
        let begin = Instant::now();
        let mut account = Account::new(connection, &BUDGET, begin);
        (1..=seconds).find_map(|second| {
            each(connection);
            let now = begin + Duration::from_secs(second);
            account.settle(connection, &BUDGET, now).map(|(excess, _)| (second, excess))
        })
    }

    #[test]
    fn each_phase_has_its_time() {
        assert_eq!(
            run(&Connection::new(Phase::Handshake, Arc::default()), 99, |_| {}),
            Some((10, Excess::Handshake))
        );
        assert_eq!(run(&Connection::new(Phase::Idle, Arc::default()), 99, |_| {}), Some((40, Excess::Idle)));
        // However its bytes come: the second settling is the first that sees a head.
        assert_eq!(
            run(&Connection::new(Phase::Idle, Arc::default()), 99, |c| assert!(c.received(9))),
            Some((21, Excess::Head))
        );
        let serving = Connection::new(Phase::Idle, Arc::default());
        serving.request_begins(false);
        assert_eq!(run(&serving, 9999, |_| {}), None, "the client waits for the server");
    }

    #[test]
    fn a_body_must_come_at_the_floor_or_above() {
        let body = |bytes: usize| {
            let connection = Connection::new(Phase::Idle, Arc::default());
            connection.request_begins(true);
            run(&connection, 9999, |connection| {
                assert!(connection.poll_body_late(Waker::noop()).is_pending());
                connection.received(bytes);
            })
        };
        assert_eq!(body(0), Some((30, Excess::Body)));
        assert_eq!(body(1), Some((31, Excess::Body)), "thirty bytes are worth some time");
        assert_eq!(body(900), Some((291, Excess::Body)), "a tenth of the time is lost each second");
        assert_eq!(body(1000), None);
    }

    #[test]
    fn a_fast_begin_does_not_pay_for_a_long_pause() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        connection.request_begins(true);
        connection.received(1 << 30);
        let paused = run(&connection, 99, |c| assert!(c.poll_body_late(Waker::noop()).is_pending()));
        assert_eq!(paused, Some((30, Excess::Body)));
    }

    #[test]
    fn an_answer_must_be_taken() {
        let answer = |bytes: usize| {
            let connection = Connection::new(Phase::Idle, Arc::default());
            run(&connection, 9999, |connection| {
                connection.sent(bytes);
                connection.blocks();
            })
        };
        assert_eq!(answer(0), Some((30, Excess::Answer)));
        assert_eq!(answer(1000), None, "nor is it idle while the client takes its answer");
    }

    #[test]
    fn only_what_does_nothing_is_idle() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        let begin = Instant::now();
        let later = begin + Duration::from_secs(5);
        let account = Account::new(&connection, &BUDGET, begin);
        assert_eq!(account.idle_for(&connection, later), Some(Duration::from_secs(5)));
        connection.blocks();
        assert_eq!(account.idle_for(&connection, later), None);
        connection.sent(1);
        connection.received(1);
        assert_eq!(account.idle_for(&connection, later), None, "since something has happened");
    }
}
