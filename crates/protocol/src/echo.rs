//! Repeating what a stranger sent, in errors, answers and logs: never without a bound.

use std::borrow::Cow;

/// What stands in the place of what was cut off.
const CUT: &str = "...";

/// The text, or its beginning and `...` if it is longer than `most` bytes; the result never is.
#[must_use]
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let room = most.saturating_sub(CUT.len());
    let kept = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
    Cow::Owned([kept, CUT.get(..most).unwrap_or(CUT)].concat())
}

/// The same for a text that is already there.
pub(crate) fn shorten(text: String, most: usize) -> String {
    match shortened(&text, most) {
        Cow::Borrowed(_) => text,
        Cow::Owned(short) => short,
    }
}

#[cfg(test)]
mod tests {
    use super::{shorten, shortened};

    #[test]
    fn cuts_between_characters() {
        let check = |text: &str, most: usize, expected: &str| {
            assert_eq!(shortened(text, most), expected, "{text} {most}");
            assert_eq!(shorten(text.to_owned(), most), expected, "{text} {most}");
        };
        check("", 0, "");
        check("abcdef", 6, "abcdef");
        check("abcdefg", 6, "abc...");
        check("键键键", 9, "键键键");
        check("键键键", 8, "键...");
        check("键键键", 5, "...");
        check("abcdef", 2, "..");
        check("abcdef", 0, "");
    }
}
