//! The load generator's own HTTP/1.1 client: one kept connection, nothing allocated for a body that is only counted.
//! As small as it is because the client shares its cores with the servers it measures.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bodies up to this size leave in one write together with the head.
const ONE_WRITE: usize = 64 * 1024;
/// A body that is thrown away is read in pieces of this size.
const PIECE: usize = 256 * 1024;

/// A connection to a server, kept for as many requests as the server allows.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has been received and not consumed yet.
    received: BytesMut,
    sent: Vec<u8>,
    piece: Box<[u8]>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of the body.
    pub(crate) length: u64,
}

/// How the body of an answer is delimited.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

impl Connection {
    /// Connects without Nagle's delay, as every serious client does.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Connection::over(stream))
    }

    /// Speaks over a stream that is connected already.
    pub(crate) fn over(stream: TcpStream) -> Connection {
        let piece = vec![0; PIECE].into_boxed_slice();
        Connection { stream, received: BytesMut::with_capacity(16 * 1024), sent: Vec::new(), piece }
    }

    /// Sends a request and reads its answer to the end; `keep` receives the body, without it the body is only counted.
    pub(crate) async fn exchange(
        &mut self,
        head: &[u8],
        body: &[u8],
        mut keep: Option<&mut Vec<u8>>,
    ) -> anyhow::Result<Answer> {
        self.send(head, body).await?;
        let (status, framing) = self.answer_head().await?;
        let length = match framing {
            Framing::Length(length) => {
                self.consume(length, keep).await?;
                length
            }
            Framing::Chunked => {
                let mut length = 0;
                loop {
                    let size = chunk_size(&self.line().await?)?;
                    self.consume(size, keep.as_deref_mut()).await?;
                    self.line().await?;
                    length += size;
                    if size == 0 {
                        break length;
                    }
                }
            }
        };
        Ok(Answer { status, length })
    }

    /// Writes a head and a body.
    pub(crate) async fn send(&mut self, head: &[u8], body: &[u8]) -> anyhow::Result<()> {
        if body.len() > ONE_WRITE {
            self.stream.write_all(head).await?;
            self.stream.write_all(body).await?;
        } else {
            self.sent.clear();
            self.sent.extend_from_slice(head);
            self.sent.extend_from_slice(body);
            self.stream.write_all(&self.sent).await?;
        }
        Ok(())
    }

    /// Reads a request to its end, for the server's side of the exchange; `None` when the peer has closed.
    pub(crate) async fn request(&mut self) -> anyhow::Result<Option<()>> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut request = httparse::Request::new(&mut headers);
            if let httparse::Status::Complete(end) = request.parse(&self.received)? {
                let Framing::Length(length) = framing(request.headers)? else { bail!("a chunked request") };
                self.received.advance(end);
                self.consume(length, None).await?;
                return Ok(Some(()));
            }
            if self.receive().await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn answer_head(&mut self) -> anyhow::Result<(u16, Framing)> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut answer = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(end) = answer.parse(&self.received)? {
                let status = answer.code.context("no status")?;
                let framing = framing(answer.headers)?;
                self.received.advance(end);
                return Ok((status, framing));
            }
            self.receive_some().await?;
        }
    }

    async fn consume(&mut self, length: u64, mut keep: Option<&mut Vec<u8>>) -> anyhow::Result<()> {
        let buffered = self.received.len().min(usize::try_from(length)?);
        if let Some(kept) = keep.as_deref_mut() {
            kept.extend(self.received.iter().take(buffered));
        }
        self.received.advance(buffered);
        let mut left = usize::try_from(length)? - buffered;
        while left > 0 {
            let most = left.min(self.piece.len());
            let piece = self.piece.get_mut(..most).context("a piece longer than the buffer")?;
            let read = self.stream.read(piece).await?;
            if read == 0 {
                bail!("the server closed the connection {left} bytes before the end of the body");
            }
            if let Some(kept) = keep.as_deref_mut() {
                kept.extend(piece.iter().take(read));
            }
            left -= read;
        }
        Ok(())
    }

    /// Returns the next line, without its end.
    async fn line(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(end) = self.received.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8_lossy(&self.received.split_to(end)).into_owned();
                self.received.advance(2);
                return Ok(line);
            }
            self.receive_some().await?;
        }
    }

    async fn receive_some(&mut self) -> anyhow::Result<()> {
        if self.receive().await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<usize> {
        self.received.reserve(4096);
        Ok(self.stream.read_buf(&mut self.received).await?)
    }
}

fn framing(headers: &[httparse::Header<'_>]) -> anyhow::Result<Framing> {
    let value = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
    };
    if value("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        return Ok(Framing::Chunked);
    }
    let length = value("content-length").unwrap_or_else(|| "0".to_owned());
    Ok(Framing::Length(length.parse().with_context(|| format!("Content-Length: {length}"))?))
}

fn chunk_size(line: &str) -> anyhow::Result<u64> {
    let digits = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).with_context(|| format!("not the size of a chunk: {line}"))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Reads one answer in two pieces, then the body that the client made of it.
    fn check(answer: &'static str, cut: usize, expected: Option<(u16, &str)>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let mut server = Connection::over(stream);
                server.request().await.unwrap().unwrap();
                server.send(&answer.as_bytes()[..cut], b"").await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                server.send(&answer.as_bytes()[cut..], b"").await.unwrap();
            });
            let mut client = Connection::open(address).await.unwrap();
            let mut body = Vec::new();
            let head = b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
            let outcome = client.exchange(head, b"abc", Some(&mut body)).await;
            server.await.unwrap();
            let outcome = outcome.ok().map(|answer| {
                assert_eq!(answer.length, body.len() as u64);
                (answer.status, String::from_utf8(body).unwrap())
            });
            assert_eq!(outcome, expected.map(|(status, body)| (status, body.to_owned())));
        });
    }

    #[test]
    fn answers_are_read_to_their_end() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 20, Some((200, "hello")));
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 40, Some((200, "hello")));
        check("HTTP/1.1 204 No Content\r\n\r\n", 5, Some((204, "")));
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\n";
        for cut in [48, 53, 60, 70, 80] {
            check(chunked, cut, Some((200, "hello, world!!!")));
        }
        check("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 20, None);
        check("nonsense", 3, None);
    }
}
