//! Points in time as OSS writes and reads them. The clock itself is the caller's.

use std::time::UNIX_EPOCH;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::Offset;

/// Milliseconds of 0001-01-01T00:00:00Z, before which none of the textual forms can go.
const EARLIEST: i64 = -62_135_596_800_000;
/// Milliseconds of the last instant of 9999-12-29, short of the calendar's end by what a time zone may add.
const LATEST: i64 = 253_402_127_999_999;

/// A point in time with millisecond precision, between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes milliseconds since 1970; values outside the years 1 to 9999 become the nearest point inside.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Self {
        Self(millis.clamp(EARLIEST, LATEST))
    }

    /// Takes seconds since 1970, bounded like [`Timestamp::from_unix_millis`].
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self::from_unix_millis(seconds.saturating_mul(1000))
    }

    /// Returns milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since 1970, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns `Wed, 21 Oct 2015 07:28:00 GMT`, as in `Date` and `Last-Modified`.
    #[must_use]
    pub fn http_date(self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let t = self.civil();
        let weekday = match t.weekday() {
            Weekday::Monday => "Mon",
            Weekday::Tuesday => "Tue",
            Weekday::Wednesday => "Wed",
            Weekday::Thursday => "Thu",
            Weekday::Friday => "Fri",
            Weekday::Saturday => "Sat",
            Weekday::Sunday => "Sun",
        };
        let month = usize::from(t.month().unsigned_abs()).checked_sub(1).and_then(|at| MONTHS.get(at));
        let mut out = String::with_capacity(29);
        out.push_str(weekday);
        out.push_str(", ");
        push_digits(&mut out, t.day().unsigned_abs().into(), 2);
        out.push(' ');
        out.push_str(month.copied().unwrap_or_default());
        out.push(' ');
        push_digits(&mut out, t.year().unsigned_abs(), 4);
        out.push(' ');
        push_clock(&mut out, t);
        out.push_str(" GMT");
        out
    }

    /// Returns `2015-10-21T07:28:00.000Z`: the milliseconds are always written as zero, as OSS writes them.
    #[must_use]
    pub fn iso8601_millis(self) -> String {
        let mut out = String::with_capacity(24);
        self.push_iso8601_millis(&mut out);
        out
    }

    /// Appends what [`Timestamp::iso8601_millis`] returns, for long listings.
    pub fn push_iso8601_millis(self, out: &mut String) {
        let t = self.civil();
        push_digits(out, t.year().unsigned_abs(), 4);
        out.push('-');
        push_digits(out, t.month().unsigned_abs().into(), 2);
        out.push('-');
        push_digits(out, t.day().unsigned_abs().into(), 2);
        out.push('T');
        push_clock(out, t);
        out.push_str(".000Z");
    }

    /// Returns `2015-10-21T07:28:00Z`.
    #[must_use]
    pub fn iso8601_seconds(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Returns `20151021T072800Z`, as in `x-oss-date`.
    #[must_use]
    pub fn iso8601_basic(self) -> String {
        self.civil().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Returns `20151021`, the date of a V4 credential scope.
    #[must_use]
    pub fn basic_date(self) -> String {
        self.civil().strftime("%Y%m%d").to_string()
    }

    /// Reads the three forms of an HTTP date, the usual one also for years before 1970; `None` if it is none of them.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let text = text.trim();
        let Ok(time) = httpdate::parse_http_date(text) else { return before_1970(text) };
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().map(Self::from_unix_millis)
    }

    /// Reads `2015-10-21T07:28:00.000Z`, the same without or with more fractional digits or with an offset,
    /// and the basic form `20151021T072800Z`; `None` otherwise.
    #[must_use]
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let time: jiff::Timestamp = text.trim().parse().ok()?;
        Some(Self::from_unix_millis(time.as_millisecond()))
    }

    /// Reads exactly `20151021T072800Z`; `None` otherwise.
    #[must_use]
    pub fn parse_iso8601_basic(text: &str) -> Option<Self> {
        let shape_fits = text.len() == 16
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 => byte == b'T',
                15 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        if shape_fits { Self::parse_iso8601(text) } else { None }
    }

    fn civil(self) -> DateTime {
        // The bounds of the constructor keep this inside what jiff can say.
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        Offset::UTC.to_datetime(time)
    }
}

