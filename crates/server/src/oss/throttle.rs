//! Slowing one request down to the speed that its client asked for with `x-oss-traffic-limit`. It waits without holding a
//! thread, and holds no more of an object in memory than others do. A copy is made at once and its answer held up, so that
//! nothing of the store is held meanwhile.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use ossicle_protocol::{Error, TrafficLimit};
use tokio::time::Instant;

use crate::http::reply::Reply;
use crate::oss::call::Call;

const DELAY: HeaderName = HeaderName::from_static("x-oss-qos-delay-time");

/// How much time that a slow network has lost may be made up for at full speed.
const CREDIT: Duration = Duration::from_millis(250);

/// Downloads are sent in pieces of so much time.
const STEP: Duration = Duration::from_millis(50);

/// The longest that an answer is held up for bytes that the server has moved by itself. SDKs give up after a minute without a byte
/// or earlier, and a client that has gone is not noticed before there is an answer to send.
const LONGEST: Duration = Duration::from_secs(60);

/// How often is looked whether the server stops meanwhile.
const LOOK: Duration = Duration::from_millis(500);

/// The pace of one request; most have none.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Option<Pace>);

#[derive(Debug)]
struct Pace {
    limit: TrafficLimit,
    /// When the bytes so far have had their time.
    free_at: Instant,
    delay: Duration,
}

/// For how long an upload was held up, where it had a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay(Option<Duration>);

impl Throttle {
    /// Reads the limit from the request's header or query.
    pub(crate) fn of(call: &Call) -> Result<Self, Error> {
        Self::of_form(call, None)
    }

    /// Reads the limit from the request's header or query, or from a form's field.
    pub(crate) fn of_form(call: &Call, field: Option<&str>) -> Result<Self, Error> {
        let header = call.header("x-oss-traffic-limit")?;
        let limit = TrafficLimit::one_of([header, call.query.get("x-oss-traffic-limit"), field])?;
        Ok(Self(limit.map(|limit| Pace { limit, free_at: Instant::now(), delay: Duration::ZERO })))
    }

    /// Returns whether there is a limit.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Waits until so many more bytes may have passed.
    pub(crate) async fn pass(&mut self, bytes: usize) {
        let Some(pace) = &mut self.0 else { return };
        let now = Instant::now();
        let free_at = pace.free_after(bytes as u64, now);
        if free_at > now {
            tokio::time::sleep_until(free_at).await;
            pace.delay += now.elapsed();
        }
    }

    /// Holds up an answer for as long as so many bytes take that the server has moved by itself, within bounds.
    pub(crate) async fn hold_up(&mut self, bytes: u64, is_finishing: impl Fn() -> bool) {
        let Some(pace) = &mut self.0 else { return };
        let now = Instant::now();
        let free_at = pace.free_after(bytes, now).min(now + LONGEST);
        while !is_finishing() {
            let left = free_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
        pace.delay += now.elapsed();
    }

    /// Splits off what is to be sent next: all of it, unless that would come in a burst.
    pub(crate) fn next_of(&self, piece: &mut Bytes) -> Bytes {
        let step = self.0.as_ref().map_or(u64::MAX, |pace| pace.limit.bytes_in(STEP));
        piece.split_to(usize::try_from(step).unwrap_or(usize::MAX).min(piece.len()))
    }

    /// Returns for how long the bytes that have passed were held up.
    pub(crate) fn delay(&self) -> Delay {
        Delay(self.0.as_ref().map(|pace| pace.delay))
    }

    /// Returns for how long so many bytes will be held up if the network is much faster.
    pub(crate) fn delay_of(&self, bytes: u64) -> Delay {
        Delay(self.0.as_ref().map(|pace| pace.limit.time_for(bytes)))
    }
}

impl Pace {
    /// Counts bytes that move now, and returns when they have had their time.
    fn free_after(&mut self, bytes: u64, now: Instant) -> Instant {
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        self.free_at = self.free_at.max(earliest) + self.limit.time_for(bytes);
        self.free_at
    }
}

impl Delay {
    /// Tells the client, in milliseconds.
    pub(crate) fn show_on(self, reply: Reply) -> Reply {
        let Some(delay) = self.0 else { return reply };
        reply.with_header(DELAY, HeaderValue::from(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slowest() -> Throttle {
        let limit = TrafficLimit::one_of([Some("819200"), None, None]).unwrap().unwrap();
        Throttle(Some(Pace { limit, free_at: Instant::now(), delay: Duration::ZERO }))
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_held_up_within_bounds() {
        const A_SECOND: u64 = 100 * 1024;
        let check = async |bytes: u64, is_finishing: bool, expected: Duration| {
            let mut throttle = slowest();
            let begun = Instant::now();
            throttle.hold_up(bytes, || is_finishing).await;
            assert!(begun.elapsed().abs_diff(expected) < Duration::from_millis(10), "{:?}", begun.elapsed());
        };
        check(0, false, Duration::ZERO).await;
        check(3 * A_SECOND, false, Duration::from_secs(3)).await;
        check(5 << 30, false, LONGEST).await;
        check(5 << 30, true, Duration::ZERO).await;
    }
}
