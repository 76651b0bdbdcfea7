//! Reading request documents into a small tree of elements, with bounds on everything a client controls.
//!
//! The reader is laxer than XML 1.0 in one respect: control characters in text are kept, raw or as
//! references, because SDKs send object keys that hold them. It is stricter in others: a document type or any
//! entity but the five predefined ones is refused, and nesting is bounded.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::{Error, ErrorCode};

/// Deeper than any document of the protocol.
const MAX_DEPTH: usize = 8;

/// More than the longest list of parts has; a bound for the memory that a body full of tiny elements takes.
const MAX_ELEMENTS: usize = 100_000;

/// An element with its text and its children; attributes and namespaces do not matter to OSS.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document of at most `max_bytes` whose root element is `root`.
    pub(crate) fn parse(body: &[u8], root: &str, max_bytes: usize) -> Result<Self, Error> {
        if body.len() > max_bytes {
            return Err(malformed("The document is too long."));
        }
        let text = std::str::from_utf8(body).map_err(|_| malformed("The document is not UTF-8."))?;
        let element = read(text)?;
        if element.name == root {
            Ok(element)
        } else {
            Err(malformed(format!("The root element must be {root}.")))
        }
    }

    /// Returns the text between the tags, as it is.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the children called `name`, in order.
    pub(crate) fn children(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the text of the only child called `name`, if there is one.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<&str>, Error> {
        Ok(self.child(name)?.map(Element::text))
    }

    /// Returns the text of the only child called `name`.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.optional(name)?.ok_or_else(|| malformed(format!("{} has no {name}.", self.name)))
    }

    /// Returns the only child called `name`, if there is one.
    pub(crate) fn child(&self, name: &'static str) -> Result<Option<&Self>, Error> {
        let mut found = self.children(name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(malformed(format!("{} has more than one {name}.", self.name))),
            (first, None) => Ok(first),
        }
    }

    /// Returns the only child called `name`.
    pub(crate) fn only(&self, name: &'static str) -> Result<&Self, Error> {
        self.child(name)?.ok_or_else(|| malformed(format!("{} has no {name}.", self.name)))
    }

    /// Returns the boolean in the only child called `name`; `false` without one.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, Error> {
        match self.optional(name)?.map(str::trim) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(malformed(format!("{name} must be true or false."))),
        }
    }
}

/// Makes `MalformedXML` with a detail that says what is wrong.
pub(crate) fn malformed(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::MalformedXML).with_detail("ErrorDetail", detail)
}

fn read(text: &str) -> Result<Element, Error> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event().map_err(|error| malformed(error.to_string()))?;
        match event {
            Event::Start(start) => tree.open(start.local_name().into_inner())?,
            Event::End(_) => tree.close(),
            Event::Text(run) => tree.text(&run)?,
            Event::CData(run) => tree.text(&run)?,
            Event::GeneralRef(reference) => tree.character(resolve(&reference)?)?,
            Event::DocType(_) => return Err(malformed("A document type is not allowed.")),
            Event::Eof => return tree.finish(),
            // Comments, declarations and processing instructions say nothing; empty elements never come,
            // expanded as they are.
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => {}
        }
    }
}

/// Elements that are open, from the root down, and the root once it is closed.
#[derive(Default)]
struct Tree {
    elements: usize,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, name: &str) -> Result<(), Error> {
        if self.root.is_some() {
            return Err(malformed("There is more than one root element."));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(malformed("Elements are nested too deeply."));
        }
        if self.elements == MAX_ELEMENTS {
            return Err(malformed("There are too many elements."));
        }
        self.elements += 1;
        self.open.push(Element { name: name.to_owned(), ..Element::default() });
        Ok(())
    }

    /// Closes the element that is open; the reader has checked that end tags match.
    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, run: &str) -> Result<(), Error> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(run),
            None if run.trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(malformed("There is text outside the root element.")),
        }
        Ok(())
    }

    fn character(&mut self, character: char) -> Result<(), Error> {
        let mut buffer = [0; 4];
        self.text(character.encode_utf8(&mut buffer))
    }

    fn finish(self) -> Result<Element, Error> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(malformed("The document ends too early.")),
        }
    }
}

