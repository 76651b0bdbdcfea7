//! What a request brings for the conditions of policies.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::key::Key;

/// The values of condition keys, looked up where a condition asks for them.
pub trait Context {
    /// Returns the value that a key has in this request, if it has one.
    fn value(&self, key: &Key) -> Option<Value<'_>>;
}

/// A value of a condition key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(u64),
    /// A flag.
    Flag(bool),
    /// Seconds since the beginning of 1970.
    Time(i64),
    /// An IP address.
    Address(IpAddr),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(true) => Cow::Borrowed("true"),
            Self::Flag(false) => Cow::Borrowed("false"),
            Self::Time(seconds) => Cow::Owned(
                jiff::Timestamp::from_second(*seconds).map(|time| time.to_string()).unwrap_or_default(),
            ),
            Self::Address(address) => Cow::Owned(address.to_canonical().to_string()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "conditions compare sizes, not their last digits")]
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number as f64),
            Self::Text(text) => number(text),
            Self::Time(seconds) => Some(*seconds as f64),
            Self::Flag(_) | Self::Address(_) => None,
        }
    }

    pub(crate) fn time(&self) -> Option<i64> {
        match self {
            Self::Time(seconds) => Some(*seconds),
            Self::Text(text) => time(text),
            Self::Number(_) | Self::Flag(_) | Self::Address(_) => None,
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => flag(text),
            Self::Number(_) | Self::Time(_) | Self::Address(_) => None,
        }
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Text(text) => text.parse().ok(),
            Self::Number(_) | Self::Flag(_) | Self::Time(_) => None,
        }
    }
}

/// Reads a decimal number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_decimal)
}

/// Reads a moment of ISO 8601: `2012-11-11T23:59:59Z`, with another offset, or a day alone, which begins at midnight UTC.
pub(crate) fn time(text: &str) -> Option<i64> {
    let day = || format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().ok();
    let time = text.parse::<jiff::Timestamp>().ok();
    time.or_else(|| day().filter(|_| text.len() == "2012-11-11".len())).map(jiff::Timestamp::as_second)
}

/// Reads a flag.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
