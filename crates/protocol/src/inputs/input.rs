//! An input: a header, a query parameter, a form field or an XML element that OSS has, and what becomes of it.

use http::{HeaderMap, HeaderValue};

use crate::{Error, ErrorCode};

/// What is not built.
pub(crate) const NOT_IMPLEMENTED: Fate = Fate::Refused { code: ErrorCode::NotImplemented, unless: &[] };

/// Where an input stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A header of the request.
    Header,
    /// A parameter of the query.
    Query,
    /// A field of a form.
    Field,
    /// An element of an XML body, with those that it stands in: `Delete/Object/Key`.
    Element,
}

/// What becomes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// What it asks for is done, and a value that makes no sense is refused.
    Honoured,
    /// The request is refused and changes nothing.
    Refused {
        /// With this code.
        code: ErrorCode,
        /// But for these values, which ask for what is done anyway.
        unless: &'static [&'static str],
    },
    /// It has no effect beside this header with the same value; on its own it is refused as not implemented.
    Repeats(&'static str),
    /// It has no effect, for this reason.
    Ignored(&'static str),
}

/// One row of the table: an input of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it stands.
    pub place: Place,
    /// Its name, as OSS's manual writes it; `*` at its end stands for any text.
    pub name: &'static str,
    /// What becomes of it.
    pub fate: Fate,
}

impl Input {
    pub(crate) const fn header(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Header, name, fate }
    }

    pub(crate) const fn query(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Query, name, fate }
    }

    pub(crate) const fn field(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Field, name, fate }
    }

    pub(crate) const fn element(name: &'static str, fate: Fate) -> Self {
        Self { place: Place::Element, name, fate }
    }

    /// Returns whether this row is about the name. Headers and fields are written in any case, parameters and
    /// elements are not.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let any_case = matches!(self.place, Place::Header | Place::Field);
        let equal =
            |text: &str, row: &str| if any_case { text.eq_ignore_ascii_case(row) } else { text == row };
        match self.name.strip_suffix('*') {
            None => equal(name, self.name),
            Some(prefix) => name.get(..prefix.len()).is_some_and(|start| equal(start, prefix)),
        }
    }

    /// Refuses the value if this row does. An empty value asks for nothing.
    pub(super) fn judge(&self, value: &[u8]) -> Result<(), Error> {
        match self.fate {
            Fate::Refused { code, unless }
                if !value.is_empty()
                    && !unless.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(value)) =>
            {
                Err(self.refusal(code))
            }
            Fate::Repeats(_) if !value.is_empty() => Err(self.refusal(ErrorCode::NotImplemented)),
            _ => Ok(()),
        }
    }

    /// Returns whether the header that this row repeats has the same value.
    pub(super) fn is_repeated(&self, headers: &HeaderMap, value: &HeaderValue) -> bool {
        matches!(self.fate, Fate::Repeats(other) if headers.get(other) == Some(value))
    }

    pub(super) fn can_refuse(&self) -> bool {
        matches!(self.fate, Fate::Refused { .. } | Fate::Repeats(_))
    }

    fn refusal(&self, code: ErrorCode) -> Error {
        let (kind, what) = match self.place {
            Place::Header => ("Header", "header"),
            Place::Query => ("Parameter", "parameter"),
            Place::Field => ("Field", "form field"),
            Place::Element => ("Element", "element"),
        };
        if code == ErrorCode::NotImplemented {
            let message = format!("A {what} you provided implies functionality that is not implemented.");
            let error = Error::new(code).with_message(message).with_detail(kind, self.name);
            return if self.place == Place::Header { error.with_ec("0017-00000245") } else { error };
        }
        let message = format!("The {what} {} is not allowed here.", self.name);
        Error::new(code).with_message(message).with_detail("ArgumentName", self.name)
    }
}
