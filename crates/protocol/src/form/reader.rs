//! The reader of a form: a state machine that takes bytes and gives fields, then the file.

use bytes::{Buf as _, Bytes};

use super::delimiter::{Delimiter, Found};
use super::part_head::{FileHead, PartHead};
use super::{
    Boundary, FIELD_COUNT_LIMIT, FIELDS_LIMIT, PREAMBLE_LIMIT, VALUE_LIMIT, fields_too_long, malformed,
    not_utf8, value_too_long,
};
use crate::{Error, ErrorCode};

/// The most blanks between a boundary and the end of its line.
const PADDING_LIMIT: usize = 256;

/// The length up to which the space of a value grows with it.
const SHORT: usize = 64 * 1024;

/// Reads a form as it arrives.
#[derive(Debug)]
pub struct FormReader {
    delimiter: Delimiter,
    place: Place,
    fields: usize,
    held: usize,
}

/// The next piece of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPiece {
    /// A field before the file.
    Field {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The file begins.
    File(FileHead),
    /// Bytes of the file.
    Data(Bytes),
    /// The file has ended. Nothing of what follows is read, as OSS does.
    End,
}

/// Where the reader is.
#[derive(Debug)]
enum Place {
    /// Before the first delimiter, after this many bytes.
    Preamble(usize),
    /// Behind a delimiter.
    Line(DelimiterLine),
    Head(PartHead),
    Value {
        name: String,
        value: Vec<u8>,
    },
    File,
    /// Behind the delimiter after the file.
    End,
}

/// The rest of a delimiter's line.
#[derive(Debug)]
enum DelimiterLine {
    Start,
    /// One hyphen; a second one closes the form.
    Hyphen,
    /// This many blanks.
    Padding(usize),
    CarriageReturn,
}

impl FormReader {
    /// Makes a reader for a form with this boundary.
    #[must_use]
    pub fn new(boundary: &Boundary) -> Self {
        Self { delimiter: Delimiter::new(boundary), place: Place::Preamble(0), fields: 0, held: 0 }
    }

    /// Takes the next piece off `input`; `None` when more of the body is needed, or nothing more will come.
    ///
    /// # Errors
    /// `MalformedPOSTRequest`, `FieldItemTooLong`, `MaxPOSTPreDataLengthExceededError`,
    /// `IncorrectNumberOfFilesInPOSTRequest` for a form that is closed before its file, and `InvalidArgument` for text
    /// that is not UTF-8. The reader is of no use after an error.
    pub fn next(&mut self, input: &mut Bytes) -> Result<Option<FormPiece>, Error> {
        while !input.is_empty() {
            let piece = match &mut self.place {
                Place::Preamble(_) => self.skip_preamble(input)?,
                Place::Line(_) => self.end_delimiter_line(input)?,
                Place::Head(_) => self.take_head(input)?,
                Place::Value { .. } => self.take_value(input)?,
                Place::File => self.take_file(input),
                Place::End => return Ok(None),
            };
            if piece.is_some() {
                return Ok(piece);
            }
        }
        Ok(None)
    }

    /// Says what is wrong with a body that ended where the reader is now; nothing if the file has ended.
    ///
    /// # Errors
    /// `MalformedPOSTRequest`.
    pub fn finish(&self) -> Result<(), Error> {
        match self.place {
            Place::End => Ok(()),
            _ => Err(malformed()),
        }
    }

    /// Returns the bytes of names and values so far: what the form makes its server hold.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    fn skip_preamble(&mut self, input: &mut Bytes) -> Result<Option<FormPiece>, Error> {
        let found = self.delimiter.next(input);
        match (&mut self.place, found) {
            (place, Some(Found::Delimiter)) => *place = Place::Line(DelimiterLine::Start),
            (Place::Preamble(length), Some(Found::Data(data))) => {
                *length += data.len();
                if *length > PREAMBLE_LIMIT {
                    return Err(malformed());
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn end_delimiter_line(&mut self, input: &mut Bytes) -> Result<Option<FormPiece>, Error> {
        let (Place::Line(line), Some(byte)) = (&self.place, input.first()) else { return Ok(None) };
        let next = match (line, byte) {
            (DelimiterLine::Start, b'-') => Place::Line(DelimiterLine::Hyphen),
            (DelimiterLine::Hyphen, b'-') => {
                return Err(
                    Error::new(ErrorCode::IncorrectNumberOfFilesInPOSTRequest).with_ec(super::EC_INCOMPLETE)
                );
            }
            (DelimiterLine::Start, b' ' | b'\t') => Place::Line(DelimiterLine::Padding(1)),
            (DelimiterLine::Padding(count), b' ' | b'\t') if *count < PADDING_LIMIT => {
                Place::Line(DelimiterLine::Padding(count + 1))
            }
            (DelimiterLine::Start | DelimiterLine::Padding(_), b'\r') => {
                Place::Line(DelimiterLine::CarriageReturn)
            }
            (DelimiterLine::CarriageReturn, b'\n') => Place::Head(PartHead::default()),
            _ => return Err(malformed()),
        };
        self.place = next;
        input.advance(1);
        Ok(None)
    }

    fn take_head(&mut self, input: &mut Bytes) -> Result<Option<FormPiece>, Error> {
        let Place::Head(head) = &mut self.place else { return Ok(None) };
        if !head.take(input)? {
            return Ok(None);
        }
        let (name, file) = std::mem::take(head).finish()?;
        if name.eq_ignore_ascii_case("file") {
            self.place = Place::File;
            return Ok(Some(FormPiece::File(file)));
        }
        self.fields += 1;
        if self.fields > FIELD_COUNT_LIMIT {
            return Err(fields_too_long());
        }
        self.held += name.len();
        self.place = Place::Value { name, value: Vec::new() };
        Ok(None)
    }

    fn take_value(&mut self, input: &mut Bytes) -> Result<Option<FormPiece>, Error> {
        let found = self.delimiter.next(input);
        let Place::Value { name, value } = &mut self.place else { return Ok(None) };
        match found {
            None => Ok(None),
            Some(Found::Data(data)) => {
                if value.len() + data.len() > VALUE_LIMIT {
                    return Err(value_too_long(name));
                }
                self.held += data.len();
                if self.held > FIELDS_LIMIT {
                    return Err(fields_too_long());
                }
                // A long value gets all the space it may need at once. Untouched, it costs nothing; growing by and by, a
                // value would leave several copies of itself behind.
                if value.len() + data.len() > SHORT && value.capacity() < VALUE_LIMIT {
                    value.reserve_exact(VALUE_LIMIT - value.len());
                }
                value.extend_from_slice(&data);
                Ok(None)
            }
            Some(Found::Delimiter) => {
                let (name, mut value) = (std::mem::take(name), std::mem::take(value));
                value.shrink_to_fit();
                let value = String::from_utf8(value).map_err(|_| not_utf8())?;
                self.place = Place::Line(DelimiterLine::Start);
                Ok(Some(FormPiece::Field { name, value }))
            }
        }
    }

    fn take_file(&mut self, input: &mut Bytes) -> Option<FormPiece> {
        match self.delimiter.next(input)? {
            Found::Data(data) => Some(FormPiece::Data(data)),
            Found::Delimiter => {
                self.place = Place::End;
                Some(FormPiece::End)
            }
        }
    }
}