/// Returns the character that the text between `&` and `;` stands for.
fn resolve(reference: &str) -> Result<char, Error> {
    match reference {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => {}
    }
    let number = match reference.strip_prefix("#x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => reference.strip_prefix('#').unwrap_or("none").parse(),
    };
    number
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| malformed("An entity is not one of the predefined ones."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::Element;
    use crate::ErrorCode;

    fn text_of(document: &str) -> String {
        Element::parse(document.as_bytes(), "a", 4096).expect("a document").text().to_owned()
    }

    #[test]
    fn keeps_text_as_it_is() {
        let check = |document: &str, expected: &str| assert_eq!(text_of(document), expected, "{document:?}");
        check("<a>x</a>", "x");
        check("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>x</a>\n", "x");
        check(
            "<?xml version='1.0' encoding='utf-8'?><!-- c --><a xmlns=\"http://doc\">x<!-- c -->y</a>",
            "xy",
        );
        check("<n:a xmlns:n=\"u\">x</n:a>", "x");
        check("<a/>", "");
        check("<a> x\r\ny </a>", " x\r\ny ");
        check("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>", "<>&\"'AB");
        check("<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;");
        // Object keys hold these, whatever XML says.
        check("<a>\u{1}\u{1F}</a>", "\u{1}\u{1F}");
        check("<a>&#x01;&#31;</a>", "\u{1}\u{1F}");
        check("<a>键</a>", "键");
    }

    #[test]
    fn refuses_what_is_no_document() {
        let check = |document: &[u8]| {
            let error = Element::parse(document, "a", 4096).expect_err(&String::from_utf8_lossy(document));
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        };
        check(b"");
        check(b"plain");
        check(b"{}");
        check(b"<a>");
        check(b"<a><b></a></b>");
        check(b"<a></a><a></a>");
        check(b"<a></a>tail");
        check(b"head<a></a>");
        check(b"<b></b>");
        check(b"</a>");
        check(b"<a");
        check(b"<a>&nbsp;</a>");
        check(b"<a>&#xD800;</a>");
        check(b"<a>&#-1;</a>");
        check(b"<a>a & b</a>");
        check(b"<a>\xFF</a>");
        check(b"\xFE\xFF\0<\0a\0/\0>");
        check(b"<!DOCTYPE a><a></a>");
        check(b"<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>");
        check(b"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a></a>");
        check("<a>".repeat(1000).as_bytes());
        check(format!("{}{}", "<a>".repeat(9), "</a>".repeat(9)).as_bytes());
        check(format!("<a>{}</a>", "x".repeat(5000)).as_bytes());
    }

    #[test]
    fn bounds_the_number_of_elements() {
        let check = |count: usize, valid: bool| {
            let document = format!("<a>{}</a>", "<b/>".repeat(count));
            assert_eq!(Element::parse(document.as_bytes(), "a", 1 << 20).is_ok(), valid, "{count}");
        };
        check(99_999, true);
        check(100_000, false);
    }

    #[test]
    fn finds_children() {
        let document = b"<a><b>1</b><c>true</c><b>2</b><d> FALSE </d><e>perhaps</e></a>";
        let root = Element::parse(document, "a", 4096).expect("a document");
        assert_eq!(root.children("b").map(Element::text).collect::<Vec<_>>(), ["1", "2"]);
        assert!(root.optional("b").is_err());
        assert!(root.required("x").is_err());
        assert_eq!(root.optional("x").expect("none"), None);
        assert_eq!(root.required("c").expect("one"), "true");
        assert!(root.flag("c").expect("a flag"));
        assert!(!root.flag("d").expect("a flag"));
        assert!(!root.flag("x").expect("a flag"));
        assert!(root.flag("e").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in any::<Vec<u8>>(), markup in "[<>/a&;#x!\\[\\]CDAT\"'=?-]{0,40}") {
            let _ = Element::parse(&bytes, "a", 4096);
            let _ = Element::parse(markup.as_bytes(), "a", 4096);
            let _ = Element::parse(format!("<a>{markup}</a>").as_bytes(), "a", 4096);
        }
    }
}
