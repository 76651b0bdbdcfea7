//! A process that writes is killed over and over, at any moment: whatever it was told is stored is there and whole
//! afterwards.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use ossicle_store::{
    AppendObject, Bucket, CompleteUpload, DeleteObject, NewDelivery, NewUpload, Parts, PutObject, PutPart,
    Store, StoreOptions, StoredData,
};

/// Set for the process that is killed: the data folder.
const FOLDER: &str = "OSSICLE_TEST_KILLED_FOLDER";

const CLIENTS: u64 = 6;

/// More with `OSSICLE_KILLS`.
const KILLS: u64 = 12;

fn options() -> StoreOptions {
    StoreOptions::default().log_segment_bytes(4 << 20).inline_limit(8 << 10)
}

fn content(client: u64, number: u64) -> Vec<u8> {
    let size = [100, 4096, 9000, 40_000][usize::try_from((client + number) % 4).unwrap()];
    let mut state = (client << 32 | number) * 2 + 1;
    (0..size)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u8::try_from(state >> 56).unwrap()
        })
        .collect()
}

async fn upload(store: &Store, content: Vec<u8>) -> StoredData {
    let mut upload = store.upload(Some(content.len() as u64));
    upload.write(Bytes::from(content)).await.unwrap();
    upload.finish().await.unwrap()
}

async fn put(store: &Store, key: String, content: Vec<u8>, delivery: Option<String>) {
    let data = upload(store, content).await;
    let journal = delivery.map(|id| NewDelivery { id, due_ms: Some(1), lease: None, payload: vec![0; 200] });
    let put = PutObject { journal, ..PutObject::new("b", key, data, 1) };
    store.put_object(put).await.unwrap();
}

fn tell(what: &str, client: u64, number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {client} {number}").unwrap();
    out.flush().unwrap();
}

/// Does things of every kind until it is killed, telling each on standard output when it is acknowledged.
async fn client(store: Store, client: u64, run: u64) {
    let mut appended =
        store.object("b", &format!("{client}/log")).await.unwrap().map_or(0, |object| object.size);
    for number in run * 1_000_000.. {
        let delivery = (number % 3 == 0).then(|| format!("{client}-{number}"));
        put(&store, format!("{client}/once/{number}"), content(client, number), delivery).await;
        tell("once", client, number);
        put(&store, format!("{client}/often"), content(client, number), None).await;
        tell("often", client, number);
        let data = upload(&store, vec![b'x'; 500]).await;
        let append = AppendObject::new("b", format!("{client}/log"), appended, data, 1);
        appended = store.append_object(append).await.unwrap().size;
        tell("appended", client, appended);
        if number % 4 == 1 {
            compose(&store, client, number).await;
            tell("composed", client, number);
        }
        if number % 4 == 3 {
            let key = format!("{client}/once/{}", number - 1);
            store
                .delete_object(DeleteObject { bucket: "b".into(), key, ..DeleteObject::default() })
                .await
                .unwrap();
            tell("deleted", client, number - 1);
        }
    }
}

async fn compose(store: &Store, client: u64, number: u64) {
    let (bucket, key) = ("b".to_owned(), format!("{client}/parts/{number}"));
    let new = NewUpload { bucket: bucket.clone(), key: key.clone(), ..NewUpload::default() };
    let upload_id = store.initiate(new).await.unwrap();
    for part in 1..=3 {
        let data = upload(store, content(client, number + u64::from(part))).await;
        let part = PutPart {
            bucket: bucket.clone(),
            key: key.clone(),
            upload_id: upload_id.clone(),
            number: part,
            data,
            now_ms: 1,
        };
        store.put_part(part).await.unwrap();
    }
    let complete = CompleteUpload::new(bucket, key, upload_id, Parts::All, 1);
    store.complete(complete).await.unwrap();
}

