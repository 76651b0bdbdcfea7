//! The body of a request: pieces as they arrive, bounded in time and, where it is read whole, in size.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use ossicle_protocol::{Error, ErrorCode};

/// How long the rest of a refused body is taken in, and how long between its pieces.
const LINGER: Duration = Duration::from_secs(30);
const LINGER_IDLE: Duration = Duration::from_secs(5);

/// The body of a request that is being served.
///
/// One that is dropped before its end is read on and thrown away for a while. A connection closed over unread bytes is
/// reset, and the reset destroys the answer before the client, still sending, can read why it was refused.
pub(crate) struct RequestBody {
    incoming: Option<Incoming>,
    idle: Duration,
    /// The client waits to be told to send, which nobody has done yet.
    withheld: bool,
}

impl RequestBody {
    /// `withheld` says that the client expects `100 Continue` before it sends.
    pub(crate) fn new(incoming: Incoming, idle: Duration, withheld: bool) -> Self {
        Self { incoming: Some(incoming), idle, withheld }
    }

    /// The length that the client announced; `None` when the body is chunked.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.incoming.as_ref().map_or(Some(0), |incoming| incoming.size_hint().exact())
    }

    /// The next piece; `None` at the end. A body that breaks off or is chunked wrongly is the client's error.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.withheld = false;
        loop {
            let Some(incoming) = &mut self.incoming else { return Ok(None) };
            let frame = tokio::time::timeout(self.idle, incoming.frame())
                .await
                .map_err(|_| Error::new(ErrorCode::RequestTimeout))?;
            match frame {
                None => {
                    self.incoming = None;
                    return Ok(None);
                }
                Some(Err(error)) => {
                    self.incoming = None;
                    return Err(broken(&error));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(Some(data)),
                    Err(_trailers) => {}
                },
            }
        }
    }

    /// Reads the whole body, up to `limit` bytes.
    pub(crate) async fn read(mut self, limit: usize, too_large: fn() -> Error) -> Result<Bytes, Error> {
        if self.announced().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            if whole.len() + piece.len() > limit {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take().filter(|incoming| !incoming.is_end_stream()) else {
            return;
        };
        if !self.withheld
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(LINGER, throw_away(incoming)));
        }
    }
}

async fn throw_away(mut incoming: Incoming) {
    while let Ok(Some(Ok(_))) = tokio::time::timeout(LINGER_IDLE, incoming.frame()).await {}
}

fn broken(error: &hyper::Error) -> Error {
    if error.is_incomplete_message() || error.is_closed() {
        return Error::new(ErrorCode::BadRequest).with_message("The body ended before it was whole.");
    }
    Error::new(ErrorCode::BadRequest).with_message("The body is not valid HTTP.")
}
