//! Reading and writing the fields of stored records. Numbers are little-endian; texts and byte strings carry their
//! length before them.

use bytes::{Buf, Bytes};

use crate::Error;

/// Returns how many bytes a block of this length takes with its length.
pub(crate) fn block_size(length: usize) -> usize {
    let prefix = if length < usize::from(u8::MAX) { 1 } else { 5 };
    prefix + length
}

/// Appends fields to a record.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity) }
    }

    /// Goes on after what the buffer holds.
    pub(crate) fn appending(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn raw(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }

    /// Writes a length as one byte below 255, or 255 and four bytes, and then the bytes.
    pub(crate) fn block(&mut self, value: &[u8]) {
        self.length(value.len());
        self.bytes.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.block(value.as_bytes());
    }

    pub(crate) fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if short < u8::MAX => self.bytes.push(short),
            _ => {
                self.bytes.push(u8::MAX);
                self.u32(u32::try_from(length).unwrap_or(u32::MAX));
            }
        }
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn finish(self) -> Bytes {
        Bytes::from(self.bytes)
    }
}

/// Takes fields off a record. Every method fails on a record that is too short.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Decoder<'a> {
    /// `what` names the record in errors.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(crate) fn fail(&self) -> Error {
        Error::corrupt(format!("a record of the index: {}", self.what))
    }

    /// Returns the refusal of a record that has something of a later version.
    pub(crate) fn later(&self, what: std::fmt::Arguments<'_>) -> Error {
        Error::LaterVersion { what: format!("a record of the index: {} with {what}", self.what) }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.rest.try_get_u8().map_err(|_| self.fail())
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.rest.try_get_u32_le().map_err(|_| self.fail())
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.rest.try_get_u64_le().map_err(|_| self.fail())
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Error> {
        self.rest.try_get_i64_le().map_err(|_| self.fail())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.fail())?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.fail())?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn length(&mut self) -> Result<usize, Error> {
        let length = match self.u8()? {
            u8::MAX => self.u32()?,
            short => u32::from(short),
        };
        usize::try_from(length).map_err(|_| self.fail())
    }

    pub(crate) fn block(&mut self) -> Result<&'a [u8], Error> {
        let length = self.length()?;
        self.raw(length)
    }

    /// Takes a block that has fields of its own.
    pub(crate) fn nested(&mut self) -> Result<Self, Error> {
        Ok(Self { rest: self.block()?, what: self.what })
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, Error> {
        let bytes = self.block()?;
        std::str::from_utf8(bytes).map_err(|_| self.fail())
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        self.str().map(str::to_owned)
    }

    /// Returns what was not taken yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn rest_as_text(&self) -> Result<String, Error> {
        std::str::from_utf8(self.rest).map(str::to_owned).map_err(|_| self.fail())
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Fails unless everything was taken.
    pub(crate) fn end(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fail()) }
    }
}
