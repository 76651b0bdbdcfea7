//! Text inside XML elements: escaping, and nothing else. Documents live in their own files.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Appends `text` to `out` so that it can stand inside an element or an attribute.
///
/// XML 1.0 has no spelling at all for most control characters; those become numeric references all the same, as
/// OSS writes them (aliyun-oss-java-sdk issue 333). A strict parser refuses the document, which tells its user to
/// ask for `encoding-type=url`; a replaced character would make two keys look alike, and a client that pages by
/// such a marker would never come to an end.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((clean, tail)) = split_at_suspect(rest) {
        out.push_str(clean);
        let mut characters = tail.chars();
        match characters.next() {
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('&') => out.push_str("&amp;"),
            Some('"') => out.push_str("&quot;"),
            Some('\'') => out.push_str("&apos;"),
            // A parser would turn a bare carriage return into a line feed.
            Some('\r') => out.push_str("&#13;"),
            // Writing to a String cannot fail.
            Some(other) if has_no_spelling(other) => drop(write!(out, "&#x{:X};", u32::from(other))),
            Some(other) => out.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Splits before the first character that may have to be escaped.
fn split_at_suspect(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.bytes().position(is_suspect)?)
}

/// Whether a character that has to be escaped may begin with the byte.
fn is_suspect(byte: u8) -> bool {
    match byte {
        b'\n' | b'\t' => false,
        0..0x20 | b'<' | b'>' | b'&' | b'"' | b'\'' => true,
        // Of U+FFFE and U+FFFF, and of others.
        0xEF => true,
        _ => false,
    }
}

/// Appends `<name>text</name>`, escaped.
pub(crate) fn push_element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    push_escaped(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Puts the replacement character in the place of each character that XML 1.0 has no spelling for. For documents that
/// every parser has to take and where nothing is looked up by the text.
pub(crate) fn spellable(text: &str) -> Cow<'_, str> {
    if text.contains(has_no_spelling) {
        Cow::Owned(text.replace(has_no_spelling, "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn has_no_spelling(c: char) -> bool {
    match c {
        '\r' | '\n' | '\t' => false,
        '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{push_element, push_escaped, spellable};

    #[test]
    fn escapes_what_xml_cannot_carry() {
        let check = |input: &str, expected: &str| {
            let mut out = String::new();
            push_escaped(&mut out, input);
            assert_eq!(out, expected, "{input:?}");
        };
        check("plain 键", "plain 键");
        check("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&apos;");
        check("line\nfeed\ttab", "line\nfeed\ttab");
        check("carriage\rreturn", "carriage&#13;return");
        check("nul\0one\u{1}end\u{1f}", "nul&#x0;one&#x1;end&#x1F;");
        check("\u{fffe}\u{ffff}\u{fffd}\u{85}", "&#xFFFE;&#xFFFF;\u{fffd}\u{85}");
        check("ｆｕｌｌ\u{ffff}<\u{feff}>", "ｆｕｌｌ&#xFFFF;&lt;\u{feff}&gt;");
    }

    #[test]
    fn replaces_what_has_no_spelling() {
        assert_eq!(
            spellable("a\0\u{1}\t\r\n<&\u{1f}\u{ffff}键"),
            "a\u{fffd}\u{fffd}\t\r\n<&\u{fffd}\u{fffd}键"
        );
        assert!(matches!(spellable("plain\r"), std::borrow::Cow::Borrowed("plain\r")));
    }

    #[test]
    fn writes_an_element() {
        let mut out = String::new();
        push_element(&mut out, "Key", "a&b");
        assert_eq!(out, "<Key>a&amp;b</Key>");
    }
}
