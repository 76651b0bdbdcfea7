//! Referer protection of a bucket: the pages that may use its objects, told apart by the header `Referer`.

use crate::{Error, ErrorCode};

/// The longest referer that is compared. Of a longer one browsers send the origin alone (Referrer Policy of the W3C, 8.3), and the
/// same is done here.
const REFERER_LIMIT: usize = 4096;

/// Which pages may use the objects of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefererConfiguration {
    /// Whether a request without a referer may, where there is a whitelist.
    pub allow_empty_referer: bool,
    /// Whether the referer is compared without its query.
    pub allow_truncate_query_string: bool,
    /// Whether the referer is compared without its path and what follows that.
    pub truncate_path: bool,
    /// Those that may; all, if there is none.
    pub whitelist: Vec<String>,
    /// Those that may not, whatever the whitelist says.
    pub blacklist: Vec<String>,
}

impl Default for RefererConfiguration {
    /// Returns what there is where nothing was set.
    fn default() -> Self {
        Self {
            allow_empty_referer: true,
            allow_truncate_query_string: true,
            truncate_path: false,
            whitelist: Vec::new(),
            blacklist: Vec::new(),
        }
    }
}

impl RefererConfiguration {
    /// Lets a request with this `Referer` pass, which is empty if it has none: the blacklist is asked first, then the
    /// whitelist.
    ///
    /// # Errors
    /// `AccessDenied`, in OSS's words.
    pub fn admit(&self, referer: &[u8]) -> Result<(), Error> {
        let referer = referer.trim_ascii();
        if referer.is_empty() {
            let allowed = self.allow_empty_referer || self.whitelist.is_empty();
            return if allowed { Ok(()) } else { Err(denied("0003-00000501")) };
        }
        let referer = self.compared(referer);
        if self.blacklist.iter().any(|pattern| fits(pattern.as_bytes(), referer)) {
            return Err(denied("0003-00000502"));
        }
        if self.whitelist.is_empty() || self.whitelist.iter().any(|pattern| fits(pattern.as_bytes(), referer))
        {
            return Ok(());
        }
        Err(denied("0003-00000503"))
    }

    /// Returns the part of a referer that is compared.
    fn compared<'a>(&self, referer: &'a [u8]) -> &'a [u8] {
        if self.truncate_path || referer.len() > REFERER_LIMIT {
            let origin = origin(referer);
            return origin.get(..REFERER_LIMIT).unwrap_or(origin);
        }
        let end = referer.iter().position(|byte| *byte == b'?').filter(|_| self.allow_truncate_query_string);
        end.and_then(|end| referer.get(..end)).unwrap_or(referer)
    }
}

fn denied(ec: &'static str) -> Error {
    Error::new(ErrorCode::AccessDenied).with_message("You are denied by bucket referer policy.").with_ec(ec)
}

/// Returns the scheme, the host and the port.
fn origin(referer: &[u8]) -> &[u8] {
    let host = referer.windows(3).position(|three| three == b"://").map_or(0, |scheme| scheme + 3);
    let rest = referer.get(host..).unwrap_or_default();
    let end = rest.iter().position(|byte| is_end(*byte)).unwrap_or(rest.len());
    referer.get(..host + end).unwrap_or(referer)
}

/// Returns whether a host or a segment of a path ends before this byte.
fn is_end(byte: u8) -> bool {
    matches!(byte, b'/' | b'?' | b'#')
}

/// Returns whether a pattern, with `*` for any text and `?` for one character, fits the beginning of a referer: `http://a.com`
/// fits `http://a.com/page` and not `http://a.com.evil.net`. Case does not matter, as hosts have none.
///
/// Of the stars only the last one that was met is ever widened, which is enough, and bounds the work by the product of both
/// lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (None, _) if fits_so_far(pattern, text.get(t)) => return true,
            (Some(b'*'), _) => {
                star = Some((p + 1, t));
                p += 1;
            }
            (Some(b'?'), Some(_)) => {
                p += 1;
                t += character(text, t);
            }
            (Some(wanted), Some(found)) if wanted.eq_ignore_ascii_case(found) => {
                p += 1;
                t += 1;
            }
            // The origin alone is a page whose path is `/`.
            (Some(b'/'), None) if p + 1 == pattern.len() => return true,
            _ => match star {
                Some((after, taken)) if taken < text.len() => {
                    let taken = taken + character(text, taken);
                    star = Some((after, taken));
                    (p, t) = (after, taken);
                }
                _ => return false,
            },
        }
    }
}

/// Returns whether a pattern that has been used up may leave the rest of the text, which begins with `next`, to anything.
fn fits_so_far(pattern: &[u8], next: Option<&u8>) -> bool {
    next.is_none_or(|next| is_end(*next)) || matches!(pattern.last(), Some(b'*' | b'/'))
}

