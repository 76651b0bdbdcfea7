//! One connection of a client: its requests go to nodes and the answers come back, byte for byte.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::Nodes;
use super::framing::{Message, Progress, Side};

/// How long a client may go on sending after the node has closed the connection.
const LINGER: Duration = Duration::from_secs(2);

/// What one side knows of the other.
#[derive(Debug, Default)]
struct Exchange {
    is_head: AtomicBool,
    /// The request has been passed on whole.
    is_sent: AtomicBool,
}

/// Serves a client until the connection ends.
pub(super) async fn serve(mut client: TcpStream, nodes: &Nodes) {
    if client.set_nodelay(true).is_err() || converse(&mut client, nodes).await.is_err() {
        return;
    }
    // What it still sends must not make the system throw away the end of the answer.
    let _ = client.shutdown().await;
    let mut nowhere = tokio::io::sink();
    let drained = tokio::io::copy(&mut client, &mut nowhere);
    let _ = tokio::time::timeout(LINGER, drained).await;
}

async fn converse(client: &mut TcpStream, nodes: &Nodes) -> io::Result<()> {
    let mut node = nodes.connect().await?;
    let mut pending = Vec::new();
    let mut is_first = true;
    loop {
        if pending.is_empty() {
            let Some(bytes) = next_request(client, &mut node).await? else { return Ok(()) };
            pending = bytes;
        }
        if !std::mem::take(&mut is_first) {
            node = nodes.connect().await?;
        }
        match exchange(client, &mut node, pending).await? {
            Some(rest) => pending = rest,
            None => return Ok(()),
        }
    }
}

/// Waits for the first bytes of a request. None comes when the client or the node that it talked with last is through.
async fn next_request(client: &mut TcpStream, node: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let (mut bytes, mut unasked) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            biased;
            length = node.read(&mut unasked) => match length {
                Ok(length @ 1..) => client.write_all(unasked.get(..length).unwrap_or_default()).await?,
                _ => return Ok(None),
            },
            length = client.read(&mut bytes) => {
                let length = length?;
                bytes.truncate(length);
                if length > 0 {
                    return Ok(Some(bytes));
                }
                node.shutdown().await?;
                tokio::io::copy(node, client).await?;
                return Ok(None);
            }
        }
    }
}

/// Passes a request on and its answer back; what came behind the request, or nothing where the connection ends.
async fn exchange(
    client: &mut TcpStream,
    node: &mut TcpStream,
    first: Vec<u8>,
) -> io::Result<Option<Vec<u8>>> {
    let known = Exchange::default();
    let (from_client, to_client) = client.split();
    let (from_node, to_node) = node.split();
    let mut requests = std::pin::pin!(pass_request(first, from_client, to_node, &known));
    let mut answers = std::pin::pin!(pass_answer(from_node, to_client, &known));
    tokio::select! {
        rest = &mut requests => {
            let rest = rest?;
            let goes_on = answers.await?;
            Ok(rest.filter(|_| goes_on))
        }
        // It ends only with the connection, as long as the request has not.
        ended = &mut answers => ended.map(|_| None),
    }
}

/// Passes a request on; what came behind it, or nothing if its end is the client's.
async fn pass_request(
    mut bytes: Vec<u8>,
    mut client: ReadHalf<'_>,
    mut node: WriteHalf<'_>,
    known: &Exchange,
) -> io::Result<Option<Vec<u8>>> {
    let mut message = Message::new(Side::Requests);
    loop {
        let progress = message.take(&bytes);
        known.is_head.store(message.is_head, Ordering::Relaxed);
        let rest = if let Progress::Ends(length) = progress { bytes.split_off(length) } else { Vec::new() };
        if node.write_all(&bytes).await.is_err() {
            // The node reads no more; it may have answered.
            return Ok(None);
        }
        match progress {
            Progress::Ends(_) => {
                known.is_sent.store(true, Ordering::Relaxed);
                return Ok(Some(rest));
            }
            Progress::Goes => {}
            Progress::Unknown => {
                let _ = tokio::io::copy(&mut client, &mut node).await;
                let _ = node.shutdown().await;
                return Ok(None);
            }
        }
        bytes.resize(1 << 16, 0);
        let length = client.read(&mut bytes).await?;
        bytes.truncate(length);
        if length == 0 {
            let _ = node.shutdown().await;
            return Ok(None);
        }
    }
}

/// Passes an answer back, and tells whether another may follow.
async fn pass_answer(
    mut node: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    known: &Exchange,
) -> io::Result<bool> {
    let mut message = None;
    let mut bytes = vec![0; 1 << 16];
    loop {
        let Ok(length @ 1..) = node.read(&mut bytes).await else { return Ok(false) };
        let piece = bytes.get(..length).unwrap_or_default();
        let to_head = known.is_head.load(Ordering::Relaxed);
        let message = message.get_or_insert_with(|| Message::new(Side::Answers { to_head }));
        let progress = message.take(piece);
        client.write_all(piece).await?;
        match progress {
            Progress::Goes => {}
            Progress::Ends(end) if end == length && known.is_sent.load(Ordering::Relaxed) => return Ok(true),
            // An answer before the whole request, or more than one: they can be told apart no more.
            Progress::Ends(_) | Progress::Unknown => {
                tokio::io::copy(&mut node, &mut client).await?;
                return Ok(false);
            }
        }
    }
}
