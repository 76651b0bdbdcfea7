//! The spelling of header names on the wire.
//!
//! Names are case-insensitive, but the C# SDK looks them up in a case-sensitive map: `ETag`, `Content-MD5` and the other
//! standard names must be written exactly so, and `x-oss-*` in lower case. hyper writes a name as in the case map
//! attached to a message, and attaches one only to messages that it has parsed itself; so one template response is
//! parsed at start and its map is given to every answer.

use hyper::client::conn::http1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Every standard name that an answer may carry; names that are not here stay lower case.
const TEMPLATE: &str = "HTTP/1.1 200 OK\r\n\
    Accept-Ranges: bytes\r\n\
    Access-Control-Allow-Credentials: x\r\n\
    Access-Control-Allow-Headers: x\r\n\
    Access-Control-Allow-Methods: x\r\n\
    Access-Control-Allow-Origin: x\r\n\
    Access-Control-Expose-Headers: x\r\n\
    Access-Control-Max-Age: x\r\n\
    Allow: x\r\n\
    Cache-Control: x\r\n\
    Connection: close\r\n\
    Content-Disposition: x\r\n\
    Content-Encoding: x\r\n\
    Content-Language: x\r\n\
    Content-Length: 0\r\n\
    Content-MD5: x\r\n\
    Content-Range: x\r\n\
    Content-Type: x\r\n\
    Date: x\r\n\
    ETag: x\r\n\
    Expires: x\r\n\
    Last-Modified: x\r\n\
    Location: x\r\n\
    Retry-After: x\r\n\
    Server: x\r\n\
    Vary: x\r\n\r\n";

/// The case map, in the only form in which hyper hands it out: the extensions of a parsed message.
#[derive(Debug, Clone)]
pub(crate) struct HeaderCase(http::Extensions);

impl HeaderCase {
    /// Has hyper parse the template once.
    pub(crate) async fn learn() -> Result<Self, std::io::Error> {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let io = hyper_util::rt::TokioIo::new(ours);
        let (mut sender, connection) = http1::Builder::new()
            .preserve_header_case(true)
            .handshake::<_, http_body_util::Empty<bytes::Bytes>>(io)
            .await
            .map_err(std::io::Error::other)?;
        let driver = tokio::spawn(connection);
        let question = http::Request::new(http_body_util::Empty::new());
        let exchange = async {
            // An answer that comes before the request has been sent is an error to hyper.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(theirs.read_u8().await?);
            }
            theirs.write_all(TEMPLATE.as_bytes()).await
        };
        let (answer, exchanged) = tokio::join!(sender.send_request(question), exchange);
        exchanged?;
        let extensions = answer.map_err(std::io::Error::other)?.into_parts().0.extensions;
        driver.abort();
        Ok(Self(extensions))
    }

    /// Gives `response` the right spelling.
    pub(crate) fn apply<B>(&self, response: &mut http::Response<B>) {
        response.extensions_mut().extend(self.0.clone());
    }
}
