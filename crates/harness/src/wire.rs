//! HTTP/1.1 on a raw stream: bytes go out as given, and an answer comes back with its headers spelled as they were sent.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::document;

/// No answer may take longer; a test that expects a slow one says so in its own terms.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream, plain or TLS.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// One connection to the server.
pub struct Wire {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// The status line.
    pub line: String,
    /// The status.
    pub status: u16,
    /// Names as they were written.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Vec<u8>,
    /// The bytes of the head.
    pub head_length: usize,
    /// The bytes that the first read brought: head and body in one write arrive in one read.
    pub first_read: usize,
    /// The connection ended before the announced body was whole.
    pub cut_off: bool,
}

impl Wire {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        let stream = Box::new(socket.try_clone().unwrap());
        Self { stream, socket, buffer: Vec::new() }
    }

    /// Puts a layer such as TLS on the stream.
    pub fn layered<S: Stream + 'static>(self, layer: impl FnOnce(TcpStream) -> S) -> Self {
        let stream = Box::new(layer(self.socket.try_clone().unwrap()));
        Self { stream, ..self }
    }

    /// Sends bytes; the server may have answered and gone before they are out.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref()).unwrap();
    }

    /// Sends what goes out at once, on a stream without layers.
    pub fn send_what_fits(&mut self, bytes: &[u8]) {
        self.socket.set_nonblocking(true).unwrap();
        let mut sent = 0;
        while sent < bytes.len() {
            match (&self.socket).write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    break;
                }
            }
        }
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Says that nothing more will come, and keeps reading.
    pub fn finish_sending(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Goes away without a word: the server finds its connection reset.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO)).unwrap();
    }

    /// Reads the next answer, of a request that was not HEAD.
    pub fn answer(&mut self) -> Answer {
        self.answer_to("GET").expect("the server closed the connection without an answer")
    }

    /// Reads the next answer; `None` if the connection ends before one begins.
    pub fn answer_to(&mut self, method: &str) -> Option<Answer> {
        let mut first_read = self.buffer.len();
        let head_length = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            let count = self.fill();
            if count == 0 {
                assert!(
                    self.buffer.is_empty(),
                    "half an answer: {:?}",
                    String::from_utf8_lossy(&self.buffer)
                );
                return None;
            }
            if first_read == 0 {
                first_read = count;
            }
        };
        let head: Vec<u8> = self.buffer.drain(..head_length).collect();
        let mut answer = parse_head(&head);
        answer.first_read = first_read;
        assert!(answer.header("transfer-encoding").is_none(), "every answer has a known length: {answer:?}");
        let bodiless = method == "HEAD" || matches!(answer.status, 100..=199 | 204 | 304);
        let length = match answer.header("content-length") {
            _ if bodiless => 0,
            Some(length) => length.parse().unwrap(),
            None => panic!("no Content-Length: {answer:?}"),
        };
        while self.buffer.len() < length {
            if self.fill() == 0 {
                answer.cut_off = true;
                break;
            }
        }
        answer.body = self.buffer.drain(..length.min(self.buffer.len())).collect();
        Some(answer)
    }

    /// Reads the head of the next answer as it is.
    pub fn raw_head(&mut self) -> Vec<u8> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                return self.buffer.drain(..end + 4).collect();
            }
            assert_ne!(self.fill(), 0, "half an answer: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Returns whether the server ends the connection, with nothing more to say.
    pub fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && self.fill() == 0
    }

    /// Reads more; a reset counts as an end.
    fn fill(&mut self) -> usize {
        let mut piece = vec![0; 256 * 1024];
        let count = match self.stream.read(&mut piece) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => panic!("no answer: {error}"),
        };
        self.buffer.extend_from_slice(&piece[..count]);
        count
    }
}

impl Answer {
    /// Returns a header's value; its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands there twice: {self:?}");
        value
    }

    /// Returns a header that must be there.
    #[track_caller]
    pub fn must(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// Returns a header whose name must be spelled exactly so.
    #[track_caller]
    pub fn spelled(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(candidate, _)| candidate == name);
        found.map_or_else(|| panic!("no header spelled {name}: {self:?}"), |(_, value)| value.as_str())
    }

    /// Returns the body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns the text of the first XML element of this name.
    #[track_caller]
    pub fn element(&self, name: &str) -> String {
        document::first(self.text(), name).unwrap_or_else(|| panic!("no <{name}>: {self:?}"))
    }

    /// Returns the texts of all XML elements of this name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        document::all(self.text(), name)
    }

    /// Checks the status, and shows the answer if it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Checks that this is the error `code`, complete in every part that a client may look at.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.must("Content-Type"), "application/xml", "{answer:?}");
        assert_error(answer.text(), &answer);
        assert_eq!(answer.element("Code"), code, "{answer:?}");
        answer
    }

    /// Does the same with an answer to HEAD, whose document travels in a header.
    #[track_caller]
    pub fn expect_head_error(self, status: u16, code: &str) -> Self {
        use base64::Engine as _;
        let answer = self.expect(status);
        assert!(answer.body.is_empty(), "{answer:?}");
        let document = base64::engine::general_purpose::STANDARD.decode(answer.must("x-oss-err")).unwrap();
        let document = String::from_utf8(document).unwrap();
        assert_error(&document, &answer);
        assert_eq!(document::first(&document, "Code").as_deref(), Some(code), "{document}");
        answer
    }

    /// Checks the detail code in the document and in the header.
    #[track_caller]
    pub fn with_ec(self, ec: &str) -> Self {
        assert_eq!((self.element("EC").as_str(), self.must("x-oss-ec")), (ec, ec), "{self:?}");
        self
    }

    /// Checks an element of the document.
    #[track_caller]
    pub fn with(self, element: &str, text: &str) -> Self {
        assert_eq!(self.element(element), text, "{self:?}");
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.line)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let shown = &self.body[..self.body.len().min(2000)];
        write!(f, "\n{}", String::from_utf8_lossy(shown))
    }
}

fn parse_head(head: &[u8]) -> Answer {
    let text = std::str::from_utf8(head).unwrap_or_else(|_| panic!("a head that is not UTF-8: {head:?}"));
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let version = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let status = version.and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("not a header: {line:?}"));
        (name.to_owned(), value.trim().to_owned())
    });
    Answer {
        status: status.unwrap_or_else(|| panic!("not a status line: {line:?}")),
        headers: headers.collect(),
        line,
        body: Vec::new(),
        head_length: head.len(),
        first_read: 0,
        cut_off: false,
    }
}

/// Checks an error document against the headers that came with it.
#[track_caller]
fn assert_error(xml: &str, answer: &Answer) {
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"), "{xml}");
    assert!(!xml.contains("></") && !xml.contains("/>"), "no element may be empty: {xml}");
    let text = |name: &str| document::first(xml, name).unwrap_or_else(|| panic!("no <{name}>: {xml}"));
    assert_eq!(text("RequestId"), answer.must("x-oss-request-id"), "{xml}");
    assert!(!text("Message").is_empty() && !text("HostId").is_empty(), "{xml}");
    assert_eq!(document::first(xml, "EC").as_deref(), answer.header("x-oss-ec"), "{xml}");
    if let Some(ec) = document::first(xml, "EC") {
        assert_eq!(text("RecommendDoc"), format!("https://api.aliyun.com/troubleshoot?q={ec}"), "{xml}");
    }
}

/// Finds where `wanted` begins in `text`.
pub fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
