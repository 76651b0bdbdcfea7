//! Answers: a status, headers in the order they were added, and a body that is whole or streamed from the store.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

use super::answer_memory::AnswerMemory;

/// Headers that an answer has room for before its map grows.
const USUAL_HEADERS: usize = 24;

/// What an operation answers.
pub(crate) struct Reply {
    response: http::Response<ReplyBody>,
}

impl Reply {
    /// Makes an answer without a body.
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = http::Response::new(ReplyBody::whole(Bytes::new()));
        *response.status_mut() = status;
        response.headers_mut().reserve(USUAL_HEADERS);
        Self { response }
    }

    /// Answers 200 without a body.
    pub(crate) fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    /// Answers 204.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// Answers 200 with an XML document.
    pub(crate) fn xml(document: String) -> Self {
        Self::ok().with_body("application/xml", document)
    }

    /// Sets the whole body and its type.
    pub(crate) fn with_body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        *self.response.body_mut() = ReplyBody::whole(body.into());
        self.response.body_mut().is_document = true;
        self.response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self
    }

    /// Counts a document that was made for this answer; `None` without room for it, and the client has to come back.
    pub(crate) fn counted_by(mut self, memory: &AnswerMemory) -> Option<Self> {
        let body = self.response.body_mut();
        if let Content::Whole(Some(document)) = &mut body.content
            && body.is_document
        {
            *document = memory.count(std::mem::take(document))?;
        }
        Some(self)
    }

    /// Sets the whole body and leaves its type as it is.
    pub(crate) fn with_bytes(mut self, body: Bytes) -> Self {
        *self.response.body_mut() = ReplyBody::whole(body);
        self
    }

    /// Sets a body that comes in pieces; its length must be known.
    pub(crate) fn with_stream(
        mut self,
        length: u64,
        pieces: BoxStream<'static, Result<Bytes, std::io::Error>>,
    ) -> Self {
        *self.response.body_mut() =
            ReplyBody { content: Content::Pieces { left: length, pieces }, is_document: false };
        self
    }

    /// Announces a length and sends nothing of it but the end of the connection, in place of the body.
    pub(crate) fn with_body_withheld(mut self, length: u64) -> Self {
        if length > 0 {
            *self.response.body_mut() =
                ReplyBody { content: Content::Withheld { length, head_sent: false }, is_document: false };
            self = self.with_header(CONNECTION, HeaderValue::from_static("close"));
        }
        self
    }

    /// Announces a length other than that of the body, for an answer to HEAD.
    pub(crate) fn with_content_length(self, length: u64) -> Self {
        self.with_header(CONTENT_LENGTH, HeaderValue::from(length))
    }

    /// Sets a header, replacing an earlier value. A value that cannot stand in a header (control characters that came
    /// in through a presigned URL's override) is left out.
    pub(crate) fn with_header<V>(mut self, name: HeaderName, value: V) -> Self
    where
        V: TryInto<HeaderValue>,
    {
        if let Ok(value) = value.try_into() {
            self.response.headers_mut().insert(name, value);
        }
        self
    }

    /// Sets a header whose name comes from data, such as `x-oss-meta-*`.
    pub(crate) fn with_named(self, name: &str, value: &str) -> Self {
        self.with_raw(name, value.as_bytes())
    }

    /// Sets a header whose value need not be UTF-8.
    pub(crate) fn with_raw(mut self, name: &str, value: &[u8]) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) {
            self.response.headers_mut().insert(name, value);
        }
        self
    }

    /// Changes the status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Returns the status so far.
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns the headers so far.
    pub(crate) fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// Returns the length that the body will have.
    pub(crate) fn body_length(&self) -> u64 {
        match self.response.body().content {
            Content::Withheld { .. } => 0,
            Content::Whole(_) | Content::Pieces { .. } => {
                self.response.body().size_hint().exact().unwrap_or(0)
            }
        }
    }

    /// Finishes the message, with `Content-Length` set where a body may stand.
    pub(crate) fn into_response(self) -> http::Response<ReplyBody> {
        let mut response = self.response;
        let bodiless = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if !bodiless && !response.headers().contains_key(CONTENT_LENGTH) {
            let length = response.body().size_hint().exact().unwrap_or(0);
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }
}

/// The body of an answer.
pub(crate) struct ReplyBody {
    content: Content,
    /// It was made for this answer, and is no object.
    is_document: bool,
}

enum Content {
    Whole(Option<Bytes>),
    Pieces {
        left: u64,
        pieces: BoxStream<'static, Result<Bytes, std::io::Error>>,
    },
    /// A length without bytes.
    Withheld {
        length: u64,
        head_sent: bool,
    },
}

impl ReplyBody {
    fn whole(body: Bytes) -> Self {
        let content = Content::Whole(Some(body).filter(|body| !body.is_empty()));
        Self { content, is_document: false }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match &mut self.content {
            Content::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Content::Withheld { head_sent, .. } if *head_sent => {
                Poll::Ready(Some(Err(std::io::Error::other("this body is announced and not sent"))))
            }
            // An error at once would keep hyper from sending even the head.
            Content::Withheld { head_sent, .. } => {
                *head_sent = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Content::Pieces { left, pieces } => pieces.as_mut().poll_next(cx).map(|piece| {
                piece.map(|piece| {
                    piece.map(|bytes| {
                        *left = left.saturating_sub(bytes.len() as u64);
                        Frame::data(bytes)
                    })
                })
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Whole(None) | Content::Pieces { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.content {
            Content::Whole(body) => body.as_ref().map_or(0, |body| body.len() as u64),
            Content::Pieces { left: length, .. } | Content::Withheld { length, .. } => *length,
        })
    }
}
