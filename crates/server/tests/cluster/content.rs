//! The content of objects: pieces that nobody else writes, each of which tells its name and length, so that any bytes that are
//! read say which writes they are made of.

/// What is longer is no part of an object's row but content of its own.
const INLINE_LIMIT: usize = 64 * 1024;

/// Makes up a piece's text, which stands for it in histories: `<name:bytes>`.
pub(crate) fn small(name: &str, chance: usize) -> String {
    format!("<{name}:{}>", 40 + chance % 300)
}

/// Does the same for a piece that may also be the first part of an upload.
pub(crate) fn large(name: &str, chance: usize) -> String {
    format!("<{name}:{}>", 100 * 1024 + chance % 100_000)
}

/// Writes out the bytes of a piece.
pub(crate) fn bytes(piece: &str) -> Vec<u8> {
    piece.bytes().cycle().take(length(piece)).collect()
}

/// Tells how many bytes these pieces have together.
pub(crate) fn length(pieces: &str) -> usize {
    let piece = |text: &str| text.rsplit_once(':').unwrap().1.parse::<usize>().unwrap();
    pieces.split_terminator('>').map(piece).sum()
}

/// Reads which pieces these bytes are, whole and one after the other.
pub(crate) fn pieces(bytes: &[u8]) -> Result<String, String> {
    let (mut pieces, mut rest) = (String::new(), bytes);
    while !rest.is_empty() {
        let damage = || format!("bytes that nobody wrote at {} of {}", bytes.len() - rest.len(), bytes.len());
        let end = rest.iter().take(100).position(|byte| *byte == b'>').ok_or_else(damage)?;
        let text = std::str::from_utf8(&rest[..=end]).map_err(|_| damage())?;
        let length = text.trim_end_matches('>').rsplit_once(':').and_then(|(_, length)| length.parse().ok());
        let length: usize = length.ok_or_else(damage)?;
        if rest.len() < length || !rest[..length].iter().copied().eq(text.bytes().cycle().take(length)) {
            return Err(damage());
        }
        pieces.push_str(text);
        rest = &rest[length..];
    }
    Ok(pieces)
}

#[test]
fn contents_tell_what_they_are_made_of() {
    let (small, large) = (small("a", 13), large("b", 1999));
    assert!(length(&small) < INLINE_LIMIT && length(&large) > INLINE_LIMIT);
    let whole = [bytes(&small), bytes(&large)].concat();
    assert_eq!(pieces(&whole).unwrap(), format!("{small}{large}"));
    assert_eq!(length(&format!("{small}{large}")), whole.len());
    assert!(pieces(&whole[..whole.len() - 1]).is_err());
    assert!(pieces(&whole[1..]).is_err());
    assert_eq!(pieces(b"").unwrap(), "");
}
