//! Moments on the command line: times, or spans before now; and spans by themselves.

use ossicle_protocol::Timestamp;

use crate::app;

/// Parses a moment, in milliseconds since 1970.
pub(super) fn since_ms(text: &str) -> Result<i64, String> {
    read_since(text, app::now().unix_millis())
        .ok_or_else(|| format!("\"{text}\" is not a time such as 2026-01-31T12:00:00Z, 90s, 15m, 2h or 7d"))
}

/// Parses a span of time, in seconds.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    let seconds = read_span_ms(text).and_then(|span| u32::try_from(span / 1000).ok());
    seconds.ok_or_else(|| format!("\"{text}\" is not a time such as 90s, 15m, 2h or 7d"))
}

fn read_since(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(time) = Timestamp::parse_iso8601(text) {
        return Some(time.unix_millis());
    }
    now_ms.checked_sub(read_span_ms(text)?)
}

fn read_span_ms(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms: i64 = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    i64::from(number).checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_spans_before_now() {
        let now = 1_700_000_000_000;
        let cases = [
            ("90s", Some(now - 90_000)),
            ("15m", Some(now - 900_000)),
            ("2h", Some(now - 7_200_000)),
            ("7d", Some(now - 604_800_000)),
            ("2023-11-14T22:13:20Z", Some(now)),
            ("", None),
            ("h", None),
            ("-2h", None),
            ("2w", None),
            ("中", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_since(text, now), expected, "{text:?}");
        }
    }
}
