//! The threads that serve connections. Each has a runtime of its own, and a connection stays with its thread: the system
//! wakes the very thread that a request is for, and no thread waits for another to notice. Work that may take long goes to
//! the runtime's blocking threads, since it would hold up the other connections of its thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// Blocking threads of each of them, which wait for the disk and for names to be looked up. More would not make a disk
/// quicker, and each keeps some memory: thousands of reads at a time wait for their turn instead.
const BLOCKING_THREADS: usize = 40;

/// The threads. Dropping it ends them and what still runs on them.
#[derive(Debug)]
pub(crate) struct ServingThreads {
    threads: Vec<ServingThread>,
}

#[derive(Debug)]
struct ServingThread {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
    /// Dropped to end the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A connection that a thread was chosen for, until this is dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ServingThreads {
    /// Starts `count` threads; 0 means one for each processor.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = if count > 0 { count } else { processors() };
        let threads = (1..=count).map(ServingThread::start).collect::<Result<_, _>>()?;
        Ok(Self { threads })
    }

    /// Runs what serves a connection on the thread that has the fewest.
    pub(crate) fn serve(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let load = |thread: &&ServingThread| thread.connections.load(Ordering::Relaxed);
        let Some(thread) = self.threads.iter().min_by_key(load) else { return };
        let counted = Counted::new(&thread.connections);
        thread.runtime.spawn(async move {
            connection.await;
            drop(counted);
        });
    }
}

impl ServingThread {
    fn start(number: usize) -> io::Result<Self> {
        let runtime =
            Builder::new_current_thread().max_blocking_threads(BLOCKING_THREADS).enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(format!("ossicle-serve-{number}"))
            .spawn(move || run(runtime, stopped))?;
        Ok(Self { runtime: handle, connections: Arc::default(), stop: Some(stop), thread: Some(thread) })
    }
}

/// Drives the runtime until the other end is dropped.
fn run(runtime: Runtime, stopped: oneshot::Receiver<()>) {
    // Nothing is ever sent.
    let _ = runtime.block_on(stopped);
    // Blocking work that still runs concerns nobody any more.
    runtime.shutdown_background();
}

impl Drop for ServingThreads {
    fn drop(&mut self) {
        for thread in &mut self.threads {
            thread.stop = None;
        }
        for thread in &mut self.threads {
            if let Some(Err(_)) = thread.thread.take().map(JoinHandle::join) {
                tracing::error!("a thread that served connections has panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_are_spread_and_make_room_when_they_end() {
        let threads = ServingThreads::start(2).unwrap();
        let (tell, told) = channel();
        let mut open = Vec::new();
        let mut serve = || {
            let (close, closed) = tokio::sync::oneshot::channel::<()>();
            let tell = tell.clone();
            threads.serve(async move {
                tell.send(std::thread::current().name().map(str::to_owned)).unwrap();
                let _ = closed.await;
            });
            open.push(close);
            told.recv_timeout(Duration::from_secs(10)).unwrap()
        };
        let (first, second) = (serve(), serve());
        assert_ne!(first, second);
        let loads = || threads.threads.iter().map(|t| t.connections.load(Ordering::Relaxed)).sum::<usize>();
        assert_eq!(loads(), 2);
        open.clear();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while loads() > 0 && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(loads(), 0);
    }

    #[test]
    fn dropping_the_threads_drops_what_runs_on_them() {
        struct Held(std::sync::mpsc::Sender<()>);
        impl Drop for Held {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let threads = ServingThreads::start(1).unwrap();
        let (tell, told) = channel();
        let held = Held(tell);
        threads.serve(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        drop(threads);
        assert!(told.recv_timeout(Duration::from_secs(10)).is_ok());
    }
}
