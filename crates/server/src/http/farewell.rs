//! The end of a connection: last words on one that is not served, and time for the client to read what it was answered.
//!
//! A connection that is closed over unread bytes is reset, and the reset destroys the answer on its way. So the server ends
//! its own side first, and reads on until the client has ended the other, within bounds.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How long a client that was too slow already has to take the answer and to end its side.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read after the answer.
const LEFTOVERS: usize = 64 * 1024;

const PIECE: usize = 1024;

/// How long the rest of a body that nobody wants is taken in, how long is waited for each piece, and how much it may be: a
/// client that reads nothing before it has sent everything shall get its answer.
pub(super) const LINGER: Duration = Duration::from_secs(30);
pub(super) const LINGER_IDLE: Duration = Duration::from_secs(5);
pub(super) const LINGER_BYTES: usize = 1024 * 1024 * 1024;

/// What is taken in at a time.
const LINGER_PIECE: usize = 16 * 1024;

/// Reads the head of a request, which is not looked at, and answers. Whoever is still sending could not read an answer
/// before. A client that goes on sending after it is read on with a permit, so that those are few.
pub(super) async fn refuse<T, P>(
    mut stream: T,
    answer: impl FnOnce() -> Vec<u8>,
    permit: impl FnOnce() -> Option<P>,
) where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut seen = Vec::with_capacity(PIECE);
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        // What comes next can only complete an end that begins in the last three bytes.
        seen.drain(..seen.len().saturating_sub(3));
        match (&mut stream).take(PIECE as u64).read_buf(&mut seen).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
    if say(&mut stream, &answer()).await
        && let Some(_permit) = permit()
    {
        linger(stream, LINGER).await;
    }
}

/// Writes an answer and ends the connection. Returns whether the client took it and was still sending.
pub(super) async fn say<T>(mut stream: T, answer: &[u8]) -> bool
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut read = 0;
    let saying = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; PIECE];
        while read < LEFTOVERS {
            match stream.read(&mut rest).await? {
                0 => return Ok(false),
                bytes => read += bytes,
            }
        }
        Ok::<_, std::io::Error>(true)
    };
    let outcome = tokio::time::timeout(PATIENCE, saying).await;
    match outcome {
        Ok(Ok(is_sending)) => is_sending,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the last answer of a connection was not taken");
            false
        }
        Err(_) => read > 0,
    }
}

/// Ends a connection on which the client may still be sending, for so long at the most.
pub(super) async fn linger<T>(mut stream: T, patience: Duration)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let lingering = async {
        // It may be shut down already.
        let _ = stream.shutdown().await;
        let mut rest = vec![0; LINGER_PIECE];
        let mut read = 0;
        while read < LINGER_BYTES {
            match tokio::time::timeout(LINGER_IDLE, stream.read(&mut rest)).await {
                Ok(Ok(bytes)) if bytes > 0 => read += bytes,
                _ => break,
            }
        }
    };
    if tokio::time::timeout(patience, lingering).await.is_err() {
        tracing::debug!("a client went on sending after its answer");
    }
}
