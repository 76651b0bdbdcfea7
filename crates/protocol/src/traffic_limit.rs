//! `x-oss-traffic-limit`: how fast one request may move its bytes.

use std::time::Duration;

use crate::Error;

/// The name of the header, parameter or form field.
const NAME: &str = "x-oss-traffic-limit";

/// 100 KiB and 100 MiB a second in bits.
const ALLOWED: std::ops::RangeInclusive<u32> = 819_200..=838_860_800;

/// A speed that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficLimit {
    bits_per_second: u32,
}

impl TrafficLimit {
    /// Reads the limit from the places of a request where it may stand.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is no number or out of bounds, and if it stands in two places.
    pub fn one_of<'a>(places: impl IntoIterator<Item = Option<&'a str>>) -> Result<Option<Self>, Error> {
        let mut given = places.into_iter().flatten();
        let Some(text) = given.next() else { return Ok(None) };
        if given.next().is_some() {
            let message = "The traffic limit must stand in one place of the request only.";
            return Err(Error::invalid_argument(message, NAME, text).with_ec("0004-00000501"));
        }
        Self::parse(text).map(Some)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).filter(|bits| ALLOWED.contains(bits));
        number.map(|bits_per_second| Self { bits_per_second }).ok_or_else(|| {
            let message =
                "The traffic limit must be an integer from 819200 to 838860800, in bits per second.";
            Error::invalid_argument(message, NAME, text).with_ec("0004-00000502")
        })
    }

    /// Returns how long so many bytes take at this speed.
    #[must_use]
    pub fn time_for(self, bytes: u64) -> Duration {
        let nanoseconds = u128::from(bytes) * 8 * 1_000_000_000 / u128::from(self.bits_per_second);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// Returns how many bytes move in such a time.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> u64 {
        let bytes = u128::from(self.bits_per_second) * time.as_nanos() / 8 / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::TrafficLimit;

    #[test]
    fn limits_have_bounds() {
        // The manual: from 819,200 to 838,860,800, else 0004-00000502.
        let check = |text: &str, good: bool| {
            let read = TrafficLimit::one_of([None, Some(text)]);
            match read {
                Ok(limit) => assert!(good && limit.is_some(), "{text}"),
                Err(error) => {
                    assert!(!good, "{text} {error}");
                    assert_eq!(error.ec(), "0004-00000502");
                    assert_eq!(error.details().next(), Some(("ArgumentName", "x-oss-traffic-limit")));
                }
            }
        };
        for good in ["819200", "819201", "0819200", "838860800"] {
            check(good, true);
        }
        for bad in
            ["", "0", "819199", "838860801", "-819200", "+819200", "819200.0", "abc", "99999999999999999999"]
        {
            check(bad, false);
        }
    }

    #[test]
    fn a_limit_stands_in_one_place() {
        assert_eq!(TrafficLimit::one_of([None, None, None]).unwrap(), None);
        // The manual, 0004-00000501: in the header and in the query.
        let error = TrafficLimit::one_of([Some("819200"), Some("819200")]).unwrap_err();
        assert_eq!(error.ec(), "0004-00000501");
    }

    #[test]
    fn bytes_and_time() {
        let limit = TrafficLimit::one_of([Some("819200")]).unwrap().unwrap();
        assert_eq!(limit.time_for(102_400), Duration::from_secs(1));
        assert_eq!(limit.time_for(1024 * 1024), Duration::from_millis(10_240));
        assert_eq!(limit.bytes_in(Duration::from_secs(2)), 204_800);
        assert_eq!(limit.time_for(0), Duration::ZERO);
        assert!(limit.time_for(u64::MAX) > Duration::from_secs(1 << 30));
    }
}
