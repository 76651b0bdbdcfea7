//! The last words on a connection that is not served: an answer that is written whole, and an end that lets the client read it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How long the client has to take the answer and to end its side.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read after the answer.
const LEFTOVERS: usize = 64 * 1024;

const PIECE: usize = 1024;

/// Reads the head of a request, which is not looked at, and answers. Whoever is still sending could not read an answer
/// before.
pub(super) async fn refuse<T>(mut stream: T, answer: impl FnOnce() -> Vec<u8>)
where
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
    say(stream, &answer()).await;
}

/// Writes an answer and ends the connection. One that is closed over unread bytes is reset, and the reset destroys the
/// answer on its way.
pub(super) async fn say<T>(mut stream: T, answer: &[u8])
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let saying = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; PIECE];
        let mut read = 0;
        while read < LEFTOVERS {
            match stream.read(&mut rest).await? {
                0 => break,
                bytes => read += bytes,
            }
        }
        Ok::<_, std::io::Error>(())
    };
    if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, saying).await {
        tracing::debug!(%error, "the last answer of a connection was not taken");
    }
}
