//! What HTTP/1.1 demands of a request's head and the parser lets pass: one `Host`, and no transfer coding but `chunked`.
//! A proxy in front may read such a request as another one than this server.

use http::header::{HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Version};

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misframed {
    /// HTTP/1.1 demands a `Host`, which may be empty.
    NoHost,
    /// Two names, of which a proxy may have believed the other.
    SeveralHosts,
    /// The body would be stored as it is encoded.
    Encoded,
}

impl Misframed {
    /// Returns a sentence for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::NoHost => "A request of HTTP/1.1 must have a Host header.",
            Self::SeveralHosts => "A request must have one Host header.",
            Self::Encoded => "This server takes no transfer coding but chunked.",
        }
    }
}

/// Checks the head of a request.
pub(crate) fn check(version: Version, headers: &HeaderMap) -> Result<(), Misframed> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err(Misframed::SeveralHosts),
        (None, None) if version >= Version::HTTP_11 => return Err(Misframed::NoHost),
        _ => {}
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Misframed::Encoded),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn heads() {
        const HOST: (&str, &str) = ("host", "a");
        let coded = |codings: &[&'static str]| {
            let codings = codings.iter().map(|coding| ("transfer-encoding", *coding));
            std::iter::once(HOST).chain(codings).collect()
        };
        let cases = [
            (Version::HTTP_11, vec![HOST], Ok(())),
            (Version::HTTP_11, vec![("host", "")], Ok(())),
            (Version::HTTP_11, vec![], Err(Misframed::NoHost)),
            (Version::HTTP_10, vec![], Ok(())),
            (Version::HTTP_11, vec![HOST, ("host", "b")], Err(Misframed::SeveralHosts)),
            (Version::HTTP_11, vec![HOST, HOST], Err(Misframed::SeveralHosts)),
            (Version::HTTP_10, vec![HOST, ("host", "b")], Err(Misframed::SeveralHosts)),
            (Version::HTTP_11, coded(&["chunked"]), Ok(())),
            (Version::HTTP_11, coded(&[" Chunked "]), Ok(())),
            (Version::HTTP_11, coded(&["gzip, chunked"]), Err(Misframed::Encoded)),
            (Version::HTTP_11, coded(&["chunked, chunked"]), Err(Misframed::Encoded)),
            (Version::HTTP_11, coded(&["gzip", "chunked"]), Err(Misframed::Encoded)),
        ];
        for (version, fields, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in &fields {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(check(version, &headers), expected, "{version:?} {fields:?}");
        }
    }
}
