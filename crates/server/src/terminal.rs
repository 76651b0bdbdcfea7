//! Text that came from strangers, such as the names of objects, as it may be shown on a terminal: without characters that
//! move its cursor, change its colours or turn the direction of writing.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes control characters as `\u001b`, which in a JSON document means the same. Line feeds and tabs stay.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control() && c != '\n' && c != '\t' || turns(c))
}

/// Writes control characters likewise in a text that is to stay within its line.
pub(crate) fn in_a_line(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control() || turns(c))
}

/// Writes to standard output at once, however it is buffered. What callbacks bring with them comes from strangers.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(plain(text).as_bytes())?;
    out.flush()
}

/// Returns whether a character makes what follows it be written in another direction.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_on_a_terminal_is_written_out() {
        for (text, shown, in_line) in [
            ("a/b 中 🚀", "a/b 中 🚀", "a/b 中 🚀"),
            ("a\nb\tc", "a\nb\tc", "a\\u000ab\\u0009c"),
            ("\u{1b}[2J", "\\u001b[2J", "\\u001b[2J"),
            ("a\rb\u{7}", "a\\u000db\\u0007", "a\\u000db\\u0007"),
            ("\u{9b}31m\u{7f}", "\\u009b31m\\u007f", "\\u009b31m\\u007f"),
            ("gpj.\u{202e}exe", "gpj.\\u202eexe", "gpj.\\u202eexe"),
        ] {
            assert_eq!((&*plain(text), &*in_a_line(text)), (shown, in_line), "{text:?}");
        }
        let json = serde_json::json!({ "key": "\u{9b}\u{1b}\n" });
        let read: serde_json::Value = serde_json::from_str(&plain(&json.to_string())).unwrap();
        assert_eq!(read, json);
    }
}
