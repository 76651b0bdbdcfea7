//! The target of a callback: one URL, checked once, whose request target is kept byte for byte.
//!
//! No general URL crate is used on purpose: those resolve dot segments and re-encode, and the signature covers
//! the bytes that the caller wrote.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP, the default of a URL without a scheme.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// Returns the scheme as it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Returns the port of a URL that names none.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The reason for which a text is not the URL of a callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Only `http` and `https` exist.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// The host is missing or not a name or address.
    #[error("the host is not a valid name or IPv4 address")]
    Host,
    /// A bare word without scheme, dot or port could be anything.
    #[error("a host without a scheme needs a dot or a port")]
    BareWord,
    /// IPv6 literals are refused, as OSS refuses them.
    #[error("IPv6 addresses are not supported, use a name")]
    Ipv6Literal,
    /// The port is not a number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// `user:password@` has no place in a callback.
    #[error("user information is not allowed")]
    UserInfo,
    /// Blanks and control characters would break the request line.
    #[error("blanks and control characters must be percent-encoded")]
    Characters,
}

/// One URL of `callbackUrl`.
///
/// ```
/// use ossicle_callback::CallbackUrl;
///
/// let url = CallbackUrl::parse("app.example.com:8080?id=1").unwrap();
/// assert_eq!(url.authority(), "app.example.com:8080");
/// assert_eq!(url.request_target(), "/?id=1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallbackUrl {
    text: String,
    scheme: Scheme,
    authority: String,
    host: String,
    port: u16,
    target: String,
    literal: Option<Ipv4Addr>,
}

impl CallbackUrl {
    /// Parses one URL; without a scheme it is `http`.
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(UrlError::Characters);
        }
        let (scheme, rest, bare) = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (parse_scheme(scheme)?, rest, false),
            _ => (Scheme::Http, text, true),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (host, port) = split_authority(authority)?;
        let literal = parse_host(host)?;
        if bare && port.is_none() && literal.is_none() && !host.contains('.') {
            return Err(UrlError::BareWord);
        }
        Ok(Self {
            text: text.to_owned(),
            scheme,
            authority: authority.to_owned(),
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or_else(|| scheme.default_port()),
            target: request_target(tail),
            literal,
        })
    }

    /// Returns the URL as the caller wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the scheme, `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns host and port as written: the default value of the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the host in lower case, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, the scheme's own when the URL names none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns path and query exactly as written, `/` for an empty path, without a fragment and without a lone `?` at
    /// the end. This text stands on the request line and is what the signature covers.
    #[must_use]
    pub fn request_target(&self) -> &str {
        &self.target
    }

    /// Returns the address, when the host is one in any spelling (`127.1`, `0x7f000001`, `2130706433`).
    #[must_use]
    pub fn literal_address(&self) -> Option<Ipv4Addr> {
        self.literal
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl TryFrom<String> for CallbackUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<CallbackUrl> for String {
    fn from(url: CallbackUrl) -> Self {
        url.text
    }
}

/// Returns whether a text can stand in the `Host` header: a name or IPv4 address, with or without a port.
pub(crate) fn is_valid_authority(text: &str) -> bool {
    split_authority(text).is_ok_and(|(host, _)| parse_host(host).is_ok())
}

fn parse_scheme(text: &str) -> Result<Scheme, UrlError> {
    if text.eq_ignore_ascii_case("http") {
        Ok(Scheme::Http)
    } else if text.eq_ignore_ascii_case("https") {
        Ok(Scheme::Https)
    } else {
        Err(UrlError::Scheme)
    }
}

fn split_authority(authority: &str) -> Result<(&str, Option<u16>), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    if authority.starts_with('[') || authority.matches(':').count() > 1 {
        return Err(UrlError::Ipv6Literal);
    }
    match authority.split_once(':') {
        None => Ok((authority, None)),
        Some((host, port)) => {
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            match port.parse::<u16>() {
                Ok(number) if digits && number != 0 => Ok((host, Some(number))),
                _ => Err(UrlError::Port),
            }
        }
    }
}

/// Checks a host; an IPv4 address in any of the spellings that URL parsers accept is returned as such.
fn parse_host(host: &str) -> Result<Option<Ipv4Addr>, UrlError> {
    let labels = host.strip_suffix('.').unwrap_or(host);
    if labels.is_empty() || labels.len() > 253 {
        return Err(UrlError::Host);
    }
    for label in labels.split('.') {
        let known = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if label.is_empty() || label.len() > 63 || !known {
            return Err(UrlError::Host);
        }
    }
    let last = labels.rsplit('.').next().unwrap_or(labels);
    if parse_number(last).is_none() && !last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    parse_ipv4(labels).map(Some).ok_or(UrlError::Host)
}

/// Reads an IPv4 address of one to four numbers, each decimal, octal or hexadecimal; the last one fills the
/// bytes that are left.
fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let numbers = text.split('.').map(parse_number).collect::<Option<Vec<u64>>>()?;
    let (last, leading) = numbers.split_last()?;
    if leading.len() > 3 || leading.iter().any(|number| *number > 0xff) {
        return None;
    }
    let mut address = 0_u64;
    for number in leading {
        address = (address << 8) | number;
    }
    let left = 32 - 8 * u32::try_from(leading.len()).ok()?;
    if *last >> left != 0 {
        return None;
    }
    u32::try_from((address << left) | last).ok().map(Ipv4Addr::from)
}

