//! Repeating what a stranger sent, in errors, answers and logs: never without a bound.

use std::borrow::Cow;

/// What stands in the place of what was cut off.
const CUT: &str = "...";

/// Cuts a text that is longer than `most` bytes, and ends it with `...`; the result is never longer.
#[must_use]
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let room = most.saturating_sub(CUT.len());
    let kept = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
    Cow::Owned([kept, CUT.get(..most).unwrap_or(CUT)].concat())
}

/// Does the same with a text that is already there.
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
