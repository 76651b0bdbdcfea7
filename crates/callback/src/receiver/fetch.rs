//! Fetching a key over HTTP.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::keys::{FetchError, KeySource};
use crate::http1::{Answer, Length, Stream};
use crate::url::{CallbackUrl, Scheme};

const MAX_KEY: usize = 16 * 1024;

/// Fetches keys over HTTP, and over HTTPS with the feature `https`. Follows no redirects.
#[derive(Debug)]
pub struct HttpKeySource {
    timeout: Duration,
    #[cfg(feature = "https")]
    roots: crate::http1::Roots,
}

impl HttpKeySource {
    /// Creates a source that gives up after five seconds: OSS waits no longer for the answer to a callback.
    #[must_use]
    pub fn new() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            #[cfg(feature = "https")]
            roots: crate::http1::Roots::system(),
        }
    }

    /// Gives up after this time.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn get(&self, url: &str) -> Result<String, FetchError> {
        let url = CallbackUrl::parse(url).map_err(|error| FetchError::new(error.to_string()))?;
        let mut stream = self.connect(&url).await?;
        // HTTP/1.0 keeps the answer plain: no chunks, and the end of the connection ends it.
        let request = format!(
            "GET {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: ossicle-callback\r\nAccept: */*\r\n\r\n",
            url.request_target(),
            url.authority()
        );
        let io = |error: std::io::Error| FetchError::new(error.to_string());
        stream.write_all(request.as_bytes()).await.map_err(io)?;
        stream.flush().await.map_err(io)?;
        read_key(stream).await
    }

    async fn connect(&self, url: &CallbackUrl) -> Result<Stream, FetchError> {
        let addresses = tokio::net::lookup_host((url.host(), url.port())).await;
        let mut failure = FetchError::new("the name has no address");
        for address in addresses.map_err(|error| FetchError::new(error.to_string()))? {
            match Stream::connect(address).await {
                Ok(stream) if url.scheme() == Scheme::Http => return Ok(Stream::Plain(stream)),
                Ok(stream) => return self.secure(stream, url).await,
                Err(error) => failure = FetchError::new(format!("{address}: {error}")),
            }
        }
        Err(failure)
    }

    #[cfg(feature = "https")]
    async fn secure(&self, stream: tokio::net::TcpStream, url: &CallbackUrl) -> Result<Stream, FetchError> {
        match self.roots.handshake(stream, url.host(), true).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(FetchError::new(error.reason)),
        }
    }

    #[cfg(not(feature = "https"))]
    #[expect(clippy::unused_async, reason = "has the form of the one that performs a handshake")]
    async fn secure(&self, _: tokio::net::TcpStream, _: &CallbackUrl) -> Result<Stream, FetchError> {
        Err(FetchError::new(
            "https keys need the feature `https` of ossicle-callback, or a KeySource of your own",
        ))
    }
}

impl Default for HttpKeySource {
    fn default() -> Self {
        Self::new()
    }
}

impl KeySource for HttpKeySource {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, FetchError>> + Send + 'a>> {
        Box::pin(async move {
            match timeout(self.timeout, self.get(url)).await {
                Ok(result) => result,
                Err(_) => Err(FetchError::new("the key server does not answer in time")),
            }
        })
    }
}

async fn read_key(mut stream: Stream) -> Result<String, FetchError> {
    let mut answer = Answer::new(&mut stream);
    let broken = |_| FetchError::new("the key server broke off");
    answer.begin().await.map_err(broken)?;
    let head = answer.head().await.map_err(broken)?;
    if head.status != 200 || head.chunked {
        return Err(FetchError::new(format!("the key server answered with status {}", head.status)));
    }
    let expected = match head.length {
        Length::Known(length) => usize::try_from(length).unwrap_or(usize::MAX),
        Length::Missing => usize::MAX,
        Length::Invalid | Length::Huge => {
            return Err(FetchError::new("the key server's answer has no valid length"));
        }
    };
    if expected != usize::MAX && expected > MAX_KEY {
        return Err(FetchError::new("the key is too long"));
    }
    while answer.seen().len() < expected {
        if answer.seen().len() > MAX_KEY {
            return Err(FetchError::new("the key is too long"));
        }
        match answer.fill().await {
            Ok(()) => {}
            Err(_) if expected == usize::MAX => break,
            Err(error) => return Err(broken(error)),
        }
    }
    let key = answer.seen();
    let key = key.get(..expected).unwrap_or(key);
    String::from_utf8(key.to_vec()).map_err(|_| FetchError::new("the key is not text"))
}
