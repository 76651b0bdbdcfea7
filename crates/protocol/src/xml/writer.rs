//! Writing documents: one growing string, elements without attributes, no whitespace between them.
//!
//! No element carries a namespace. The manual shows one on some documents, but the Python SDK looks elements
//! up by their bare names and would find nothing.

use super::KeyEncoding;
use crate::xml_text::{push_element, push_escaped};
use crate::{Timestamp, percent_encode};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Writes the document with the root element `root`, filled by `fill`; `capacity` is a guess at its length.
pub(crate) fn document(root: &'static str, capacity: usize, fill: impl FnOnce(&mut Content)) -> String {
    let mut content = Content { out: String::with_capacity(capacity) };
    content.out.push_str(DECLARATION);
    content.nested(root, fill);
    content.out
}

/// Writes the document whose root element holds nothing but text.
pub(crate) fn text_document(root: &'static str, text: &str) -> String {
    let mut out = String::from(DECLARATION);
    push_element(&mut out, root, text);
    out
}

/// Appends a number. Listings have thousands, for which the formatter is slow.
fn push_number(out: &mut String, number: u64) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), number);
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        (at, rest) = (place, rest / 10);
        if rest == 0 {
            break;
        }
    }
    let text = digits.get(at..).and_then(|digits| std::str::from_utf8(digits).ok());
    out.push_str(text.unwrap_or_default());
}

/// What stands inside an element.
pub(crate) struct Content {
    out: String,
}

impl Content {
    /// Writes an element that holds elements.
    pub(crate) fn nested(&mut self, name: &'static str, fill: impl FnOnce(&mut Self)) {
        self.open(name);
        fill(self);
        self.close(name);
    }

    /// Writes an element that holds text.
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        push_element(&mut self.out, name, text);
    }

    /// Writes an element that is left out if there is no text for it.
    pub(crate) fn optional(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Writes an object key, prefix, marker or delimiter, in the encoding the client asked for.
    pub(crate) fn key(&mut self, name: &'static str, key: &str, encoding: KeyEncoding) {
        match encoding {
            KeyEncoding::Plain => self.text(name, key),
            KeyEncoding::Url => self.text(name, &percent_encode(key)),
        }
    }

    /// Writes a key that is left out if there is none.
    pub(crate) fn optional_key(&mut self, name: &'static str, key: Option<&str>, encoding: KeyEncoding) {
        if let Some(key) = key {
            self.key(name, key, encoding);
        }
    }

    /// Tells the client how keys are encoded, if they are.
    pub(crate) fn encoding_type(&mut self, encoding: KeyEncoding) {
        if encoding == KeyEncoding::Url {
            self.text("EncodingType", "url");
        }
    }

    /// Writes a number.
    pub(crate) fn number(&mut self, name: &'static str, number: u64) {
        self.open(name);
        push_number(&mut self.out, number);
        self.close(name);
    }

    /// Writes `true` or `false`.
    pub(crate) fn flag(&mut self, name: &'static str, flag: bool) {
        self.text(name, if flag { "true" } else { "false" });
    }

    /// Writes a point in time, such as `2015-10-21T07:28:00.000Z`.
    pub(crate) fn time(&mut self, name: &'static str, time: Timestamp) {
        self.open(name);
        time.push_iso8601_millis(&mut self.out);
        self.close(name);
    }

    /// Writes an entity tag, which OSS quotes; `etag` comes without quotes.
    pub(crate) fn etag(&mut self, etag: &str) {
        self.out.push_str("<ETag>\"");
        push_escaped(&mut self.out, etag);
        self.out.push_str("\"</ETag>");
    }

    /// Writes an owner, whose name is the same as the id.
    pub(crate) fn owner(&mut self, id: &str) {
        self.nested("Owner", |c| {
            c.text("ID", id);
            c.text("DisplayName", id);
        });
    }

    fn open(&mut self, name: &'static str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &'static str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::push_number;

    #[test]
    fn writes_numbers() {
        for number in [0, 7, 10, 99, 1_234_567_890, u64::MAX] {
            let mut out = String::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }
}