fn parse_number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    if digits.is_empty() {
        return (radix == 16).then_some(0);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

fn request_target(tail: &str) -> String {
    let tail = tail.split('#').next().unwrap_or(tail);
    // One SDK ends every URL with a question mark, and verifiers leave an empty query out of what is signed.
    let tail = tail.strip_suffix('?').filter(|path| !path.contains('?')).unwrap_or(tail);
    if tail.starts_with('/') { tail.to_owned() } else { format!("/{tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "rows read better without a reference")]
    fn check(text: &str, expected: Result<(&str, &str, u16, &str), UrlError>) {
        let url = CallbackUrl::parse(text);
        let seen = url.as_ref().map(|url| (url.authority(), url.host(), url.port(), url.request_target()));
        assert_eq!(seen, expected.as_ref().copied(), "{text}");
    }

    #[test]
    fn splits_without_changing_a_byte() {
        check("http://a.com", Ok(("a.com", "a.com", 80, "/")));
        check(
            "https://A.com:8443/x/../y//z?q=%2f+1#part",
            Ok(("A.com:8443", "a.com", 8443, "/x/../y//z?q=%2f+1")),
        );
        // The Ruby SDK appends the question mark even without a path or a query.
        check(
            "http://oss-demo.aliyuncs.com:23450?user=put_object",
            Ok(("oss-demo.aliyuncs.com:23450", "oss-demo.aliyuncs.com", 23450, "/?user=put_object")),
        );
        check("http://h.com/p?", Ok(("h.com", "h.com", 80, "/p")));
        check("http://h.com?", Ok(("h.com", "h.com", 80, "/")));
        check("http://h.com/p?#f", Ok(("h.com", "h.com", 80, "/p")));
        check("http://h.com/p??", Ok(("h.com", "h.com", 80, "/p??")));
        check("http://h.com/p?a?", Ok(("h.com", "h.com", 80, "/p?a?")));
        check("HTTPS://h.com", Ok(("h.com", "h.com", 443, "/")));
        check("www.bbc.com/test", Ok(("www.bbc.com", "www.bbc.com", 80, "/test")));
        check("http://localhost:9001/", Ok(("localhost:9001", "localhost", 9001, "/")));
        check("http://localhost/", Ok(("localhost", "localhost", 80, "/")));
        check("localhost:9001/x", Ok(("localhost:9001", "localhost", 9001, "/x")));
        check("h.com/redirect?to=http://x", Ok(("h.com", "h.com", 80, "/redirect?to=http://x")));
        check("http://h.com/中文", Ok(("h.com", "h.com", 80, "/中文")));
    }

    #[test]
    fn refuses_what_is_no_url() {
        // `my` and `my.com:test` are asserted by the Java SDK's suite.
        check("my", Err(UrlError::BareWord));
        check("my.com:test", Err(UrlError::Port));
        check("http://my.com:test/", Err(UrlError::Port));
        check("http://my.com:/", Err(UrlError::Port));
        check("http://my.com:0/", Err(UrlError::Port));
        check("http://my.com:65536/", Err(UrlError::Port));
        check("http://my.com:+80/", Err(UrlError::Port));
        check("ftp://my.com/", Err(UrlError::Scheme));
        check("://my.com/", Err(UrlError::Scheme));
        check("http://", Err(UrlError::Host));
        check("http:///path", Err(UrlError::Host));
        check("http://[::1]/", Err(UrlError::Ipv6Literal));
        check("http://[::1]:80/", Err(UrlError::Ipv6Literal));
        check("::1", Err(UrlError::Ipv6Literal));
        check("http://user@my.com/", Err(UrlError::UserInfo));
        check("http://my com/", Err(UrlError::Characters));
        check("http://my.com/a b", Err(UrlError::Characters));
        check("http://my.com/\r\nX: y", Err(UrlError::Characters));
        check("http://my..com/", Err(UrlError::Host));
        check("http://中文.com/", Err(UrlError::Host));
        check("http://%31%32%37.0.0.1/", Err(UrlError::Host));
        check("http://1.2.3.4.5/", Err(UrlError::Host));
        check("http://1.2.3.256/", Err(UrlError::Host));
        check("http://256.1/", Err(UrlError::Host));
        check("http://4294967296/", Err(UrlError::Host));
        check("http://08.1.1.1/", Err(UrlError::Host));
    }

    #[test]
    fn knows_an_address_in_every_spelling() {
        let loopback = Some(Ipv4Addr::LOCALHOST);
        for text in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "0x7f000001",
            "0X7F.1",
            "2130706433",
            "0177.0.0.1",
            "127.0.0.1.",
            "http://2130706433:80/",
        ] {
            assert_eq!(CallbackUrl::parse(text).unwrap().literal_address(), loopback, "{text}");
        }
        for text in ["http://127.0.0.1.example.com", "http://0x7f000001.com", "http://a1"] {
            assert_eq!(CallbackUrl::parse(text).unwrap().literal_address(), None, "{text}");
        }
    }
}
