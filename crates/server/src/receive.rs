//! Taking in the bytes of an upload: streamed to the store once, hashed on the way, and checked against what the client
//! announced. An upload that fails a check leaves nothing behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{Store, StoredData};

use crate::call::Call;
use crate::failure;
use crate::http::body::RequestBody;

/// The largest object of one request, 5 GiB, as OSS has it for PutObject, PostObject, AppendObject and UploadPart.
pub(crate) const SINGLE_UPLOAD_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes in the store that no object names yet, and the first of them for a look at an image's header.
pub(crate) struct Received {
    pub(crate) data: StoredData,
    pub(crate) head: Vec<u8>,
}

/// Streams the whole body into the store.
pub(crate) async fn receive(call: &Call, mut body: RequestBody) -> Result<Received, Error> {
    let expected = content_md5(call)?;
    let announced = body.announced();
    if announced.is_some_and(|length| length > SINGLE_UPLOAD_LIMIT) {
        return Err(Error::new(ErrorCode::EntityTooLarge));
    }
    let mut intake = Intake::new(&call.app.store, announced);
    while let Some(piece) = body.next().await? {
        intake.take(piece).await?;
    }
    let received = intake.finish().await?;
    check_md5(expected.as_ref(), &received.data)?;
    call.app.metrics.received(call.operation.name(), received.data.size());
    Ok(received)
}

/// An upload under way, with the limit on its size.
pub(crate) struct Intake {
    upload: ossicle_store::Upload,
    size: u64,
}

impl Intake {
    /// `announced` lets the store choose where the data goes.
    pub(crate) fn new(store: &Store, announced: Option<u64>) -> Self {
        Self { upload: store.upload(announced), size: 0 }
    }

    /// Takes the next piece.
    pub(crate) async fn take(&mut self, piece: bytes::Bytes) -> Result<(), Error> {
        self.size += piece.len() as u64;
        if self.size > SINGLE_UPLOAD_LIMIT {
            return Err(Error::new(ErrorCode::EntityTooLarge));
        }
        self.upload.write(piece).await.map_err(failure::from_store)
    }

    /// Bytes taken so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Makes the data durable, or ready to be so with the commit that names it.
    pub(crate) async fn finish(self) -> Result<Received, Error> {
        let head = self.upload.head().to_vec();
        let data = self.upload.finish().await.map_err(failure::from_store)?;
        Ok(Received { data, head })
    }
}

/// The MD5 that the client announced in `Content-MD5`.
fn content_md5(call: &Call) -> Result<Option<[u8; 16]>, Error> {
    call.header("content-md5")?.map(parse_md5).transpose()
}

/// Reads a base64 MD5; anything else is `InvalidDigest`.
pub(crate) fn parse_md5(text: &str) -> Result<[u8; 16], Error> {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    decoded.ok_or_else(|| Error::new(ErrorCode::InvalidDigest).with_detail("Content-MD5", text))
}

/// Compares an announced MD5 with that of the bytes that came.
pub(crate) fn check_md5(expected: Option<&[u8; 16]>, data: &StoredData) -> Result<(), Error> {
    match expected {
        Some(expected) if *expected != data.md5() => Err(Error::new(ErrorCode::InvalidDigest)
            .with_detail("ClientMD5", STANDARD.encode(expected))
            .with_detail("ServerMD5", STANDARD.encode(data.md5()))),
        _ => Ok(()),
    }
}

/// The same for a small body that is read whole, such as an XML document.
pub(crate) fn check_document_md5(call: &Call, document: &[u8]) -> Result<(), Error> {
    use md5::Digest as _;
    let Some(expected) = content_md5(call)? else { return Ok(()) };
    if md5::Md5::digest(document)[..] == expected[..] {
        Ok(())
    } else {
        Err(Error::new(ErrorCode::InvalidDigest))
    }
}
