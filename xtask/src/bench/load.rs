//! The load generator: a number of connections, each sending its next request as soon as it has the last answer.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::points::{KIB, LARGE_OBJECTS, MIB, Point, SMALL_OBJECTS, Work};
use super::procfs;
use super::servers::Contender;
use super::signing::{Request, Signer};
use super::wire::Connection;

/// Bucket of the objects that GET and LIST find.
pub(crate) const STORED: &str = "bench-stored";
/// Bucket that PUT writes to.
pub(crate) const WRITTEN: &str = "bench-written";

/// Large objects are overwritten after this many, so that a run does not fill the disk.
const LARGE_KEYS: u64 = 16;

/// One point of one server in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) server_cpu_us: f64,
    pub(crate) resident_mib: f64,
}

/// What all connections share: random bytes to send, and where callbacks go.
pub(crate) struct Material {
    bytes: Vec<u8>,
    callback: Option<String>,
    random: RefCell<Random>,
    /// How many small objects there are to read.
    small_objects: Cell<usize>,
}

impl Material {
    /// Makes random bytes that differ from run to run, since some stores keep equal content once.
    pub(crate) fn new(application: SocketAddr) -> Material {
        let seed = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64;
        let mut random = Random(seed);
        let bytes = (0..72 * MIB / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        let parameters = serde_json::json!({
            "callbackUrl": format!("http://{application}/callback"),
            "callbackBody": r#"{"object":${object},"size":${size},"etag":${etag}}"#,
            "callbackBodyType": "application/json",
        });
        Material {
            bytes,
            callback: Some(STANDARD.encode(parameters.to_string())),
            random: RefCell::new(random),
            small_objects: Cell::new(SMALL_OBJECTS),
        }
    }

    /// Has so many small objects stored and read.
    pub(crate) fn keep_small_objects(&self, objects: usize) {
        self.small_objects.set(objects);
    }

    fn body(&self, size: usize) -> &[u8] {
        let start = self.below(self.bytes.len() - size);
        self.bytes.get(start..start + size).unwrap_or_default()
    }

    fn below(&self, bound: usize) -> usize {
        (self.random.borrow_mut().next() % bound.max(1) as u64) as usize
    }
}

/// Measures one point of one server.
pub(crate) async fn measure(
    contender: &Contender,
    point: Point,
    time: Duration,
    material: &Rc<Material>,
) -> anyhow::Result<Measurement> {
    let cpu_before = contender.cpu_time()?;
    let started = Instant::now();
    let deadline = started + time;
    let latencies = run(contender, point, material, move |_| Instant::now() < deadline).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let cpu = contender.cpu_time()?.saturating_sub(cpu_before);
    let requests = latencies.len();
    let at = |share: f64| {
        latencies.get(((requests - 1) as f64 * share) as usize).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    };
    Ok(Measurement {
        requests: requests as u64,
        per_second: requests as f64 / elapsed,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        server_cpu_us: cpu.as_secs_f64() * 1e6 / requests as f64,
        resident_mib: procfs::resident_mib(contender.pid())?,
    })
}

/// Makes the buckets that the points use.
pub(crate) async fn make_buckets(contender: &Contender) -> anyhow::Result<()> {
    let address = contender.address(0)?;
    let mut connection = Connection::open(address).await?;
    let mut signer = contender.signer(address);
    for bucket in [STORED, WRITTEN] {
        let path = contender.dialect.bucket_path(bucket);
        let request = Request { method: "PUT", path: &path, query: "", body: 0, callback: None };
        let mut words = Vec::new();
        let answer = connection.exchange(&signer.head(&request), b"", Some(&mut words)).await?;
        if answer.status != 200 {
            bail!(
                "{}: making a bucket: {} {}",
                contender.name,
                answer.status,
                String::from_utf8_lossy(&words)
            );
        }
    }
    Ok(())
}

/// Stores what GET and LIST will find; says how long the small objects took.
pub(crate) async fn populate(contender: &Contender, material: &Rc<Material>) -> anyhow::Result<Duration> {
    let took = populate_small(contender, material).await?;
    populate_large(contender, material).await?;
    Ok(took)
}

/// Stores the small objects that GET and LIST will find; says how long they took.
pub(crate) async fn populate_small(
    contender: &Contender,
    material: &Rc<Material>,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    store_many(contender, material, 32, 0..material.small_objects.get(), 4 * KIB, small_key).await?;
    Ok(started.elapsed())
}

/// Stores the large objects that GET will find.
pub(crate) async fn populate_large(contender: &Contender, material: &Rc<Material>) -> anyhow::Result<()> {
    store_many(contender, material, 2, 0..LARGE_OBJECTS, 64 * MIB, large_key).await
}

/// Stores small objects until there are this many.
pub(crate) async fn grow(
    contender: &Contender,
    material: &Rc<Material>,
    objects: usize,
) -> anyhow::Result<()> {
    store_many(contender, material, 32, material.small_objects.get()..objects, 4 * KIB, small_key).await?;
    material.small_objects.set(objects);
    Ok(())
}

/// Sends `count` uploads of `size` bytes at this concurrency into the bucket that PUT writes to.
pub(crate) async fn burst(
    contender: &Contender,
    material: &Rc<Material>,
    size: usize,
    concurrency: usize,
) -> anyhow::Result<()> {
    let point = Point { name: "burst", work: Work::Put(size), concurrency, goal: None };
    run(contender, point, material, |sent| sent == 0).await.map(drop)
}

/// Runs a point until `goes_on`, asked with the number of requests its connection has sent, says no.
/// The sorted latencies of all requests.
async fn run(
    contender: &Contender,
    point: Point,
    material: &Rc<Material>,
    goes_on: impl Fn(u64) -> bool + Copy + 'static,
) -> anyhow::Result<Vec<Duration>> {
    let mut clients = Vec::new();
    for number in 0..point.concurrency {
        let client = Client::open(contender, point.work, number, material.clone()).await?;
        clients.push(tokio::task::spawn_local(client.run(goes_on)));
    }
    let mut latencies = Vec::new();
    for client in clients {
        let measured = client.await.context("the load generator failed")?;
        latencies.extend(measured.with_context(|| format!("{} at {}", contender.name, point.name))?);
    }
    latencies.sort_unstable();
    Ok(latencies)
}

async fn store_many(
    contender: &Contender,
    material: &Rc<Material>,
    connections: usize,
    numbers: Range<usize>,
    size: usize,
    key: fn(usize) -> String,
) -> anyhow::Result<()> {
    let mut clients = Vec::new();
    for first in 0..connections {
        let mut client = Client::open(contender, Work::Put(size), first, material.clone()).await?;
        let share = numbers.clone().skip(first).step_by(connections);
        clients.push(tokio::task::spawn_local(async move {
            for number in share {
                client.put(&format!("/{STORED}/{}", key(number)), size, false).await?;
            }
            anyhow::Ok(())
        }));
    }
    for client in clients {
        client
            .await
            .context("the load generator failed")?
            .with_context(|| format!("{}: populating", contender.name))?;
    }
    Ok(())
}

fn small_key(number: usize) -> String {
    format!("k/{number:08}")
}

fn large_key(number: usize) -> String {
    format!("large/{number}")
}

/// One connection with its share of a point.
struct Client {
    connection: Connection,
    signer: Signer,
    work: Work,
    material: Rc<Material>,
    /// Sets the keys of this client apart from those of all others and of earlier runs.
    mark: String,
    sent: u64,
}

impl Client {
    async fn open(
        contender: &Contender,
        work: Work,
        number: usize,
        material: Rc<Material>,
    ) -> anyhow::Result<Client> {
        let address = contender.address(number)?;
        let connection = Connection::open(address).await?;
        let mark = format!("{number}-{:x}", material.below(usize::MAX));
        Ok(Client { connection, signer: contender.signer(address), work, material, mark, sent: 0 })
    }

