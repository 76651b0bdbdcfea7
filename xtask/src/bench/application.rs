//! An application server that answers every callback at once, so that what is measured is the store's side of it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::net::TcpListener;

use super::wire::Connection;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"Status\":\"OK\"}";

/// Listens on a free port of this machine until the runtime ends.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    answered: Rc<Cell<u64>>,
}

impl Application {
    /// Starts listening, on the thread of the load generator.
    pub(crate) async fn start() -> anyhow::Result<Application> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let answered = Rc::new(Cell::new(0));
        let count = answered.clone();
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if stream.set_nodelay(true).is_ok() {
                    tokio::task::spawn_local(answer_all(Connection::over(stream), count.clone()));
                }
            }
        });
        Ok(Application { address, answered })
    }

    /// Returns how many callbacks have been answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.get()
    }
}

async fn answer_all(mut connection: Connection, count: Rc<Cell<u64>>) {
    while let Ok(Some(())) = connection.request().await {
        count.set(count.get() + 1);
        if connection.send(ANSWER, b"").await.is_err() {
            break;
        }
    }
}
