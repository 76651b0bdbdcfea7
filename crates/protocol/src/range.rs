//! Byte ranges of `GetObject` and of copied parts.
//!
//! OSS is laxer than RFC 9110: unless the client asks for `x-oss-range-behavior: standard`, a range that
//! reaches past the end of the object is ignored and the whole object is sent with status 200.

use http::HeaderMap;
use http::header::RANGE;

/// The part of an object that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// The whole object, status 200.
    Full,
    /// These bytes, both ends included, status 206.
    Partial {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte, not before `first` and inside the object.
        last: u64,
    },
    /// Nothing that the object has: status 416, `InvalidRange`.
    Unsatisfiable,
}

impl ByteRange {
    /// Reads the `Range` and `x-oss-range-behavior` headers of a request for an object with `size` bytes.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap, size: u64) -> Self {
        let mut ranges = headers.get_all(RANGE).iter();
        let (Some(range), None) = (ranges.next(), ranges.next()) else {
            return Self::Full;
        };
        let standard = headers
            .get("x-oss-range-behavior")
            .is_some_and(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"standard"));
        range.to_str().map_or(Self::Full, |text| Self::parse(text, size, standard))
    }

    /// Reads the text of a `Range` or `x-oss-copy-source-range` header for an object with `size` bytes.
    ///
    /// Text that does not begin with a byte range asks for the whole object; of a list, and before rubbish, the
    /// first range counts. With `standard` the rules of RFC 9110 hold for ranges that reach past the end,
    /// otherwise those of OSS.
    #[must_use]
    pub fn parse(text: &str, size: u64, standard: bool) -> Self {
        match Spec::parse(text) {
            None => Self::Full,
            // A suffix of no bytes is refused even by default; the Java SDK's tests rely on it.
            Some(Spec::Last(0)) => Self::Unsatisfiable,
            Some(spec) if standard => spec.standard(size),
            Some(spec) => spec.within(size),
        }
    }

    /// Returns how many bytes of an object with `size` bytes are sent.
    #[must_use]
    pub fn length(self, size: u64) -> u64 {
        match self {
            Self::Full => size,
            Self::Partial { first, last } => last.saturating_sub(first).saturating_add(1),
            Self::Unsatisfiable => 0,
        }
    }

    /// Returns the value of the `Content-Range` header that goes with it, if there is one.
    #[must_use]
    pub fn content_range(self, size: u64) -> Option<String> {
        match self {
            Self::Full => None,
            Self::Partial { first, last } => Some(format!("bytes {first}-{last}/{size}")),
            Self::Unsatisfiable => Some(format!("bytes */{size}")),
        }
    }
}

/// A well-formed range, not yet held against an object.
#[derive(Clone, Copy)]
enum Spec {
    /// `a-b`
    Between(u64, u64),
    /// `a-`
    From(u64),
    /// `-n`
    Last(u64),
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.trim().split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, rest) = range.trim().split_once('-')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (last, rest) = rest.split_at_checked(digits)?;
        // After digits anything may follow but what would make them another number's.
        let ends =
            if last.is_empty() { rest.is_empty() || rest.starts_with(',') } else { !rest.starts_with('-') };
        match (first, last) {
            _ if !ends => None,
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// Applies OSS's rule: both ends must lie inside the object.
    fn within(self, size: u64) -> ByteRange {
        let inside = match self {
            Self::Between(first, last) => (last < size).then_some((first, last)),
            Self::From(first) => (first < size).then(|| (first, size - 1)),
            Self::Last(count) => (count <= size).then(|| (size - count, size - 1)),
        };
        inside.map_or(ByteRange::Full, |(first, last)| ByteRange::Partial { first, last })
    }

    /// Applies the rule of RFC 9110: what lies past the end is cut off.
    fn standard(self, size: u64) -> ByteRange {
        let (first, last) = match self {
            Self::Between(first, last) => (first, last),
            Self::From(first) => (first, u64::MAX),
            Self::Last(count) => (size.saturating_sub(count), u64::MAX),
        };
        match size.checked_sub(1) {
            Some(end) if first <= end => ByteRange::Partial { first, last: last.min(end) },
            _ => ByteRange::Unsatisfiable,
        }
    }
}