    async fn run(mut self, goes_on: impl Fn(u64) -> bool) -> anyhow::Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        while goes_on(self.sent) {
            let before = Instant::now();
            self.request().await?;
            latencies.push(before.elapsed());
            self.sent += 1;
        }
        Ok(latencies)
    }

    async fn request(&mut self) -> anyhow::Result<()> {
        match self.work {
            Work::Put(size) => self.put(&self.written_path(size), size, false).await,
            Work::PutWithCallback(size) => self.put(&self.written_path(size), size, true).await,
            Work::Get(size) => {
                let key = if size < MIB {
                    small_key(self.material.below(self.material.small_objects.get()))
                } else {
                    large_key(self.material.below(LARGE_OBJECTS))
                };
                self.get(&format!("/{STORED}/{key}"), "", Some(size)).await.map(drop)
            }
            Work::List(count) => self.list(count).await,
        }
    }

    fn written_path(&self, size: usize) -> String {
        if size < MIB {
            format!("/{WRITTEN}/{}/{}", self.mark, self.sent)
        } else {
            let client = self.mark.split('-').next().unwrap_or_default();
            format!("/{WRITTEN}/{size}/{client}/{}", self.sent % LARGE_KEYS)
        }
    }

    async fn put(&mut self, path: &str, size: usize, with_callback: bool) -> anyhow::Result<()> {
        let material = self.material.clone();
        let callback = if with_callback { material.callback.as_deref() } else { None };
        let head = self.signer.head(&Request { method: "PUT", path, query: "", body: size, callback });
        let answer = self.connection.exchange(&head, material.body(size), None).await?;
        if answer.status != 200 {
            bail!("PUT {path}: status {}", answer.status);
        }
        Ok(())
    }

    async fn get(&mut self, path: &str, query: &str, size: Option<usize>) -> anyhow::Result<Vec<u8>> {
        let head = self.signer.head(&Request { method: "GET", path, query, body: 0, callback: None });
        let mut body = Vec::new();
        let keep = if size.is_none() { Some(&mut body) } else { None };
        let answer = self.connection.exchange(&head, b"", keep).await?;
        if answer.status != 200 || size.is_some_and(|size| size as u64 != answer.length) {
            bail!("GET {path}: status {}, {} bytes", answer.status, answer.length);
        }
        Ok(body)
    }

    async fn list(&mut self, count: usize) -> anyhow::Result<()> {
        let after = self.material.below(self.material.small_objects.get() - count - 1);
        let query = format!("list-type=2&max-keys={count}&prefix=k%2F&start-after=k%2F{after:08}");
        let path = self.signer.dialect.bucket_path(STORED);
        let page = self.get(&path, &query, None).await?;
        // Looking through the page costs as much as a fast server needs to make it, so one page stands for all.
        if self.sent == 0 {
            let text = String::from_utf8_lossy(&page);
            let found = text.matches("<Key>").count();
            if found != count {
                bail!(
                    "LIST: {found} keys in a page of {count}: {}",
                    text.chars().take(500).collect::<String>()
                );
            }
        }
        Ok(())
    }
}

/// SplitMix64: good enough to spread keys and to make bodies that do not compress.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
