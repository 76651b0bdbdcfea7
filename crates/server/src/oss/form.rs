//! The form of a PostObject request: its fields up to the file, then the file as it streams in. What stands after the
//! file is not read, as OSS does. How a form is written is `ossicle_protocol::form`'s.

mod acting;
mod body_md5;
mod memory;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use ossicle_protocol::ErrorCode;
use ossicle_protocol::form::{Boundary, FileHead, FormPiece, FormReader};

use crate::http::body::RequestBody;
use crate::oss::failure::Failure;

pub(crate) use acting::Acting;
use body_md5::BodyMd5;
pub(crate) use memory::FormMemory;
use memory::Reserved;

/// The fields of a form and its file, still to be read.
pub(crate) struct Form {
    pub(crate) fields: Fields,
    pub(crate) file: File,
}

/// The fields in their order, with their names as they came.
#[derive(Debug)]
pub(crate) struct Fields {
    list: Vec<(String, String)>,
    /// Given back when the fields are dropped.
    _reserved: Reserved,
}

/// The file of a form.
pub(crate) struct File {
    pub(crate) head: FileHead,
    pieces: Pieces,
}

/// The pieces of a form as its body arrives.
struct Pieces {
    reader: FormReader,
    body: RequestBody,
    /// What has arrived and is not read yet.
    input: Bytes,
    md5: Option<BodyMd5>,
}

impl Form {
    /// Reads up to the file.
    pub(crate) async fn read(
        headers: &HeaderMap,
        body: RequestBody,
        memory: &FormMemory,
    ) -> Result<Self, Failure> {
        let content_type = headers.get(CONTENT_TYPE).map_or(b"".as_slice(), http::HeaderValue::as_bytes);
        let reader = FormReader::new(&Boundary::parse(content_type)?);
        let mut pieces = Pieces { reader, body, input: Bytes::new(), md5: BodyMd5::announced(headers)? };
        let (mut list, mut reserved) = (Vec::new(), memory.reserve());
        loop {
            match pieces.next(&mut reserved).await? {
                FormPiece::Field { name, value } => list.push((name, value)),
                FormPiece::File(head) => {
                    let fields = Fields { list, _reserved: reserved };
                    return Ok(Self { fields, file: File { head, pieces } });
                }
                FormPiece::Data(_) | FormPiece::End => {
                    return Err(ErrorCode::MalformedPOSTRequest.into());
                }
            }
        }
    }
}

impl Fields {
    /// Returns the first field of this name, whatever its case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.list
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns all fields in their order.
    pub(crate) fn as_slice(&self) -> &[(String, String)] {
        &self.list
    }
}

impl File {
    /// Waits for the next piece of the file; `None` at its end. A form that breaks off within the file is malformed.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        match self.pieces.next(&mut Reserved::default()).await? {
            FormPiece::Data(data) => Ok(Some(data)),
            FormPiece::Field { .. } | FormPiece::File(_) | FormPiece::End => Ok(None),
        }
    }

    /// Checks what the request's head announces of its body, for which the body is read to its end.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        if self.pieces.md5.is_some() {
            while self.pieces.receive().await?.is_some() {}
        }
        Ok(self.pieces.md5.map_or(Ok(()), BodyMd5::check)?)
    }
}

impl Pieces {
    async fn next(&mut self, reserved: &mut Reserved) -> Result<FormPiece, Failure> {
        loop {
            let piece = self.reader.next(&mut self.input)?;
            reserved.grow_to(self.reader.held())?;
            if let Some(piece) = piece {
                return Ok(piece);
            }
            match self.receive().await? {
                Some(input) => self.input = input,
                None => {
                    self.reader.finish()?;
                    return Ok(FormPiece::End);
                }
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        let arrived = self.body.next().await?;
        if let (Some(md5), Some(bytes)) = (&mut self.md5, &arrived) {
            md5.take(bytes);
        }
        Ok(arrived)
    }
}
