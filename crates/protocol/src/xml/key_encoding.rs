//! `encoding-type=url`: how object keys are written in answers, so that keys with characters that XML cannot
//! carry survive.

use http::HeaderMap;

use crate::{Error, Query};

/// How keys, prefixes, markers and delimiters are written in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyEncoding {
    /// As they are, escaped for XML.
    #[default]
    Plain,
    /// Percent-encoded, `/` included.
    Url,
}

impl KeyEncoding {
    /// Reads the value of an `encoding-type` parameter; an empty one asks for nothing.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but `url`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "" => Ok(Self::Plain),
            text if text.eq_ignore_ascii_case("url") => Ok(Self::Url),
            text => Err(Error::invalid_argument(
                "Invalid Encoding Method specified in Request.",
                "encoding-type",
                text,
            )),
        }
    }

    /// Reads what a request asks for in its query.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but `url`.
    pub fn from_query(query: &Query) -> Result<Self, Error> {
        query.get("encoding-type").map_or(Ok(Self::Plain), Self::parse)
    }

    /// Does the same for `DeleteMultipleObjects`, for which the manual also has a header.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but `url`.
    pub fn from_query_or_header(query: &Query, headers: &HeaderMap) -> Result<Self, Error> {
        let header = || headers.get("encoding-type").and_then(|value| value.to_str().ok());
        query.get("encoding-type").or_else(header).map_or(Ok(Self::Plain), Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::KeyEncoding;
    use crate::{ErrorCode, Query};

    #[test]
    fn reads_what_is_asked_for() {
        let check = |query: &str, header: Option<&'static str>, expected: Option<KeyEncoding>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert("encoding-type", HeaderValue::from_static(value));
            }
            let query = Query::parse(query).expect("a query");
            let found = KeyEncoding::from_query_or_header(&query, &headers);
            if header.is_none() {
                assert_eq!(KeyEncoding::from_query(&query), found, "{query:?}");
            }
            match expected {
                Some(expected) => assert_eq!(found.expect("an encoding"), expected, "{query:?}"),
                None => assert_eq!(found.expect_err("none").code(), ErrorCode::InvalidArgument, "{query:?}"),
            }
        };
        check("", None, Some(KeyEncoding::Plain));
        check("encoding-type=url", None, Some(KeyEncoding::Url));
        check("encoding-type=URL", None, Some(KeyEncoding::Url));
        check("encoding-type=", None, Some(KeyEncoding::Plain));
        check("encoding-type=base64", None, None);
        check("", Some("url"), Some(KeyEncoding::Url));
    }
}