/// Reads digits only: `str::parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::{any, proptest};

    use super::ByteRange;
    use super::ByteRange::{Full, Unsatisfiable};

    fn partial(first: u64, last: u64) -> ByteRange {
        ByteRange::Partial { first, last }
    }

    #[test]
    fn default_behaviour() {
        let check = |text: &str, size: u64, expected: ByteRange| {
            assert_eq!(ByteRange::parse(text, size, false), expected, "{text:?} of {size}");
        };
        // OSS manual, GetObject, "Range".
        check("bytes=0-499", 1000, partial(0, 499));
        check("bytes=500-999", 1000, partial(500, 999));
        check("bytes=-500", 1000, partial(500, 999));
        check("bytes=500-", 1000, partial(500, 999));
        check("bytes=0-", 1000, partial(0, 999));
        // OSS manual, "Range download", ranges that exceed the object.
        check("bytes=500-2000", 1000, Full);
        check("bytes=1000-2000", 1000, Full);
        // Java SDK, GetObjectTest.testGetObjectByRange.
        check("bytes=-0", 131_072, Unsatisfiable);
        check("bytes=-1--1", 131_072, Full);
        check("bytes=65536-32768", 131_072, Full);
        check("bytes=0-262143", 131_072, Full);
        // C++ SDK, GetObjectRequestStandardModeTest.
        check("bytes=10-200", 100, Full);
        // Edges.
        check("bytes=0-0", 1, partial(0, 0));
        check("bytes=0-999", 1000, partial(0, 999));
        check("bytes=0-1000", 1000, Full);
        check("bytes=1-", 1, Full);
        check("bytes=-1", 1, partial(0, 0));
        check("bytes=-2", 1, Full);
        check("bytes=0-", 0, Full);
        check("bytes=-1", 0, Full);
        // Lists and rubbish: the first range, if there is one.
        check("bytes=0-0,2-3", 10, partial(0, 0));
        check("bytes=2-,0-1", 10, partial(2, 9));
        check("bytes=-3,0-1", 10, partial(7, 9));
        check("bytes=1-2abc", 10, partial(1, 2));
        check("bytes=1-2 ; 5", 10, partial(1, 2));
        check("bytes=1-2,999-", 10, partial(1, 2));
        check("bytes=8-20,0-1", 10, Full);
        check("bytes=1-abc", 10, Full);
        check("bytes=abc-1", 10, Full);
        check("bytes=,0-1", 10, Full);
        check("bytes=1-2-3", 10, Full);
        check("bytes=+1-2", 10, Full);
        check("bytes=-", 10, Full);
        check("bytes=1", 10, Full);
        check("chunks=1-2", 10, Full);
        check("", 10, Full);
        check("bytes=99999999999999999999-", 10, Full);
        check(" Bytes=1-2 ", 10, partial(1, 2));
    }

    #[test]
    fn standard_behaviour() {
        let check = |text: &str, size: u64, expected: ByteRange| {
            assert_eq!(ByteRange::parse(text, size, true), expected, "{text:?} of {size}");
        };
        // Go SDK, TestGetObjectRangeBehavior.
        check("bytes=1000-2000", 1000, Unsatisfiable);
        check("bytes=0-2000", 1000, partial(0, 999));
        check("bytes=500-2000", 1000, partial(500, 999));
        // C++ SDK, GetObjectRequestStandardModeTest.
        check("bytes=10-200", 100, partial(10, 99));
        // RFC 9110, section 14.1.2.
        check("bytes=-2000", 1000, partial(0, 999));
        check("bytes=9-5", 1000, Full);
        check("bytes=0-", 0, Unsatisfiable);
    }

    #[test]
    fn reads_headers() {
        let check = |rows: &[(&'static str, &str)], expected: ByteRange| {
            let mut headers = HeaderMap::new();
            for (name, value) in rows {
                headers.append(*name, HeaderValue::from_str(value).expect("a header value"));
            }
            assert_eq!(ByteRange::from_headers(&headers, 1000), expected, "{rows:?}");
        };
        check(&[], Full);
        check(&[("range", "bytes=500-2000")], Full);
        check(&[("range", "bytes=500-2000"), ("x-oss-range-behavior", "standard")], partial(500, 999));
        check(&[("range", "bytes=500-2000"), ("x-oss-range-behavior", "other")], Full);
        check(&[("range", "bytes=0-1"), ("range", "bytes=2-3")], Full);
    }

    #[test]
    fn says_what_it_sends() {
        assert_eq!(partial(0, 9).content_range(44).as_deref(), Some("bytes 0-9/44"));
        assert_eq!(Unsatisfiable.content_range(44).as_deref(), Some("bytes */44"));
        assert_eq!(Full.content_range(44), None);
        assert_eq!(partial(0, 9).length(44), 10);
        assert_eq!(Full.length(44), 44);
    }

    proptest! {
        #[test]
        fn never_leaves_the_object(
            text in "(bytes=)?[0-9a+, -]{0,24}",
            size in 0..2000_u64,
            standard in any::<bool>(),
        ) {
            if let ByteRange::Partial { first, last } = ByteRange::parse(&text, size, standard) {
                assert!(first <= last && last < size, "{text:?} of {size}");
            }
        }
    }
}
