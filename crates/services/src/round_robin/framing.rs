//! Where messages of HTTP/1.1 end.

use httparse::{EMPTY_HEADER, Header, Status};

/// Headers of a message at most; what has more is not told apart.
const HEADERS: usize = 200;

/// Bytes of a head at most.
const HEAD_BYTES: usize = 256 << 10;

/// Bytes of the line before a chunk, or of a trailer, at most.
const LINE_BYTES: usize = 16 << 10;

/// Whose messages they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Requests,
    /// Answers to a request of this kind.
    Answers {
        to_head: bool,
    },
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More of it is to come.
    Goes,
    /// It ends behind so many bytes of what was given last.
    Ends(usize),
    /// Where it ends cannot be told.
    Unknown,
}

/// Reader of one message.
#[derive(Debug)]
pub(super) struct Message {
    side: Side,
    at: At,
    /// What was read of a head or line that is not whole.
    part: Vec<u8>,
    /// The request was HEAD.
    pub(super) is_head: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Head,
    /// So many bytes of the body are left.
    Body(u64),
    ChunkLine,
    /// So many bytes of a chunk and the end of its line are left.
    Chunk(u64),
    Trailers,
    Done,
    Lost,
}

/// What a head says of the body.
enum Body {
    Of(u64),
    Chunked,
    /// Another head comes, as after `100 Continue`.
    NextHead,
    Unknown,
}

impl Message {
    pub(super) fn new(side: Side) -> Self {
        Self { side, at: At::Head, part: Vec::new(), is_head: false }
    }

    /// Looks at the next bytes of the connection.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Progress {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            match self.at {
                At::Done => return Progress::Ends(taken),
                At::Lost => return Progress::Unknown,
                _ if rest.is_empty() => return Progress::Goes,
                At::Head => taken += self.head(rest),
                At::Body(left) => {
                    let step = left.min(rest.len() as u64);
                    self.at = if step == left { At::Done } else { At::Body(left - step) };
                    taken += step as usize;
                }
                At::Chunk(left) => {
                    let step = left.min(rest.len() as u64);
                    self.at = if step == left { At::ChunkLine } else { At::Chunk(left - step) };
                    taken += step as usize;
                }
                At::ChunkLine | At::Trailers => taken += self.line(rest),
            }
        }
    }

    /// Takes what belongs to a head; how many bytes.
    fn head(&mut self, bytes: &[u8]) -> usize {
        let before = self.part.len();
        self.part.extend_from_slice(bytes);
        let part = std::mem::take(&mut self.part);
        let (length, body) = match self.side {
            Side::Requests => request(&part, &mut self.is_head),
            Side::Answers { to_head } => answer(&part, to_head),
        };
        let Some(length) = length else {
            if part.len() > HEAD_BYTES {
                self.at = At::Lost;
            }
            self.part = part;
            return bytes.len();
        };
        self.at = match body {
            Body::Of(0) => At::Done,
            Body::Of(length) => At::Body(length),
            Body::Chunked => At::ChunkLine,
            Body::NextHead => At::Head,
            Body::Unknown => At::Lost,
        };
        length.saturating_sub(before)
    }

    /// Takes what belongs to a line that tells a chunk's size or is a trailer; how many bytes.
    fn line(&mut self, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        self.part.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.part.len() > LINE_BYTES {
            self.at = At::Lost;
        } else if end.is_some() {
            let line = std::mem::take(&mut self.part);
            self.at = match self.at {
                At::Trailers if line.trim_ascii().is_empty() => At::Done,
                At::Trailers => At::Trailers,
                _ => match httparse::parse_chunk_size(&line) {
                    Ok(Status::Complete((_, 0))) => At::Trailers,
                    // The chunk's own end of line belongs to it.
                    Ok(Status::Complete((_, size))) => At::Chunk(size.saturating_add(2)),
                    _ => At::Lost,
                },
            };
        }
        taken
    }
}

/// The length of a request's head, once it is whole, and what it says of the body.
fn request(bytes: &[u8], is_head: &mut bool) -> (Option<usize>, Body) {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(length)) => {
            *is_head = request.method == Some("HEAD");
            let upgrades = request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("upgrade"));
            let body = if upgrades { Body::Unknown } else { body_of(request.headers, Body::Of(0)) };
            (Some(length), body)
        }
        Ok(Status::Partial) => (None, Body::Unknown),
        Err(_) => (Some(bytes.len()), Body::Unknown),
    }
}

fn answer(bytes: &[u8], to_head: bool) -> (Option<usize>, Body) {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let length = match answer.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return (None, Body::Unknown),
        Err(_) => return (Some(bytes.len()), Body::Unknown),
    };
    let body = match answer.code.unwrap_or_default() {
        101 => Body::Unknown,
        100..=199 => Body::NextHead,
        204 | 304 => Body::Of(0),
        _ if to_head => Body::Of(0),
        // Without a length it goes on to the end of the connection.
        _ => body_of(answer.headers, Body::Unknown),
    };
    (Some(length), body)
}

/// What the headers say of the body. What they leave open or contradict themselves in is nothing to rely on.
fn body_of(headers: &[Header<'_>], where_silent: Body) -> Body {
    let values = |name: &str| -> Vec<&str> {
        let named = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| std::str::from_utf8(header.value).unwrap_or_default().trim()).collect()
    };
    match (values("content-length").as_slice(), values("transfer-encoding").as_slice()) {
        ([], []) => where_silent,
        ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse().map_or(Body::Unknown, Body::Of)
        }
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => Body::Chunked,
        _ => Body::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Progress, Side};

    /// Reads the text in pieces of every size; all must agree.
    fn check(side: Side, text: &str, expected: Option<usize>) {
        for size in 1..=text.len() {
            let mut message = Message::new(side);
            let mut end = None;
            let mut before = 0;
            for piece in text.as_bytes().chunks(size) {
                match message.take(piece) {
                    Progress::Goes => {}
                    Progress::Ends(taken) => {
                        end = Some(before + taken);
                        break;
                    }
                    Progress::Unknown => break,
                }
                before += piece.len();
            }
            assert_eq!(end, expected, "in pieces of {size}: {text:?}");
        }
    }

    #[test]
    fn requests_end() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        check(Side::Requests, head, Some(head.len()));
        check(Side::Requests, &format!("{head}{head}"), Some(head.len()));
        let put = "PUT /k HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
        check(Side::Requests, &format!("{put}GET"), Some(put.len()));
        let chunked = "PUT /k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n";
        check(Side::Requests, &format!("{chunked}GET"), Some(chunked.len()));
    }

    #[test]
    fn requests_that_say_too_little_or_too_much_do_not_end() {
        for text in [
            "nonsense\r\n\r\n",
            "\u{16}\u{3}\u{1}",
            "GET / HTTP/1.1\r\nHost: a",
            "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: a\r\n\r\n",
        ] {
            check(Side::Requests, text, None);
        }
    }

    #[test]
    fn answers_end() {
        let answers = Side::Answers { to_head: false };
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        check(answers, short, Some(short.len()));
        check(Side::Answers { to_head: true }, short, Some(short.len() - 2));
        check(answers, &format!("HTTP/1.1 100 Continue\r\n\r\n{short}"), Some(25 + short.len()));
        let empty = "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n";
        check(answers, empty, Some(empty.len()));
        check(answers, "HTTP/1.1 200 OK\r\n\r\nto the end", None);
    }
}
