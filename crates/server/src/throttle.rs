//! Slowing one request down to the speed that its client asked for with `x-oss-traffic-limit`. It waits without holding a
//! thread, and holds no more of an object in memory than others do.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use ossicle_protocol::{Error, TrafficLimit};
use tokio::time::Instant;

use crate::call::Call;
use crate::http::reply::Reply;

const DELAY: HeaderName = HeaderName::from_static("x-oss-qos-delay-time");

/// How much time that a slow network has lost may be made up for at full speed.
const CREDIT: Duration = Duration::from_millis(250);

/// Downloads are sent in pieces of so much time.
const STEP: Duration = Duration::from_millis(50);

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
    /// The limit in the request's header or query.
    pub(crate) fn of(call: &Call) -> Result<Self, Error> {
        Self::of_form(call, None)
    }

    /// The same with a form's field.
    pub(crate) fn of_form(call: &Call, field: Option<&str>) -> Result<Self, Error> {
        let header = call.header("x-oss-traffic-limit")?;
        let limit = TrafficLimit::one_of([header, call.query.get("x-oss-traffic-limit"), field])?;
        Ok(Self(limit.map(|limit| Pace { limit, free_at: Instant::now(), delay: Duration::ZERO })))
    }

    /// Whether there is a limit.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Waits until so many more bytes may have passed.
    pub(crate) async fn pass(&mut self, bytes: usize) {
        let Some(pace) = &mut self.0 else { return };
        let now = Instant::now();
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        pace.free_at = pace.free_at.max(earliest) + pace.limit.time_for(bytes as u64);
        if pace.free_at > now {
            tokio::time::sleep_until(pace.free_at).await;
            pace.delay += now.elapsed();
        }
    }

    /// Splits off what is to be sent next: all of it, unless that would come in a burst.
    pub(crate) fn next_of(&self, piece: &mut Bytes) -> Bytes {
        let step = self.0.as_ref().map_or(u64::MAX, |pace| pace.limit.bytes_in(STEP));
        piece.split_to(usize::try_from(step).unwrap_or(usize::MAX).min(piece.len()))
    }

    /// For how long the bytes that have passed were held up.
    pub(crate) fn delay(&self) -> Delay {
        Delay(self.0.as_ref().map(|pace| pace.delay))
    }

    /// For how long so many bytes will be held up if the network is much faster.
    pub(crate) fn delay_of(&self, bytes: u64) -> Delay {
        Delay(self.0.as_ref().map(|pace| pace.limit.time_for(bytes)))
    }
}

impl Delay {
    /// Tells the client, in milliseconds.
    pub(crate) fn show_on(self, reply: Reply) -> Reply {
        let Some(delay) = self.0 else { return reply };
        reply.with_header(DELAY, HeaderValue::from(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)))
    }
}
