//! The circuit breaker of one application server: after several failures in a row it is left alone for a while, then
//! one attempt probes whether it is back. A function of time and chance, which come in as arguments.

use crate::callback::backoff::pause_ms;

/// The state of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CircuitBreaker {
    /// Attempts are made; so many in a row have failed.
    Closed { failures: u32 },
    /// No attempt is made before `until_ms`; the first one after it is a probe.
    Open { openings: u32, until_ms: i64 },
    /// A probe is under way and has to end before `until_ms`; all other attempts wait for it.
    HalfOpen { openings: u32, until_ms: i64 },
}

/// The settings by which a breaker opens.
#[derive(Debug, Clone, Copy)]
pub(super) struct BreakerSettings {
    /// Failures in a row that open it.
    pub(super) failures: u32,
    /// The pause when it opens first; each failed probe doubles it.
    pub(super) first_pause_ms: u64,
    pub(super) max_pause_ms: u64,
    /// The time that a probe has.
    pub(super) probe_ms: i64,
}

impl CircuitBreaker {
    pub(super) const NEW: Self = Self::Closed { failures: 0 };

    /// Returns the time before which no attempt may queue up; none if one may now.
    pub(super) fn blocked_until(&self, settings: &BreakerSettings, now_ms: i64, random: u32) -> Option<i64> {
        match *self {
            Self::Open { until_ms, .. } if until_ms > now_ms => Some(until_ms),
            // The probe may end at any moment: come back after one more pause, at the latest when it must have ended.
            Self::HalfOpen { openings, until_ms } if until_ms > now_ms => {
                Some(until_ms.min(now_ms + settings.pause_ms(openings, random)))
            }
            _ => None,
        }
    }

    /// Returns the time before which an attempt that queued up earlier may not be made.
    pub(super) fn opened_until(&self, now_ms: i64) -> Option<i64> {
        match *self {
            Self::Open { until_ms, .. } if until_ms > now_ms => Some(until_ms),
            _ => None,
        }
    }

    /// Admits an attempt that nothing blocks, and tells whether it is a probe.
    pub(super) fn admit(&mut self, settings: &BreakerSettings, now_ms: i64) -> bool {
        match *self {
            Self::Closed { .. } => false,
            Self::Open { openings, .. } | Self::HalfOpen { openings, .. } => {
                *self = Self::HalfOpen { openings, until_ms: now_ms + settings.probe_ms };
                true
            }
        }
    }

    /// Closes the breaker after an attempt that succeeded.
    pub(super) fn record_success(&mut self) {
        *self = Self::NEW;
    }

    /// Counts an attempt that failed.
    pub(super) fn record_failure(
        &mut self,
        settings: &BreakerSettings,
        is_probe: bool,
        now_ms: i64,
        random: u32,
    ) {
        let openings = match *self {
            Self::Closed { failures } if failures.saturating_add(1) < settings.failures => {
                *self = Self::Closed { failures: failures + 1 };
                return;
            }
            // It had begun before the breaker opened and says nothing new.
            Self::Open { until_ms, .. } if until_ms > now_ms && !is_probe => return,
            Self::Closed { .. } => 1,
            Self::Open { openings, .. } | Self::HalfOpen { openings, .. } => openings.saturating_add(1),
        };
        *self = Self::Open { openings, until_ms: now_ms + settings.pause_ms(openings, random) };
    }

    /// Ends a probe that may have had no outcome: the next attempt probes again.
    pub(super) fn end_probe(&mut self) {
        if let Self::HalfOpen { openings, .. } = *self {
            *self = Self::Open { openings, until_ms: i64::MIN };
        }
    }

    /// Returns whether nothing is known against the application server but a few failures.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}

impl BreakerSettings {
    fn pause_ms(&self, openings: u32, random: u32) -> i64 {
        pause_ms(self.first_pause_ms, self.max_pause_ms, openings, random)
    }
}

#[cfg(test)]
mod tests {
    use super::CircuitBreaker::{Closed, HalfOpen, Open};
    use super::*;

