//! The query string as ordered, decoded pairs, and the percent-encoding that paths and signatures share.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Error, ErrorCode};

/// Everything RFC 3986 does not call unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_BUT_SLASH: AsciiSet = RESERVED.remove(b'/');
/// What is encoded in the URL that OSS gives of a new object.
const IN_LOCATION: AsciiSet = RESERVED_BUT_SLASH.add(b'~');

/// More parameters than any operation has; a bound for what signature checks have to sort.
const MAX_PARAMETERS: usize = 256;

/// A parsed query string: decoded names and values in the order they came.
///
/// `k` and `k=` are equal: both have the empty value. How each was written is remembered, as signatures may cover it.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    /// For each pair, whether it had an equals sign.
    with_equals: Vec<bool>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.pairs == other.pairs
    }
}

impl Eq for Query {}

impl Query {
    /// Parses the text after `?` (without it).
    ///
    /// A `%` that starts no escape stands for itself, and `+` is a space, as OSS reads them. A piece with neither a name
    /// nor a value is nothing.
    ///
    /// # Errors
    /// `InvalidArgument` for names or values that are not UTF-8, or too many parameters.
    pub fn parse(raw: &str) -> Result<Self, Error> {
        let mut query = Self::default();
        for piece in raw.split('&').filter(|piece| !piece.is_empty() && *piece != "=") {
            if query.pairs.len() == MAX_PARAMETERS {
                return Err(Error::new(ErrorCode::InvalidArgument).with_message("Too many query parameters."));
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            query.pairs.push((decode_form(name)?, decode_form(value)?));
            query.with_equals.push(piece.contains('='));
        }
        Ok(query)
    }

    /// Builds a query from decoded pairs.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut query = Self::default();
        for (name, value) in pairs {
            query.push(name, value);
        }
        query
    }

    /// Returns the first value of `name`, empty for a bare name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Returns whether `name` occurs, with or without a value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.pairs.iter().any(|(n, _)| n == name)
    }

    /// Returns all pairs in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns all pairs, each with whether it was written with an equals sign, which tells `k=` from `k`.
    pub(crate) fn iter_as_written(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.iter().zip(&self.with_equals).map(|((name, value), equals)| (name, value, *equals))
    }

    /// Returns whether some name occurs more than once.
    pub(crate) fn has_duplicates(&self) -> bool {
        let mut names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// Returns whether there is no parameter at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Adds a pair at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        self.with_equals.push(!value.is_empty());
        self.pairs.push((name.into(), value));
    }

    /// Writes the text after `?`, encoded; a name with an empty value stands bare.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.iter() {
            if !out.is_empty() {
                out.push('&');
            }
            out.extend(utf8_percent_encode(name, &RESERVED));
            if !value.is_empty() {
                out.push('=');
                out.extend(utf8_percent_encode(value, &RESERVED));
            }
        }
        out
    }
}

/// Encodes every byte that RFC 3986 does not call unreserved, `/` included.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// Encodes like [`percent_encode`] but leaves `/` alone, for paths.
#[must_use]
pub fn percent_encode_path(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED_BUT_SLASH).to_string()
}

/// Decodes percent escapes; `+` stays what it is.
///
/// # Errors
/// `InvalidArgument` if the result is not UTF-8.
pub fn percent_decode(text: &str) -> Result<Cow<'_, str>, Error> {
    percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| not_utf8())
}

/// Encodes a key as OSS does in the `Location` of a new object: like [`percent_encode_path`], but `~` becomes `%7E`.
pub(crate) fn percent_encode_location(text: &str) -> String {
    utf8_percent_encode(text, &IN_LOCATION).to_string()
}

/// Decodes percent escapes and reads `+` as a space, as forms and some SDKs' paths need it.
pub(crate) fn decode_form(text: &str) -> Result<String, Error> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Ok(percent_decode(&spaced)?.into_owned());
    }
    Ok(percent_decode(text)?.into_owned())
}

fn not_utf8() -> Error {
    Error::new(ErrorCode::InvalidArgument).with_message("The characters encoding must be utf-8.")
}

#[cfg(test)]
mod tests {
    use super::{Query, percent_decode, percent_encode, percent_encode_path};
    use crate::ErrorCode;
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn parses_pairs() {
        let check = |raw: &str, expected: &[(&str, &str)]| {
            let query = Query::parse(raw).unwrap();
            assert_eq!(query.iter().collect::<Vec<_>>(), expected, "{raw:?}");
        };
        check("", &[]);
        check("acl", &[("acl", "")]);
        check("acl=", &[("acl", "")]);
        check("&&acl&", &[("acl", "")]);
        check("=&acl&=x", &[("acl", ""), ("", "x")]);
        check("a=1&b=2&a=3", &[("a", "1"), ("b", "2"), ("a", "3")]);
        check("a=b=c", &[("a", "b=c")]);
        check("callback=e30%3D&prefix=a/b", &[("callback", "e30="), ("prefix", "a/b")]);
        check("prefix=a+b%2Bc%20d", &[("prefix", "a b+c d")]);
        check("p=100%&q=%zz", &[("p", "100%"), ("q", "%zz")]);
        check("%E9%94%AE=%E5%80%BC", &[("键", "值")]);
    }

    #[test]
    fn first_value_wins_and_names_are_case_sensitive() {
        let query = Query::parse("a=1&a=2&B").unwrap();
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.get("b"), None);
        assert!(query.contains("B"));
    }

    #[test]
    fn refuses_what_is_not_utf8_and_too_much() {
        assert_eq!(Query::parse("a=%FF").unwrap_err().code(), ErrorCode::InvalidArgument);
        assert_eq!(Query::parse(&"a&".repeat(300)).unwrap_err().code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn encodes_by_rfc_3986() {
        assert_eq!(percent_encode("a/b c+~-._!'()*键"), "a%2Fb%20c%2B~-._%21%27%28%29%2A%E9%94%AE");
        assert_eq!(percent_encode_path("a/b c"), "a/b%20c");
    }

    proptest! {
        #[test]
        fn encoding_and_decoding_are_inverse(text in any::<String>()) {
            let (all, path) = (percent_encode(&text), percent_encode_path(&text));
            prop_assert_eq!(percent_decode(&all).unwrap(), text.as_str());
            prop_assert_eq!(percent_decode(&path).unwrap(), text.as_str());
        }

        #[test]
        fn a_query_survives_encoding(pairs in vec(("[^\0]{1,8}", any::<String>()), 0..8)) {
            let query = Query::from_pairs(pairs);
            prop_assert_eq!(Query::parse(&query.encode()).unwrap(), query);
        }

        #[test]
        fn parsing_never_panics(bytes in any::<Vec<u8>>()) {
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(query) = Query::parse(&text) {
                prop_assert!(query.iter().count() <= text.len());
            }
        }
    }
}
