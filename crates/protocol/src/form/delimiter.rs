//! The search for the delimiter between parts in bytes that arrive in pieces of any size.

use bytes::{Buf as _, Bytes};
use memchr::memmem::Finder;

use super::Boundary;

const LINE_END: &[u8] = b"\r\n";

/// The delimiter, and how much of it the bytes so far end with.
///
/// A boundary has no control characters, so that a carriage return stands at the delimiter's beginning and nowhere else in
/// it. Hence bytes that turn out to be no delimiter cannot hide the beginning of one, and what is held back at the end of a
/// piece is always the delimiter's own beginning: nothing has to be kept but how long it is.
#[derive(Debug)]
pub(super) struct Delimiter {
    bytes: Bytes,
    finder: Finder<'static>,
    matched: usize,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Found {
    /// Bytes before the delimiter.
    Data(Bytes),
    /// The whole delimiter, which is left behind.
    Delimiter,
}

impl Delimiter {
    /// Begins a search at the start of a line, where the delimiter needs no line end before it.
    pub(super) fn new(boundary: &Boundary) -> Self {
        let bytes = [LINE_END, b"--", boundary.as_bytes()].concat();
        let finder = Finder::new(&bytes).into_owned();
        Self { bytes: bytes.into(), finder, matched: LINE_END.len() }
    }

    /// Takes the next stretch off `input`; `None` when it is used up.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Option<Found> {
        if input.is_empty() {
            return None;
        }
        if self.matched > 0 { self.go_on(input) } else { self.search(input) }
    }

    /// Goes on with a match that an earlier piece began.
    fn go_on(&mut self, input: &mut Bytes) -> Option<Found> {
        let wanted = self.bytes.get(self.matched..).unwrap_or_default();
        let equal = wanted.iter().zip(input.iter()).take_while(|(wanted, given)| wanted == given).count();
        let (is_whole, is_used_up) = (equal == wanted.len(), equal == input.len());
        input.advance(equal);
        self.matched += equal;
        if !is_whole && is_used_up {
            return None;
        }
        let matched = std::mem::take(&mut self.matched);
        Some(if is_whole { Found::Delimiter } else { Found::Data(self.bytes.slice(..matched)) })
    }

    fn search(&mut self, input: &mut Bytes) -> Option<Found> {
        match self.finder.find(input) {
            Some(0) => {
                input.advance(self.bytes.len());
                return Some(Found::Delimiter);
            }
            Some(place) => return Some(Found::Data(input.split_to(place))),
            None => {}
        }
        let data = input.split_to(input.len() - self.beginning_at_end(input));
        self.matched = input.len();
        input.clear();
        (!data.is_empty()).then_some(Found::Data(data))
    }

    /// Returns how many bytes at the end of `input` may be the beginning of a delimiter.
    fn beginning_at_end(&self, input: &[u8]) -> usize {
        let from = input.len().saturating_sub(self.bytes.len() - 1);
        let end = input.get(from..).unwrap_or_default();
        let tail = memchr::memrchr(b'\r', end).and_then(|place| end.get(place..)).unwrap_or_default();
        if self.bytes.starts_with(tail) { tail.len() } else { 0 }
    }
}