    const SETTINGS: BreakerSettings =
        BreakerSettings { failures: 3, first_pause_ms: 1000, max_pause_ms: 60_000, probe_ms: 5000 };

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Admit,
        Success,
        Failure,
        FailedProbe,
        EndProbe,
    }

    #[test]
    fn each_step_leads_to_the_state_of_its_row() {
        const OVER: i64 = i64::MIN;
        use Step::{Admit, EndProbe, FailedProbe, Failure, Success};
        // The state, what happens at which time, and the state afterwards. Without chance a pause is half its length.
        let cases = [
            (Closed { failures: 0 }, Admit, 0, Closed { failures: 0 }),
            (Closed { failures: 0 }, Failure, 0, Closed { failures: 1 }),
            (Closed { failures: 1 }, Success, 0, Closed { failures: 0 }),
            (Closed { failures: 2 }, EndProbe, 0, Closed { failures: 2 }),
            (Closed { failures: 2 }, Failure, 100, Open { openings: 1, until_ms: 600 }),
            (Open { openings: 1, until_ms: 600 }, Failure, 599, Open { openings: 1, until_ms: 600 }),
            (Open { openings: 1, until_ms: 600 }, Failure, 600, Open { openings: 2, until_ms: 1600 }),
            (Open { openings: 1, until_ms: 600 }, FailedProbe, 599, Open { openings: 2, until_ms: 1599 }),
            (Open { openings: 1, until_ms: 600 }, Success, 100, Closed { failures: 0 }),
            (Open { openings: 1, until_ms: 600 }, EndProbe, 100, Open { openings: 1, until_ms: 600 }),
            (Open { openings: 1, until_ms: 600 }, Admit, 600, HalfOpen { openings: 1, until_ms: 5600 }),
            (HalfOpen { openings: 1, until_ms: 5600 }, Success, 700, Closed { failures: 0 }),
            (
                HalfOpen { openings: 1, until_ms: 5600 },
                FailedProbe,
                700,
                Open { openings: 2, until_ms: 1700 },
            ),
            (HalfOpen { openings: 1, until_ms: 5600 }, EndProbe, 700, Open { openings: 1, until_ms: OVER }),
            (
                HalfOpen { openings: 1, until_ms: 5600 },
                Admit,
                5600,
                HalfOpen { openings: 1, until_ms: 10_600 },
            ),
            (Open { openings: 9, until_ms: 0 }, FailedProbe, 0, Open { openings: 10, until_ms: 30_000 }),
        ];
        for (before, step, now_ms, expected) in cases {
            let mut breaker = before;
            match step {
                Admit => assert_eq!(breaker.admit(&SETTINGS, now_ms), !before.is_closed()),
                Success => breaker.record_success(),
                Failure => breaker.record_failure(&SETTINGS, false, now_ms, 0),
                FailedProbe => breaker.record_failure(&SETTINGS, true, now_ms, 0),
                EndProbe => breaker.end_probe(),
            }
            assert_eq!(breaker, expected, "{step:?} at {now_ms} in {before:?}");
        }
    }

    #[test]
    fn attempts_wait_for_the_end_of_the_pause_and_for_the_probe() {
        let cases = [
            (Closed { failures: 2 }, 0, None, None),
            (Open { openings: 1, until_ms: 600 }, 599, Some(600), Some(600)),
            (Open { openings: 1, until_ms: 600 }, 600, None, None),
            // One that had queued up before goes on while another probes.
            (HalfOpen { openings: 2, until_ms: 5600 }, 700, Some(1700), None),
            (HalfOpen { openings: 2, until_ms: 5600 }, 5000, Some(5600), None),
            (HalfOpen { openings: 2, until_ms: 5600 }, 5600, None, None),
        ];
        for (breaker, now_ms, queueing, queued) in cases {
            assert_eq!(breaker.blocked_until(&SETTINGS, now_ms, 0), queueing, "{breaker:?} at {now_ms}");
            assert_eq!(breaker.opened_until(now_ms), queued, "{breaker:?} at {now_ms}");
        }
    }
}
