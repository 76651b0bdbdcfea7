//! PEM as people have it: lines of any length, spaces around them, text before and after.

/// Returns the first PEM document in the text, with lines of 64 characters, as the strict reader of keys wants it (RFC
/// 7468, section 2, lets readers take others too). None if there is no document.
pub(crate) fn rewrapped(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (base64, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut width = 0;
    for letter in base64.chars().filter(|letter| !letter.is_whitespace()) {
        if width == 64 {
            out.push('\n');
            width = 0;
        }
        out.push(letter);
        width += 1;
    }
    out.push_str(&format!("\n-----END {label}-----\n"));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_length_become_lines_of_64() {
        let base64 = "A".repeat(150);
        let strict = format!(
            "-----BEGIN PUBLIC KEY-----\n{0}\n{0}\n{1}\n-----END PUBLIC KEY-----\n",
            "A".repeat(64),
            "A".repeat(22)
        );
        for text in [
            strict.clone(),
            strict.replace('\n', "\r\n"),
            format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----"),
            format!(
                "a key:\n  -----BEGIN PUBLIC KEY-----\n  {}\n {}-----END PUBLIC KEY-----\nend",
                "A".repeat(76),
                "A".repeat(74)
            ),
        ] {
            assert_eq!(rewrapped(&text).as_deref(), Some(strict.as_str()), "{text}");
        }
        for text in ["", "-----BEGIN X-----\nAAAA\n", "-----BEGIN X-----\nAAAA\n-----END Y-----"] {
            assert_eq!(rewrapped(text), None, "{text}");
        }
    }
}
