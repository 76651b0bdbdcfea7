//! The form of a PostObject request: its fields up to the file, then the file as it streams in. What stands after the
//! file is not read, as OSS does.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::{Field, Multipart};
use ossicle_protocol::{Error, ErrorCode};

use crate::http::body::RequestBody;

/// The longest name of a field, from the manual.
const NAME_LIMIT: usize = 8 * 1024;

/// The longest value of a field, from the manual.
const VALUE_LIMIT: usize = 2 * 1024 * 1024;

/// All fields before the file together: what a form may make the server hold in memory.
const FIELDS_LIMIT: usize = 4 * 1024 * 1024;

/// The fields of a form and its file, still to be read.
pub(crate) struct Form {
    pub(crate) fields: Fields,
    pub(crate) file: File,
}

/// The fields in their order, with their names as they came.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

/// The file of a form.
pub(crate) struct File {
    pub(crate) name: Option<String>,
    pub(crate) content_type: Option<String>,
    field: Field<'static>,
    // The field reads through the form that it belongs to.
    _form: Multipart<'static>,
}

impl Form {
    /// Reads up to the file.
    pub(crate) async fn read(headers: &HeaderMap, body: RequestBody) -> Result<Self, Error> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_| Error::new(ErrorCode::RequestIsNotMultiPartContent))?;
        let mut form = Multipart::new(pieces(body), boundary);
        let mut fields = Fields::default();
        let mut total = 0;
        loop {
            let Some(mut field) = form.next_field().await.map_err(malformed)? else {
                return Err(Error::new(ErrorCode::IncorrectNumberOfFilesInPOSTRequest));
            };
            let name = field.name().unwrap_or("").to_owned();
            if name.len() > NAME_LIMIT {
                return Err(Error::new(ErrorCode::FieldItemTooLong));
            }
            if name.eq_ignore_ascii_case("file") {
                let file = File {
                    name: field.file_name().map(str::to_owned),
                    content_type: field
                        .headers()
                        .get(CONTENT_TYPE)
                        .and_then(|v| v.to_str().ok())
                        .map(str::to_owned),
                    field,
                    _form: form,
                };
                return Ok(Self { fields, file });
            }
            let value = value(&mut field, &mut total).await?;
            fields.0.push((name, value));
        }
    }
}

impl Fields {
    /// The first field of this name, whatever its case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All fields in their order.
    pub(crate) fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }
}

impl File {
    /// The next piece of the file.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.field.chunk().await.map_err(malformed)
    }
}

async fn value(field: &mut Field<'static>, total: &mut usize) -> Result<String, Error> {
    let mut value = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(malformed)? {
        *total += piece.len();
        if value.len() + piece.len() > VALUE_LIMIT {
            return Err(Error::new(ErrorCode::FieldItemTooLong));
        }
        if *total > FIELDS_LIMIT {
            return Err(Error::new(ErrorCode::MaxPOSTPreDataLengthExceededError));
        }
        value.extend_from_slice(&piece);
    }
    String::from_utf8(value).map_err(|_| {
        Error::new(ErrorCode::InvalidArgument).with_message("The characters encoding must be utf-8.")
    })
}

fn pieces(body: RequestBody) -> BoxStream<'static, Result<Bytes, Error>> {
    stream::unfold(body, |mut body| async move { body.next().await.transpose().map(|piece| (piece, body)) })
        .boxed()
}

/// An error of the body comes back as it went in; the rest is a form that cannot be read.
fn malformed(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamReadFailed(source) => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(_) => Error::new(ErrorCode::MalformedPOSTRequest),
        },
        _ => Error::new(ErrorCode::MalformedPOSTRequest),
    }
}
