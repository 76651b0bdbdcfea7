//! The body of an upload: streamed to the store once, hashed on the way, and checked against what the client announced. An
//! upload that fails a check leaves nothing behind.

use ossicle_protocol::ErrorCode;
use ossicle_store::{Encryption, StoredData, Upload};

use crate::http::body::RequestBody;
use crate::oss::announced::{Announced, RunningSha1};
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::throttle::{Delay, Throttle};

/// The largest object of one request, 5 GiB, as OSS has it for PutObject, PostObject and UploadPart, and for the whole object
/// that AppendObject adds to.
pub(crate) const SINGLE_UPLOAD_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes in the store that no object names yet.
pub(crate) struct Received {
    pub(crate) data: StoredData,
    pub(crate) delay: Delay,
}

/// Streams the whole body into the store, which encrypts it if it is to be.
pub(crate) async fn receive(
    call: &Call,
    body: RequestBody,
    encryption: Option<&Encryption>,
) -> Result<Received, Failure> {
    let upload = call.app.store.upload(body.announced()).encrypted(encryption)?;
    receive_into(call, body, upload).await
}

/// Streams the whole body into an upload that was begun for it.
pub(crate) async fn receive_into(
    call: &Call,
    mut body: RequestBody,
    upload: Upload,
) -> Result<Received, Failure> {
    let (announced, throttle) = (Announced::by_headers(call)?, Throttle::of(call)?);
    if body.announced().is_some_and(|length| length > SINGLE_UPLOAD_LIMIT) {
        return Err(ErrorCode::EntityTooLarge.into());
    }
    let mut stream = UploadStream::new(upload).checked_against(announced).throttled(throttle);
    while let Some(piece) = body.next().await? {
        stream.take(piece).await?;
    }
    let received = stream.finish().await?;
    call.app.metrics.received(call.operation.name(), received.data.size());
    Ok(received)
}

/// An upload under way, with the limit on its size and what is announced of it.
pub(crate) struct UploadStream {
    upload: Upload,
    size: u64,
    announced: Announced,
    sha1: Option<RunningSha1>,
    throttle: Throttle,
}

impl UploadStream {
    /// Takes data into an upload that has none yet.
    pub(crate) fn new(upload: Upload) -> Self {
        Self { upload, size: 0, announced: Announced::default(), sha1: None, throttle: Throttle::default() }
    }

    /// Fails at the end unless the bytes are those that the client announced.
    pub(crate) fn checked_against(self, announced: Announced) -> Self {
        Self { sha1: announced.sha1(), announced, ..self }
    }

    /// Takes data no faster than so.
    pub(crate) fn throttled(self, throttle: Throttle) -> Self {
        Self { throttle, ..self }
    }

    /// Takes the next piece.
    pub(crate) async fn take(&mut self, piece: bytes::Bytes) -> Result<(), Failure> {
        self.size += piece.len() as u64;
        if self.size > SINGLE_UPLOAD_LIMIT {
            return Err(ErrorCode::EntityTooLarge.into());
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.take(&piece);
        }
        let length = piece.len();
        self.upload.write(piece).await?;
        self.throttle.pass(length).await;
        Ok(())
    }

    /// Bytes taken so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Makes the data durable, or ready to be so with the commit that names it.
    pub(crate) async fn finish(self) -> Result<Received, Failure> {
        let data = self.upload.finish().await?;
        self.announced.check(&data)?;
        self.sha1.map_or(Ok(()), RunningSha1::check)?;
        Ok(Received { data, delay: self.throttle.delay() })
    }
}
