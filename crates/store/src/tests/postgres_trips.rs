//! How often an operation waits for the database: counted on the wire, by a proxy before the server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::postgres_server::{server, url_of};
use super::support::{append, bucket, delete, get, open_at, options, put, put_of, read, stored};
use crate::{BucketDocument, Sought, Store};

/// A proxy that counts how often somebody asked for something after everything before had been answered. What is sent
/// without waiting for the answer counts once.
struct Counter {
    address: SocketAddr,
    upstream: SocketAddr,
    trips: Arc<AtomicU64>,
}

impl Counter {
    fn start(port: u16) -> Self {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let counter = Self { address: listener.local_addr().unwrap(), upstream, trips: Arc::default() };
        let trips = Arc::clone(&counter.trips);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(upstream).unwrap());
                serve(client, server, &trips);
            }
        });
        counter
    }

    fn url(&self, url: &str) -> String {
        url.replace(&self.upstream.to_string(), &self.address.to_string())
    }

    /// Counts the waits of some work.
    async fn of<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.trips.load(Ordering::SeqCst);
        let output = work.await;
        (self.trips.load(Ordering::SeqCst) - before, output)
    }
}

/// Passes bytes both ways. A chunk of the client's after one of the server's begins another round trip.
fn serve(client: TcpStream, server: TcpStream, trips: &Arc<AtomicU64>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let was_answered = Arc::new(AtomicBool::new(true));
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (answered, trips) = (Arc::clone(&was_answered), Arc::clone(trips));
    std::thread::spawn(move || {
        pass(from, to, || {
            if answered.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    std::thread::spawn(move || pass(server, client, || was_answered.store(true, Ordering::SeqCst)));
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut()) {
    let mut buffer = vec![0; 1 << 18];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note();
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// A store behind a counter, with nothing going on in the background.
async fn counted() -> Option<(TempDir, Counter, Store)> {
    let server = server()?;
    let dir = tempfile::tempdir().unwrap();
    let counter = Counter::start(server.port());
    let quiet = options().reclaim_interval(Duration::from_secs(3600));
    let url = counter.url(&url_of(server, dir.path()));
    let store = open_at(&url, dir.path(), &quiet).unwrap();
    bucket(&store, "b").await;
    // Both lanes and a reader are connected.
    for key in ["x", "y", "z"] {
        put(&store, key, b"x").await;
    }
    get(&store, "x").await;
    Some((dir, counter, store))
}

fn sought(key: &str) -> Option<Sought<'_>> {
    Some(Sought { key, reads: true })
}

#[tokio::test]
async fn a_get_of_a_small_object_waits_once_for_bucket_object_and_content() {
    let Some((_dir, counter, store)) = counted().await else { return };
    put(&store, "k", b"content").await;
    store.visit("b", None).await.unwrap();
    let (trips, visit) = counter.of(store.visit("b", sought("k"))).await;
    assert_eq!(trips, 1);
    let object = visit.unwrap().object.unwrap().unwrap();
    let (trips, content) = counter.of(read(&store, &object, 0..100)).await;
    assert_eq!((trips, content.unwrap()), (0, b"content".to_vec()), "its content came along");
    let (trips, visit) = counter.of(store.visit("b", sought("missing"))).await;
    assert_eq!((trips, visit.unwrap().object.unwrap().is_none()), (1, true));
    assert_eq!(counter.of(store.open_object("b", "k")).await.0, 1);
    assert_eq!(counter.of(store.object("b", "k")).await.0, 1);
    store.close().await;
}

#[tokio::test]
async fn a_put_waits_twice_and_one_over_an_object_three_times() {
    let Some((_dir, counter, store)) = counted().await else { return };
    assert_eq!(counter.of(put(&store, "new", b"1")).await.0, 2);
    assert_eq!(counter.of(put(&store, "new", b"2")).await.0, 3);
    assert_eq!(counter.of(delete(&store, "new")).await.0, 3);
    assert_eq!(counter.of(append(&store, "log", 0, b"1")).await.0, 2);
    assert_eq!(counter.of(append(&store, "log", 1, b"2")).await.0, 2);
    store.close().await;
}

#[tokio::test]
async fn a_batch_of_puts_waits_no_more_often_than_one() {
    let Some((_dir, counter, store)) = counted().await else { return };
    let keys: Vec<_> = (0..200).map(|n| format!("k{n:03}")).collect();
    let mut undisturbed = 0;
    for round in 0..20 {
        let content = [round; 3];
        let data = futures_util::future::join_all(keys.iter().map(|_| stored(&store, &content))).await;
        let puts = keys.iter().zip(data).map(|(key, data)| store.put_object(put_of("b", key, data.unwrap())));
        let before = store.figures();
        let (trips, results) = counter.of(futures_util::future::join_all(puts)).await;
        assert!(results.into_iter().all(|result| result.is_ok()));
        let batches = store.figures().commits - before.commits;
        assert!(batches <= 20, "{round}: {batches} batches");
        // A batch that another was in the way of comes again in halves. Answers may come while a large one is being sent, which
        // looks like more trips than there are; one for each put would be far more.
        if store.figures().conflicts == before.conflicts {
            assert!(trips <= 3 * batches + 20, "{round}: {trips} round trips for {batches} batches");
            undisturbed += 1;
        }
    }
    assert!(undisturbed > 0, "every round was disturbed");
    store.close().await;
}

#[tokio::test]
async fn what_one_node_has_acknowledged_the_next_request_to_another_sees() {
    let Some((dir, counter, store)) = counted().await else { return };
    let folder = dir.path().join("other");
    std::fs::create_dir(&folder).unwrap();
    let url = counter.url(&url_of(server().unwrap(), dir.path()));
    let other = open_at(&url, &folder, &options()).unwrap();
    let document = BucketDocument::numbered(1);
    for n in 0..20_u8 {
        let content = [n; 3];
        put(&store, "k", &content).await;
        let seen = other.visit("b", sought("k")).await.unwrap();
        assert_eq!(read(&other, &seen.object.unwrap().unwrap(), 0..9).await.unwrap(), content);
        let block = n % 2 == 0;
        store.set_bucket_public_access_block("b", block).await.unwrap();
        assert_eq!(other.visit("b", None).await.unwrap().bucket.unwrap().block_public_access, block);
        store.set_bucket_document("b", document, Some(vec![n])).await.unwrap();
        let bucket = other.visit("b", None).await.unwrap().bucket.unwrap();
        assert_eq!(other.bucket_documents(&bucket.name).await.unwrap(), [(document, [n].into())]);
    }
    let before = other.visit("b", None).await.unwrap().identity_version.unwrap();
    let account = crate::Account { uid: "1".into(), name: "one".into(), ..crate::Account::default() };
    store.create_account(account).await.unwrap();
    assert_ne!(other.visit("b", None).await.unwrap().identity_version, Some(before));
    store.close().await;
    other.close().await;
}