/// Returns how many bytes the character has that begins at `at`.
fn character(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    1 + rest.iter().take_while(|byte| **byte & 0xC0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{REFERER_LIMIT, RefererConfiguration, fits, is_end};

    fn list(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
    }

    /// Returns the detail code of the refusal, or nothing.
    fn refusal(configuration: &RefererConfiguration, referer: &str) -> String {
        configuration.admit(referer.as_bytes()).map_or_else(|error| error.ec().to_owned(), |()| String::new())
    }

    #[test]
    fn patterns() {
        let check = |pattern: &str, referer: &str, expected: bool| {
            assert_eq!(fits(pattern.as_bytes(), referer.as_bytes()), expected, "{pattern} {referer}");
        };
        // The manual's best practices: a pattern fits by its beginning, and `http://userdomain` does not fit a longer host.
        check("http://userdomain/error.html", "http://userdomain/error.html", true);
        check("http://userdomain/error.html", "http://userdomain/index.html", false);
        check("http://userdomain/", "http://userdomain/index.html", true);
        check("http://userdomain", "http://userdomain/index.html", true);
        check("http://userdomain", "http://userdomain?page=1", true);
        check("http://userdomain", "http://userdomain-steal/index.html", false);
        check("http://userdomain/", "http://img.userdomain/index.html", false);
        check("http://*.userdomain/", "http://img.userdomain/index.html", true);
        check("http://*.baidu.com", "http://a.baidu.com", true);
        check("http://?.baidu.com", "http://a.baidu.com/x", true);
        check("http://?.baidu.com", "http://ab.baidu.com/x", false);
        check("http://*.domain.com", "http://domain.com", false);
        // The scheme counts, unless a star takes its place.
        check("http://www.aliyun.com", "https://www.aliyun.com", false);
        check("domain.com", "http://domain.com", false);
        check("*.example.com", "https://help.example.com/a/b?c", true);
        check("*example.com", "https://notexample.com/", true);
        check("*", "anything", true);
        // Ports and hosts that go on are others.
        check("http://www.example.com:8080", "http://www.example.com:8080/x", true);
        check("http://www.example.com", "http://www.example.com:8080/x", false);
        check("http://www.example.com", "http://www.example.com.evil.net/", false);
        check("http://www.example.com", "http://www.example.com@evil.net/", false);
        check("http://www.example.com/", "http://www.example.com", true);
        check("http://www.example.com/a", "http://www.example.com/ab", false);
        check("http://www.example.com/a*", "http://www.example.com/ab", true);
        check("http://WWW.example.com", "HTTP://www.Example.com/", true);
        check("\u{4e2d}?+referer", "\u{4e2d}\u{6587}+referer", true);
        check("", "http://a", false);
    }

    #[test]
    fn blacklist_then_whitelist_and_no_referer() {
        // OSS manual, error codes 0003-00000501, -502 and -503.
        let configuration = RefererConfiguration {
            allow_empty_referer: false,
            whitelist: list(&["http://*.aliyuncs.com"]),
            blacklist: list(&["http://abc.aliyuncs.com"]),
            ..RefererConfiguration::default()
        };
        assert_eq!(refusal(&configuration, ""), "0003-00000501");
        assert_eq!(refusal(&configuration, " "), "0003-00000501");
        assert_eq!(refusal(&configuration, "http://abc.aliyuncs.com"), "0003-00000502");
        assert_eq!(refusal(&configuration, "http://test.com"), "0003-00000503");
        assert_eq!(refusal(&configuration, "http://test.aliyuncs.com"), "");
        let lenient = RefererConfiguration { allow_empty_referer: true, ..configuration.clone() };
        assert_eq!(refusal(&lenient, ""), "");
        // Without a whitelist nobody has to be on it, and it does not matter whether there is a referer.
        let black = RefererConfiguration { whitelist: Vec::new(), ..configuration };
        assert_eq!(refusal(&black, ""), "");
        assert_eq!(refusal(&black, "http://test.com"), "");
        assert_eq!(refusal(&black, "http://abc.aliyuncs.com/x"), "0003-00000502");
        assert_eq!(refusal(&RefererConfiguration::default(), "http://test.com"), "");
    }

    #[test]
    fn queries_and_paths_are_left_out_where_it_is_asked() {
        let check = |query: bool, path: bool, referer: &str, expected: &str| {
            let configuration = RefererConfiguration {
                allow_truncate_query_string: query,
                truncate_path: path,
                whitelist: list(&["*.example.com"]),
                ..RefererConfiguration::default()
            };
            assert_eq!(refusal(&configuration, referer), expected, "{query} {path} {referer}");
        };
        check(false, false, "http://evil.net/?from=www.example.com", "");
        check(true, false, "http://evil.net/?from=www.example.com", "0003-00000503");
        check(true, false, "http://evil.net/www.example.com", "");
        check(true, true, "http://evil.net/www.example.com", "0003-00000503");
        check(false, true, "http://evil.net?www.example.com", "0003-00000503");
        check(false, true, "http://www.example.com/page?a=b#c", "");
        // What browsers would not send so is compared as they would have sent it.
        let long = "x".repeat(REFERER_LIMIT);
        check(false, false, &format!("http://evil.net/{long}.example.com"), "0003-00000503");
        check(false, false, &format!("http://www.example.com/{long}"), "");
        check(false, false, &format!("http://{long}.example.com"), "0003-00000503");
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        assert!(!fits("a*".repeat(500).as_bytes(), "b".repeat(REFERER_LIMIT).as_bytes()));
        assert!(!fits(format!("{}b", "*a".repeat(500)).as_bytes(), "a".repeat(REFERER_LIMIT).as_bytes()));
    }

    /// Matches by trying everything.
    fn naive(pattern: &[u8], text: &[u8], open: bool) -> bool {
        match (pattern, text) {
            ([], _) => open || text.first().is_none_or(|next| is_end(*next)),
            ([b'/'], []) => true,
            ([b'*', rest @ ..], _) => {
                naive(rest, text, open)
                    || text.split_first().is_some_and(|(_, text)| naive(pattern, text, open))
            }
            ([b'?', pattern @ ..], [_, text @ ..]) => naive(pattern, text, open),
            ([wanted, pattern @ ..], [found, text @ ..]) => wanted == found && naive(pattern, text, open),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_matcher(pattern in "[ab/?*]{0,8}", text in "[ab/]{0,10}") {
            let open = pattern.ends_with(['*', '/']);
            let expected = naive(pattern.as_bytes(), text.as_bytes(), open);
            prop_assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), expected);
        }

        #[test]
        fn never_panics(pattern in any::<Vec<u8>>(), text in any::<Vec<u8>>()) {
            let _ = fits(&pattern, &text);
        }
    }
}
