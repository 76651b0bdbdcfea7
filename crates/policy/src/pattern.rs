//! Patterns with the wildcards `*`, any number of characters, and `?`, one character.

/// A pattern, compiled when its policy is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `*`
    Any,
    /// Without a wildcard.
    Exact(Box<str>),
    /// With `*` at its end alone.
    Prefix(Box<str>),
    /// With wildcards elsewhere. So many bytes before the first one are literal.
    Wild { pattern: Box<str>, literal: usize },
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        let beginning = pattern.trim_end_matches('*');
        match (beginning.contains(['*', '?']), beginning.len() == pattern.len()) {
            (true, _) => {
                Self::Wild { pattern: pattern.into(), literal: pattern.find(['*', '?']).unwrap_or_default() }
            }
            (false, true) => Self::Exact(pattern.into()),
            (false, false) if beginning.is_empty() => Self::Any,
            (false, false) => Self::Prefix(beginning.into()),
        }
    }

    /// Returns whether it fits the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(beginning) => text.starts_with(&**beginning),
            Self::Wild { pattern, literal } => {
                let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
                text.get(..*literal) == pattern.get(..*literal)
                    && fits(
                        pattern.get(*literal..).unwrap_or_default(),
                        text.get(*literal..).unwrap_or_default(),
                    )
            }
        }
    }

    /// Returns whether it has `*` in it.
    pub(crate) fn has_star(&self) -> bool {
        match self {
            Self::Any | Self::Prefix(_) => true,
            Self::Exact(_) => false,
            Self::Wild { pattern, .. } => pattern.contains('*'),
        }
    }
}

/// Matches without recursion. Of the stars in the pattern only the last one that was met is ever widened, which is enough,
/// and bounds the work by the product of both lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += character(text, t);
            }
            Some(&wanted) if wanted == byte => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, taken)) => {
                    let taken = taken + character(text, taken);
                    star = Some((after, taken));
                    (p, t) = (after, taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// Returns how many bytes the character has that begins at `at`.
fn character(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    1 + rest.iter().take_while(|byte| **byte & 0xC0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Matches by trying everything.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, text) || text.split_first().is_some_and(|(_, text)| naive(pattern, text))
            }
            (['?', pattern @ ..], [_, text @ ..]) => naive(pattern, text),
            ([wanted, pattern @ ..], [found, text @ ..]) => wanted == found && naive(pattern, text),
            _ => false,
        }
    }

    #[test]
    fn wildcards() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        };
        check("*", "", true);
        check("*", "anything", true);
        check("", "", true);
        check("", "a", false);
        check("photos/*", "photos/", true);
        check("photos/*", "photos", false);
        check("photos/*.jpg", "photos/a/b.jpg", true);
        check("photos/*.jpg", "photos/a/b.png", false);
        check("a?c", "abc", true);
        check("a?c", "a\u{e9}c", true);
        check("a?c", "ac", false);
        check("?", "\u{1f600}", true);
        check("??", "\u{1f600}", false);
        check("*?", "\u{e9}", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("A", "a", false);
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = Pattern::new(&"a*".repeat(500));
        assert!(!pattern.matches(&format!("{}b", "b".repeat(2000))));
        assert!(!Pattern::new(&format!("{}b", "*a".repeat(500))).matches(&"a".repeat(4000)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_matcher(pattern in "[ab\u{e9}?*]{0,8}", text in "[ab\u{e9}]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), naive(&chars(&pattern), &chars(&text)));
        }
    }
}