/// Writes a time of day, such as `07:28:00`.
fn push_clock(out: &mut String, t: DateTime) {
    push_digits(out, t.hour().unsigned_abs().into(), 2);
    out.push(':');
    push_digits(out, t.minute().unsigned_abs().into(), 2);
    out.push(':');
    push_digits(out, t.second().unsigned_abs().into(), 2);
}

/// Writes exactly `digits` decimal digits. Every answer has two dates and a listing a thousand; `format!` would
/// take several times as long. Reads an HTTP date of a clock that was never set: such clients repair theirs
/// when they are told of the skew.
fn before_1970(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    (time.as_second() < 0).then(|| Timestamp::from_unix_millis(time.as_millisecond()))
}

fn push_digits(out: &mut String, number: u16, digits: u32) {
    for place in (0..digits).rev() {
        let digit = u32::from(number) / 10_u32.pow(place) % 10;
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn writes_the_forms_of_the_protocol() {
        let t = Timestamp::from_unix_millis(1_445_412_480_789);
        assert_eq!(t.http_date(), "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(t.iso8601_millis(), "2015-10-21T07:28:00.000Z");
        assert_eq!(t.iso8601_seconds(), "2015-10-21T07:28:00Z");
        assert_eq!(t.iso8601_basic(), "20151021T072800Z");
        assert_eq!(t.basic_date(), "20151021");
        assert_eq!(t.unix_seconds(), 1_445_412_480);
        assert_eq!(Timestamp::from_unix_millis(-1).unix_seconds(), -1);
    }

    #[test]
    fn every_weekday_and_month_has_its_name() {
        for day in 0..800 {
            let t = Timestamp::from_unix_seconds(951_782_400 + day * 86_400 + day * 3_661 % 86_400);
            let system =
                std::time::UNIX_EPOCH + std::time::Duration::from_secs(t.unix_seconds().unsigned_abs());
            assert_eq!(t.http_date(), httpdate::fmt_http_date(system));
        }
    }

    #[test]
    fn extremes_are_brought_inside() {
        assert_eq!(Timestamp::from_unix_millis(i64::MAX).iso8601_millis(), "9999-12-29T23:59:59.000Z");
        assert_eq!(Timestamp::from_unix_millis(i64::MIN).iso8601_millis(), "0001-01-01T00:00:00.000Z");
    }

    #[test]
    fn reads_dates() {
        let check = |parsed: Option<Timestamp>, expected: Option<i64>| {
            assert_eq!(parsed.map(Timestamp::unix_millis), expected);
        };
        check(Timestamp::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT"), Some(1_445_412_480_000));
        check(Timestamp::parse_http_date("20151021T072800Z"), None);
        check(Timestamp::parse_http_date("yesterday"), None);
        check(Timestamp::parse_iso8601("2015-10-21T07:28:00.000Z"), Some(1_445_412_480_000));
        check(Timestamp::parse_iso8601("2015-10-21T07:28:00Z"), Some(1_445_412_480_000));
        check(Timestamp::parse_iso8601("2015-10-21T07:28:00+08:00"), Some(1_445_383_680_000));
        check(Timestamp::parse_iso8601("20151021T072800Z"), Some(1_445_412_480_000));
        check(Timestamp::parse_iso8601("2015-10-21"), None);
        check(Timestamp::parse_iso8601_basic("20151021T072800Z"), Some(1_445_412_480_000));
        check(Timestamp::parse_iso8601_basic("2015-10-21T07:28:00Z"), None);
        check(Timestamp::parse_iso8601_basic("20151321T072800Z"), None);
        check(Timestamp::parse_iso8601_basic("20151021T0728é0Z"), None);
    }
}
