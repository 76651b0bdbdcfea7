//! Measures the store alone, with no protocol around it: durable puts, gets and listings, and the processor time
//! each takes.
//!
//! `cargo run --release -p ossicle-store --example measure [-- FOLDER [SECONDS [relaxed]]]`
//!
//! `FILL=1000000` puts so many objects of 1 KiB and tells how long opening takes, in order and not.
//! `CHURN=1000` overwrites so many objects of 4 KiB over and over and tells how much the folder grows.
//! `ONLY=put` measures only puts, `ONLY=get` reading, `ONLY='put 4 KiB, 32'` only what begins so; `INLINE_LIMIT=32768` sets what travels in the commit.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ossicle_store::{
    Attributes, Bucket, Durability, ListObjects, NewDelivery, PutObject, Store, StoreOptions,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// One kind of work, repeated by some tasks at once.
struct Point {
    name: &'static str,
    tasks: u64,
    bytes: usize,
    journal: bool,
}

const PUTS: [Point; 13] = [
    Point { name: "put 4 KiB, 1 at once", tasks: 1, bytes: 4096, journal: false },
    Point { name: "put 4 KiB, 32 at once", tasks: 32, bytes: 4096, journal: false },
    Point { name: "put 4 KiB + journal, 32 at once", tasks: 32, bytes: 4096, journal: true },
    Point { name: "put 1 MiB, 8 at once", tasks: 8, bytes: 1 << 20, journal: false },
    Point { name: "put 64 MiB, 2 at once", tasks: 2, bytes: 64 << 20, journal: false },
    // Sizes about where content ceases to travel in the commit.
    Point { name: "put 16 KiB, 1 at once", tasks: 1, bytes: 16 << 10, journal: false },
    Point { name: "put 16 KiB, 8 at once", tasks: 8, bytes: 16 << 10, journal: false },
    Point { name: "put 32 KiB, 1 at once", tasks: 1, bytes: 32 << 10, journal: false },
    Point { name: "put 32 KiB, 8 at once", tasks: 8, bytes: 32 << 10, journal: false },
    Point { name: "put 64 KiB, 1 at once", tasks: 1, bytes: 64 << 10, journal: false },
    Point { name: "put 64 KiB, 8 at once", tasks: 8, bytes: 64 << 10, journal: false },
    Point { name: "put 128 KiB, 1 at once", tasks: 1, bytes: 128 << 10, journal: false },
    Point { name: "put 128 KiB, 8 at once", tasks: 8, bytes: 128 << 10, journal: false },
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("ossicle-measure"), PathBuf::from);
    let seconds = arguments.next().map_or(Ok(3), |text| text.parse::<u64>())?;
    let relaxed = arguments.next().is_some_and(|word| word == "relaxed");
    let durability = if relaxed { Durability::Relaxed } else { Durability::Durable };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut options = StoreOptions::default().durability(durability);
    if let Ok(text) = std::env::var("INLINE_LIMIT") {
        options = options.inline_limit(text.parse()?);
    }
    let store = Store::open(&folder, options)?;
    store.create_bucket(Bucket { name: "b".into(), ..Bucket::default() }).await?;
    let time = Duration::from_secs(seconds);
    if let Ok(count) = std::env::var("FILL") {
        return fill(store, &folder, count.parse()?).await;
    }
    if let Ok(count) = std::env::var("CHURN") {
        return churn(store, &folder, count.parse()?).await;
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    for point in PUTS.iter().filter(|point| point.name.starts_with(&only)) {
        measure_puts(&store, point, time).await?;
    }
    if only.is_empty() || only == "get" {
        if only == "get" {
            measure_puts(&store, &PUTS[1], Duration::from_secs(1)).await?;
            measure_puts(&store, &PUTS[3], Duration::from_secs(1)).await?;
            measure_puts(&store, &PUTS[4], Duration::from_secs(1)).await?;
        }
        measure_gets(&store, time).await?;
        measure_lists(&store, time, "put 4 KiB, 32 at once/").await?;
    }
    println!("{:?}", store.figures());
    let start = Instant::now();
    store.close().await;
    println!("closed in {:?}; at most {} MiB in memory", start.elapsed(), peak_memory_mib()?);
    drop(store);
    let start = Instant::now();
    let store = Store::open(&folder, StoreOptions::default())?;
    println!("opened in {:?}", start.elapsed());
    store.close().await;
    drop(store);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn churn(store: Store, folder: &std::path::Path, count: u64) -> Outcome<()> {
    let content = Bytes::from(vec![7_u8; 4096]);
    for round in 1..=20 {
        let mut tasks = Vec::new();
        for task in 0..32 {
            let (store, content) = (store.clone(), content.clone());
            tasks.push(tokio::spawn(async move {
                for number in 0..1000 {
                    put(&store, "churn", (task * 1000 + number) % count, &content, false).await?;
                }
                Ok::<_, Box<dyn Error + Send + Sync>>(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        let used = folder_bytes(folder)? >> 20;
        println!(
            "{} MiB written, {used} MiB used, at most {} MiB in memory",
            round * 125,
            peak_memory_mib()?
        );
    }
    store.close().await;
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn folder_bytes(folder: &std::path::Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Files come and go meanwhile.
        bytes += match fs::metadata(&path) {
            Ok(found) if found.is_dir() => folder_bytes(&path)?,
            Ok(found) => found.len(),
            Err(_) => 0,
        };
    }
    Ok(bytes)
}

async fn fill(store: Store, folder: &std::path::Path, count: u64) -> Outcome<()> {
    let content = Bytes::from(vec![7_u8; 1024]);
    let start = Instant::now();
    let mut tasks = Vec::new();
    for task in 0..64 {
        let (store, content) = (store.clone(), content.clone());
        tasks.push(tokio::spawn(async move {
            for number in (task..count).step_by(64) {
                put(&store, "fill", number, &content, false).await?;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    println!("{count} puts in {:?}; at most {} MiB in memory", start.elapsed(), peak_memory_mib()?);
    measure_lists(&store, Duration::from_secs(2), "fill/").await?;
    drop(store);
    for in_order in [false, true] {
        let start = Instant::now();
        let store = Store::open(folder, StoreOptions::default())?;
        println!("opened in {:?}", start.elapsed());
        let objects = store.bucket_stat("b").await?.objects;
        for number in 0..20_000 {
            put(&store, "more", number, &content, false).await?;
        }
        if in_order {
            let start = Instant::now();
            store.close().await;
            println!("{objects} objects; closed in {:?}", start.elapsed());
        }
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

async fn measure_puts(store: &Store, point: &Point, time: Duration) -> Outcome<()> {
    let content = Bytes::from(vec![7_u8; point.bytes]);
    let next = Arc::new(AtomicU64::new(0));
    let before = store.figures();
    let (cpu, start) = (cpu_time()?, Instant::now());
    let mut tasks = Vec::new();
    for _ in 0..point.tasks {
        let (store, content, next) = (store.clone(), content.clone(), Arc::clone(&next));
        let (name, journal) = (point.name, point.journal);
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < time {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let began = Instant::now();
                put(&store, name, number, &content, journal).await?;
                times.push(began.elapsed());
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let after = store.figures();
    let commits = after.commits - before.commits;
    let sync = (after.sync_us - before.sync_us).checked_div(commits).unwrap_or(0);
    report(point.name, &mut times, start.elapsed(), cpu_time()? - cpu, point.bytes);
    println!("    {:.1} puts a commit, {sync} us a sync", times.len() as f64 / commits.max(1) as f64);
    Ok(())
}

async fn put(store: &Store, name: &str, number: u64, content: &Bytes, journal: bool) -> Outcome<()> {
    let mut upload = store.upload(Some(content.len() as u64));
    // As pieces come off a connection.
    for start in (0..content.len()).step_by(256 << 10) {
        upload.write(content.slice(start..content.len().min(start + (256 << 10)))).await?;
    }
    let data = upload.finish().await?;
    let key = format!("{name}/{:06}", number.wrapping_mul(2_654_435_761) % 1_000_000);
    let journal = journal.then(|| NewDelivery {
        id: format!("{number:026}"),
        due_ms: Some(1_000_000),
        payload: vec![b'x'; 600],
        ..NewDelivery::default()
    });
    store
        .put_object(PutObject {
            attributes: Attributes {
                content_type: "application/octet-stream".into(),
                ..Attributes::default()
            },
            journal,
            ..PutObject::new("b", key, data, 0)
        })
        .await?;
    Ok(())
}

async fn measure_gets(store: &Store, time: Duration) -> Outcome<()> {
    for (name, point, tasks) in
        [("get 4 KiB, 32 at once", 1, 32), ("get 1 MiB, 8 at once", 4, 8), ("get 64 MiB, 2 at once", 5, 2)]
    {
        let Some(point) = PUTS.get(point) else { continue };
        let prefix = format!("{}/", point.name);
        let which = ListObjects { bucket: "b".into(), prefix, max: 20_000, ..ListObjects::default() };
        let keys: Vec<_> =
            store.list_objects(&which).await?.objects.into_iter().map(|object| object.key).collect();
        let keys = Arc::new(keys);
        let (cpu, start) = (cpu_time()?, Instant::now());
        let mut running = Vec::new();
        for task in 0..tasks {
            let (store, keys) = (store.clone(), Arc::clone(&keys));
            running.push(tokio::spawn(async move {
                let mut times = Vec::new();
                let mut at = task;
                while start.elapsed() < time {
                    let began = Instant::now();
                    at = (at * 31 + 17) % keys.len();
                    let key = keys.get(at).ok_or("there are no keys")?;
                    let object =
                        store.open_object("b", key).await?.ok_or("a key that was listed is missing")?;
                    let mut reader = store.read(&object, 0..u64::MAX);
                    while let Some(piece) = reader.next().await {
                        piece?;
                    }
                    times.push(began.elapsed());
                    if times.len() % 16 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                Ok::<_, Box<dyn Error + Send + Sync>>(times)
            }));
        }
        let mut times = Vec::new();
        for task in running {
            times.extend(task.await??);
        }
        report(name, &mut times, start.elapsed(), cpu_time()? - cpu, point.bytes);
    }
    Ok(())
}

async fn measure_lists(store: &Store, time: Duration, prefix: &str) -> Outcome<()> {
    let (cpu, start) = (cpu_time()?, Instant::now());
    let mut times = Vec::new();
    let mut after = String::new();
    while start.elapsed() < time {
        let began = Instant::now();
        let prefix = prefix.to_owned();
        let which = ListObjects { bucket: "b".into(), prefix, after, max: 1000, ..ListObjects::default() };
        after = store.list_objects(&which).await?.next.unwrap_or_default();
        times.push(began.elapsed());
    }
    report("list 1000, 1 at once", &mut times, start.elapsed(), cpu_time()? - cpu, 0);
    Ok(())
}

fn report(name: &str, times: &mut [Duration], elapsed: Duration, cpu: Duration, bytes: usize) {
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let rate = times.len() as f64 / elapsed.as_secs_f64();
    println!(
        "{name}: {rate:.0}/s, {:.0} MiB/s, {:?} CPU each, p50 {:?}, p99 {:?}, max {:?}",
        rate * bytes as f64 / (1 << 20) as f64,
        cpu / u32::try_from(times.len().max(1)).unwrap_or(u32::MAX),
        at(0.5),
        at(0.99),
        times.last().copied().unwrap_or_default(),
    );
}

/// Processor time of this process so far.
fn cpu_time() -> Outcome<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
}

fn peak_memory_mib() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    let kib: u64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kib / 1024)
}
