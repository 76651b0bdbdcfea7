//! The head of a part: header lines up to an empty one, of which the field's name, the file's name and its type count.

use super::{HEAD_LIMIT, HEAD_LINE_LIMIT, NAME_LIMIT, bad_head, name_too_long, not_utf8, parameters};
use crate::Error;

/// The head of a part as it arrives: the line that is not whole yet, and what the lines before it said.
#[derive(Debug, Default)]
pub(super) struct PartHead {
    line: Vec<u8>,
    length: usize,
    lines: usize,
    disposition: Option<Vec<u8>>,
    content_type: Option<String>,
}

/// What the head of the file's part says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHead {
    /// The name of the file, in whatever encoding.
    pub file_name: Option<Vec<u8>>,
    /// `Content-Type`; none if it is empty.
    pub content_type: Option<String>,
}

impl PartHead {
    /// Takes what is the head's off `input`; true when the head has ended.
    pub(super) fn take(&mut self, input: &mut bytes::Bytes) -> Result<bool, Error> {
        while !input.is_empty() {
            let end = memchr::memchr(b'\n', input);
            let piece = input.split_to(end.map_or(input.len(), |end| end + 1));
            let room = HEAD_LIMIT.saturating_sub(self.length);
            self.line.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            self.length += piece.len();
            if self.length > HEAD_LIMIT {
                return Err(self.too_long());
            }
            if end.is_some() && self.end_line()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the name of the field, and the rest for the case that it is the file's.
    pub(super) fn finish(self) -> Result<(String, FileHead), Error> {
        let disposition = self.disposition.ok_or_else(bad_head)?;
        let (_form_data, parameters) = parameters::split(&disposition);
        let (mut name, mut file_name, mut extended) = (None, None, None);
        for parameter in parameters {
            if parameter.is("name") && name.is_none() {
                name = Some(parameter.value());
            } else if parameter.is("filename") && file_name.is_none() {
                file_name = Some(parameter.value());
            } else if parameter.is("filename*") && extended.is_none() {
                extended = decode_extended(&parameter.value());
            }
        }
        let name = name.ok_or_else(bad_head)?;
        if name.len() > NAME_LIMIT {
            return Err(name_too_long());
        }
        let name = String::from_utf8(name).map_err(|_| not_utf8())?;
        Ok((name, FileHead { file_name: extended.or(file_name), content_type: self.content_type }))
    }

    /// Reads the line that has just ended; true when it was the empty one.
    fn end_line(&mut self) -> Result<bool, Error> {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(true);
        }
        self.lines += 1;
        if self.lines > HEAD_LINE_LIMIT || line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(bad_head());
        }
        let colon = memchr::memchr(b':', line).ok_or_else(bad_head)?;
        let (name, value) = line.split_at_checked(colon).ok_or_else(bad_head)?;
        if name.is_empty() || name.iter().any(|byte| !byte.is_ascii_graphic()) {
            return Err(bad_head());
        }
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"content-disposition") {
            self.disposition = Some(value.to_vec());
        } else if name.eq_ignore_ascii_case(b"content-type") && !value.is_empty() {
            self.content_type = Some(String::from_utf8(value.to_vec()).map_err(|_| not_utf8())?);
        }
        self.line.clear();
        Ok(false)
    }

    fn too_long(&self) -> Error {
        const NAMED: &[u8] = b"content-disposition:";
        let is_name = self.line.get(..NAMED.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAMED));
        if is_name { name_too_long() } else { bad_head() }
    }
}

/// Decodes `UTF-8''%e6%96%87.txt` (RFC 5987), which some clients send beside the plain name.
fn decode_extended(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts = text.splitn(3, |byte| *byte == b'\'');
    let (charset, _language, value) = (parts.next()?, parts.next()?, parts.next()?);
    charset.eq_ignore_ascii_case(b"utf-8").then(|| percent_encoding::percent_decode(value).collect())
}
