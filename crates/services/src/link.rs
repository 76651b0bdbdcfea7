//! The network between a node and a service: a proxy that can be cut, held and slowed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// A link to one service. It ends when it is dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    upstream: SocketAddr,
    state: watch::Sender<State>,
    /// `None` after the end.
    runtime: Option<Runtime>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    is_cut: bool,
    is_held: bool,
    delay: Duration,
}

impl Link {
    /// Starts a link to the service at this address.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let runtime = crate::network_runtime()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::default());
        runtime.spawn(async move {
            loop {
                if let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(client, upstream, watched.clone()));
                }
            }
        });
        Ok(Self { address, upstream, state, runtime: Some(runtime) })
    }

    /// Returns where the service is reached through this link.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a URL with this link's address instead of the service's.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.upstream.to_string(), &self.address.to_string())
    }

    /// Ends all connections and lets nobody through until it is mended.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.is_cut = true);
    }

    /// Keeps everything that is sent until it is mended; nobody learns that it does not arrive.
    pub fn hold(&self) {
        self.state.send_modify(|state| state.is_held = true);
    }

    /// Lets every piece that is sent wait for so long.
    pub fn slow(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// Makes it whole and fast again.
    pub fn mend(&self) {
        self.state.send_replace(State::default());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(client: TcpStream, upstream: SocketAddr, mut state: watch::Receiver<State>) {
    if state.borrow().is_cut || client.set_nodelay(true).is_err() {
        return;
    }
    let Ok(()) = wait_until(&mut state, |state| !state.is_held).await else { return };
    let Ok(service) = TcpStream::connect(upstream).await else { return };
    if service.set_nodelay(true).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_service, to_service) = service.into_split();
    let both = async {
        tokio::join!(
            pass(from_client, to_service, state.clone()),
            pass(from_service, to_client, state.clone())
        )
    };
    let mut cut = state.clone();
    tokio::select! {
        _ = both => {}
        _ = wait_until(&mut cut, |state| state.is_cut) => {}
    }
}

/// Passes on what comes until it ends or the link is cut.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delay = state.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if wait_until(&mut state, |state| !state.is_held).await.is_err() {
            return;
        }
        if to.write_all(buffer.get(..length).unwrap_or_default()).await.is_err() {
            break;
        }
    }
    let _ = wait_until(&mut state, |state| !state.is_held).await;
    let _ = to.shutdown().await;
}

async fn wait_until(
    state: &mut watch::Receiver<State>,
    is_so: impl FnMut(&State) -> bool,
) -> Result<(), watch::error::RecvError> {
    state.wait_for(is_so).await.map(drop)
}
