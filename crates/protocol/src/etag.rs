//! Entity tags: how OSS makes them, how it writes them and how it reads the many spellings clients send back.

use std::fmt;

/// The tag of an object's content, without quotes.
///
/// An object written in one piece has the MD5 of its content as upper-case hexadecimal; an object assembled
/// from parts has 32 hexadecimal digits, a hyphen and the number of parts.
#[derive(Clone, Debug)]
pub struct ETag(String);

impl ETag {
    /// Returns the tag of content written in one piece, and of a part.
    #[must_use]
    pub fn of_content(md5: [u8; 16]) -> Self {
        Self(upper_hex(&md5))
    }

    /// Reads a tag as clients send it: quoted, bare, with the quotes still escaped as `&quot;`, or weak
    /// (`W/`).
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let strong = text.strip_prefix("W/").unwrap_or(text);
        let unescaped = strong.strip_prefix("&quot;").unwrap_or(strong);
        let unescaped = unescaped.strip_suffix("&quot;").unwrap_or(unescaped);
        Self(unescaped.trim_matches('"').trim().to_owned())
    }

    /// Returns the tag without quotes, as documents and callbacks carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tag in double quotes, as the `ETag` header and `ETag` elements carry it.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tags are hexadecimal numbers, and some clients write those in lower case.
impl PartialEq for ETag {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ETag {}

fn upper_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}

#[cfg(test)]
mod tests {
    use super::ETag;

    const HELLO: [u8; 16] =
        [0x5D, 0x41, 0x40, 0x2A, 0xBC, 0x4B, 0x2A, 0x76, 0xB9, 0x71, 0x9D, 0x91, 0x10, 0x17, 0xC5, 0x92];

    #[test]
    fn of_content_is_the_md5_in_upper_case() {
        // The Python SDK's tests compare with this very tag of "hello".
        assert_eq!(ETag::of_content(HELLO).as_str(), "5D41402ABC4B2A76B9719D911017C592");
        assert_eq!(ETag::of_content(HELLO).quoted(), "\"5D41402ABC4B2A76B9719D911017C592\"");
    }

    #[test]
    fn reads_every_spelling() {
        let check = |text: &str, expected: &str| assert_eq!(ETag::read(text).as_str(), expected, "{text:?}");
        check("\"ABC\"", "ABC");
        check("ABC", "ABC");
        check(" \"ABC\" ", "ABC");
        check("&quot;ABC&quot;", "ABC");
        check("W/\"ABC\"", "ABC");
        check("\"ABC-3\"", "ABC-3");
        check("", "");
        check("\"", "");
        assert_eq!(ETag::read("\"abc\""), ETag::read("ABC"));
        assert_ne!(ETag::read("ABC"), ETag::read("ABD"));
    }
}
