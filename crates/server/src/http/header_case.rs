//! The spelling of header names on the wire.
//!
//! Names are case-insensitive, but the C# SDK looks them up in a case-sensitive map: `ETag`, `Content-MD5` and the other
//! standard names must be written exactly so, and `x-oss-*` in lower case. hyper writes a name as in the case map
//! attached to a message, and attaches one only to messages that it has parsed itself; so template responses are
//! parsed at start and their maps given to the answers.

use http::HeaderName;
use hyper::client::conn::http1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The standard names of ordinary answers. A map is copied for every answer, so the one that nearly all get is short.
const USUAL: [&str; 11] = [
    "Accept-Ranges",
    "Connection",
    "Content-Length",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Date",
    "ETag",
    "Last-Modified",
    "Server",
    "X-Content-Type-Options",
];

/// The other standard names that an answer may carry; names that are in neither list stay lower case.
const OTHERS: [&str; 15] = [
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Expires",
    "Location",
    "Retry-After",
    "Vary",
];

/// The case maps, in the only form in which hyper hands them out: the extensions of a parsed message.
#[derive(Debug, Clone)]
pub(crate) struct HeaderCase {
    usual: http::Extensions,
    all: http::Extensions,
    others: Vec<HeaderName>,
}

impl HeaderCase {
    /// Has hyper parse the templates once.
    pub(crate) async fn learn() -> Result<Self, std::io::Error> {
        let others: Result<_, _> = OTHERS.iter().map(|name| HeaderName::try_from(*name)).collect();
        Ok(Self {
            usual: case_map(&USUAL).await?,
            all: case_map(&[&USUAL[..], &OTHERS].concat()).await?,
            others: others.map_err(std::io::Error::other)?,
        })
    }

    /// Gives `response` the right spelling.
    pub(crate) fn apply<B>(&self, response: &mut http::Response<B>) {
        let is_usual = response.headers().keys().all(|name| !self.others.contains(name));
        let map = if is_usual { &self.usual } else { &self.all };
        response.extensions_mut().extend(map.clone());
    }
}

/// Returns the map that hyper makes of an answer with these names.
async fn case_map(names: &[&str]) -> Result<http::Extensions, std::io::Error> {
    let mut template = String::from("HTTP/1.1 200 OK\r\n");
    for name in names {
        // What a value must be to be parsed at all.
        let value = match *name {
            "Connection" => "close",
            "Content-Length" => "0",
            _ => "x",
        };
        template.push_str(&format!("{name}: {value}\r\n"));
    }
    template.push_str("\r\n");
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
        theirs.write_all(template.as_bytes()).await
    };
    let (answer, exchanged) = tokio::join!(sender.send_request(question), exchange);
    exchanged?;
    let extensions = answer.map_err(std::io::Error::other)?.into_parts().0.extensions;
    driver.abort();
    Ok(extensions)
}
