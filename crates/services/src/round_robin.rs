//! A proxy before several nodes that sends one request after the other to another of them, those of one connection as well. It
//! changes no byte of them. What it cannot tell apart into requests stays with one node until the connection ends.

mod exchange;
mod framing;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// The proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct RoundRobin {
    address: SocketAddr,
    /// `None` after the end.
    runtime: Option<Runtime>,
}

/// The nodes, and whose turn it is.
#[derive(Debug)]
struct Nodes {
    addresses: Vec<SocketAddr>,
    turn: AtomicUsize,
}

impl RoundRobin {
    /// Starts a proxy before these nodes.
    pub fn start(nodes: &[SocketAddr]) -> io::Result<Self> {
        let runtime = crate::network_runtime()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let nodes = Arc::new(Nodes { addresses: nodes.to_vec(), turn: AtomicUsize::new(0) });
        runtime.spawn(async move {
            loop {
                if let Ok((client, _)) = listener.accept().await {
                    let nodes = Arc::clone(&nodes);
                    tokio::spawn(async move { exchange::serve(client, &nodes).await });
                }
            }
        });
        Ok(Self { address, runtime: Some(runtime) })
    }

    /// Returns where the nodes are reached.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Nodes {
    /// Connects with the node whose turn it is, or the next one that lets anybody in.
    async fn connect(&self) -> io::Result<TcpStream> {
        let mut refused = io::Error::other("there are no nodes");
        for _ in 0..self.addresses.len() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.addresses.len();
            let Some(address) = self.addresses.get(turn) else { continue };
            match TcpStream::connect(address).await {
                Ok(node) => {
                    node.set_nodelay(true)?;
                    return Ok(node);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}
