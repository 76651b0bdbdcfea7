//! Reading an answer: the head within a limit, interim answers skipped, the body by its length.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// The reason for which an answer could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The connection ended before the first byte.
    Silent,
    /// The connection was reset before the first byte.
    Reset,
    /// The connection ended within the answer.
    Truncated,
    /// The answer is not HTTP.
    NotHttp,
    /// The head is longer than allowed.
    HeadTooLong,
}

/// The value of `Content-Length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Missing,
    Invalid,
    /// Digits only, but more than any body has.
    Huge,
    Known(u64),
}

/// Status line and headers.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: Length,
    pub(crate) chunked: bool,
    pub(crate) keep_alive: bool,
    pub(crate) location: Option<String>,
    /// As received, for the record.
    pub(crate) text: String,
}

/// The answer to one request, read from a stream step by step.
pub(crate) struct Answer<'a, S> {
    stream: &'a mut S,
    buffer: BytesMut,
}

impl<'a, S: AsyncRead + Unpin> Answer<'a, S> {
    pub(crate) fn new(stream: &'a mut S) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(4096) }
    }

    /// Waits for the first byte.
    pub(crate) async fn begin(&mut self) -> Result<(), ReadError> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(ReadError::Silent),
            Ok(_) => Ok(()),
            Err(error) if is_reset(&error) => Err(ReadError::Reset),
            Err(_) => Err(ReadError::Silent),
        }
    }

    /// Reads the head of the final answer; interim ones (100, 103) are skipped.
    pub(crate) async fn head(&mut self) -> Result<Head, ReadError> {
        let mut skipped = 0;
        loop {
            match parse_head(&self.buffer)? {
                Some((size, head)) => {
                    self.buffer.advance(size);
                    skipped += size;
                    if head.status >= 200 || head.status == 101 {
                        return Ok(head);
                    }
                }
                None if self.buffer.len() + skipped >= MAX_HEAD => return Err(ReadError::HeadTooLong),
                None => self.fill().await?,
            }
        }
    }

    /// Reads a body of exactly `length` bytes. The flag says whether nothing followed it.
    pub(crate) async fn body(mut self, length: usize) -> Result<(Bytes, bool), (ReadError, BytesMut)> {
        while self.buffer.len() < length {
            if let Err(error) = self.fill().await {
                return Err((error, self.buffer));
            }
        }
        let body = self.buffer.split_to(length).freeze();
        Ok((body, self.buffer.is_empty()))
    }

    /// Reads more into what [`Self::seen`] shows; an error means that the connection ended.
    pub(crate) async fn fill(&mut self) -> Result<(), ReadError> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => Err(ReadError::Truncated),
            Ok(_) => Ok(()),
        }
    }

    /// Returns the bytes of the body that have arrived.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.buffer
    }
}

/// Returns whether an error says that the other side threw away what it was sent.
pub(crate) fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn parse_head(bytes: &[u8]) -> Result<Option<(usize, Head)>, ReadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let size = match response.parse(bytes) {
        Ok(httparse::Status::Complete(size)) if size <= MAX_HEAD => size,
        Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders) => {
            return Err(ReadError::HeadTooLong);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(ReadError::NotHttp),
    };
    let find = |name: &str| {
        response
            .headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
            .collect::<Vec<_>>()
    };
    let connection = find("connection").join(",").to_ascii_lowercase();
    let says = |word: &str| connection.split(',').any(|token| token.trim() == word);
    let transfer = find("transfer-encoding");
    let head = Head {
        status: response.code.unwrap_or_default(),
        length: parse_length(&find("content-length"), !transfer.is_empty()),
        chunked: transfer.iter().any(|value| value.to_ascii_lowercase().contains("chunked")),
        keep_alive: if response.version == Some(0) { says("keep-alive") } else { !says("close") },
        location: find("location").into_iter().next(),
        text: String::from_utf8_lossy(bytes.get(..size).unwrap_or_default()).trim_end().to_owned(),
    };
    Ok(Some((size, head)))
}

/// Reads the values of Content-Length. Several equal values count as one; a length next to a transfer encoding
/// contradicts it.
fn parse_length(values: &[String], encoded: bool) -> Length {
    let Some((first, others)) = values.split_first() else { return Length::Missing };
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    if encoded || !digits || others.iter().any(|other| other != first) {
        return Length::Invalid;
    }
    first.parse().map_or(Length::Huge, Length::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Head, ReadError> {
        let mut stream = bytes;
        let mut answer = Answer::new(&mut stream);
        answer.begin().await?;
        answer.head().await
    }

    #[tokio::test]
    async fn reads_heads() {
        for (bytes, status, length, chunked, keep_alive) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, Length::Known(5), false, true),
            ("HTTP/1.0 200 OK\r\ncontent-length:0\r\n\r\n", 200, Length::Known(0), false, false),
            ("HTTP/1.0 200\r\nConnection: Keep-Alive\r\n\r\n", 200, Length::Missing, false, true),
            ("HTTP/1.1 204 No\r\nConnection: x, CLOSE\r\n\r\n", 204, Length::Missing, false, false),
            (
                "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 301 M\r\n\r\n",
                301,
                Length::Missing,
                false,
                true,
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", 200, Length::Missing, true, true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                200,
                Length::Invalid,
                true,
                true,
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 200, Length::Invalid, false, true),
            ("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", 200, Length::Invalid, false, true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", 200, Length::Invalid, false, true),
            ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", 200, Length::Invalid, false, true),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                200,
                Length::Known(5),
                false,
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                200,
                Length::Invalid,
                false,
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                200,
                Length::Huge,
                false,
                true,
            ),
        ] {
            let head = read(bytes.as_bytes()).await.unwrap();
            assert_eq!(
                (head.status, head.length, head.chunked, head.keep_alive),
                (status, length, chunked, keep_alive),
                "{bytes}"
            );
        }
    }

    #[tokio::test]
    async fn refuses_what_is_no_answer() {
        for (bytes, expected) in [
            (String::new(), ReadError::Silent),
            ("HTTP/1.1 200 OK\r\nContent-".to_owned(), ReadError::Truncated),
            ("SSH-2.0-OpenSSH\r\n\r\n".to_owned(), ReadError::NotHttp),
            ("HTTP/1.1 2000 OK\r\n\r\n".to_owned(), ReadError::NotHttp),
            (format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(70_000)), ReadError::HeadTooLong),
            (format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(200)), ReadError::HeadTooLong),
            ("HTTP/1.1 100 Continue\r\n\r\n".repeat(4000), ReadError::HeadTooLong),
        ] {
            assert_eq!(read(bytes.as_bytes()).await.map(|head| head.status), Err(expected), "{:.40}", bytes);
        }
    }
}