/// Not a test of its own: what the process that is killed does. Without the variable it has nothing to do.
#[test]
fn process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let run = std::env::var("RUN").unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(Path::new(&folder), options()).unwrap();
        store.create_bucket(Bucket { name: "b".into(), ..Bucket::default() }).await.unwrap();
        let clients: Vec<_> = (0..CLIENTS).map(|n| tokio::spawn(client(store.clone(), n, run))).collect();
        for client in clients {
            client.await.unwrap();
        }
    });
}

/// What was acknowledged, over all runs.
#[derive(Debug, Default)]
struct Acknowledged {
    once: BTreeMap<(u64, u64), bool>,
    often: BTreeMap<u64, u64>,
    appended: BTreeMap<u64, u64>,
    composed: Vec<(u64, u64)>,
}

impl Acknowledged {
    fn take(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let [what, client, number] = words[..] else { return };
        let (Ok(client), Ok(number)) = (client.parse(), number.parse()) else { return };
        match what {
            "once" => drop(self.once.insert((client, number), true)),
            "deleted" => drop(self.once.insert((client, number), false)),
            "often" => drop(self.often.insert(client, number)),
            "appended" => drop(self.appended.insert(client, number)),
            "composed" => self.composed.push((client, number)),
            _ => {}
        }
    }

    async fn check(&self, store: &Store, run: u64) {
        for ((client, number), there) in &self.once {
            let found = read(store, &format!("{client}/once/{number}")).await;
            if *there {
                // The deletion may have happened and not been told.
                let deleted_next = number % 4 == 2 && found.is_none();
                let whole = found.as_ref() == Some(&content(*client, *number));
                assert!(whole || deleted_next, "{client}/once/{number}: {:?} bytes", found.map(|c| c.len()));
            } else {
                assert_eq!(found, None, "{client}/once/{number} was deleted");
            }
            if number % 3 == 0 {
                assert!(store.delivery(&format!("{client}-{number}")).await.unwrap().is_some());
            }
        }
        for (client, number) in &self.often {
            let found = read(store, &format!("{client}/often")).await.unwrap();
            let matches = (*number..number + 2).any(|number| found == content(*client, number));
            // The first of a later run may have been written and not told.
            let is_first =
                (number / 1_000_000 + 1..=run).any(|run| found == content(*client, run * 1_000_000));
            assert!(matches || is_first, "{client}/often after {number}");
        }
        for (client, length) in &self.appended {
            let found = read(store, &format!("{client}/log")).await.unwrap();
            assert!(found.len() as u64 >= *length && found.iter().all(|byte| *byte == b'x'));
        }
        for (client, number) in &self.composed {
            let expected: Vec<_> = (1..=3).flat_map(|part| content(*client, number + part)).collect();
            assert_eq!(read(store, &format!("{client}/parts/{number}")).await, Some(expected));
        }
    }
}

async fn read(store: &Store, key: &str) -> Option<Vec<u8>> {
    let object = store.open_object("b", key).await.unwrap()?;
    let mut reader = store.read(&object, 0..u64::MAX);
    let mut content = Vec::new();
    while let Some(piece) = reader.next().await {
        content.extend_from_slice(&piece.unwrap());
    }
    Some(content)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_over_and_over() {
    let kills = std::env::var("OSSICLE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for run in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process_that_is_killed", "--nocapture"])
            .env(FOLDER, dir.path())
            .env("RUN", run.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || out.lines().map_while(Result::ok).collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(150 + run * 97 % 700)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for line in reader.join().unwrap() {
            acknowledged.take(&line);
        }
        let store = Store::open(dir.path(), options()).unwrap();
        if store.bucket("b").await.unwrap().is_some() {
            acknowledged.check(&store, run).await;
            let report = store.fsck(false).await.unwrap();
            assert!(report.is_sound(), "after kill {run}: {report:?}");
        }
        // Sometimes in order, sometimes not.
        if run % 3 == 0 {
            store.close().await;
        }
    }
    assert!(acknowledged.once.len() > 20, "{} objects", acknowledged.once.len());
}
