//! A disk that is really full, under the whole server: uploads of every kind are refused with an answer that says to
//! try again, nothing of what was refused is left, what was acknowledged can be read, deletions work and give the
//! space back, and neither a kill nor a restart changes any of that.
//!
//! It fills a file system, which takes minutes, so it runs only where it is given one to fill: as root,
//! `mount -t tmpfs -o size=600m tmpfs DIR`, then `OSSICLE_SMALL_DISK=DIR cargo test -p ossicle-server --test delivery
//! full_disk`. The store's own tests have a simulated disk of limited size and run everywhere.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::wire::Wire;
use crate::harness::{Answer, Application, Bucket, Request, Server, Setup};
use crate::upload::callback;

/// Uploads at once.
const CLIENTS: u64 = 8;

/// A client ends after this many refusals of small uploads in a row.
const REFUSALS: u32 = 12;

/// What the clients were told.
#[derive(Debug, Default)]
struct Told {
    /// The content of every key that was acknowledged, as its length; the bytes follow from key and length.
    kept: BTreeMap<String, usize>,
    refused: BTreeMap<&'static str, u32>,
    called: u32,
}

/// Ways to upload; each is begun anew with the next round.
const WAYS: [(&str, usize); 7] = [
    ("4 KiB", 4 << 10),
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
    ("64 MiB", 64 << 20),
    ("parts", 300 << 10),
    ("append", 100 << 10),
    ("callback", 5000),
];

fn content(key: &str, length: usize) -> Vec<u8> {
    let seed = key.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    let block: Vec<u8> = (0..997_u16).map(|at| seed.wrapping_add(at.to_le_bytes()[0])).collect();
    let mut content = block.repeat(length.div_ceil(block.len()));
    content.truncate(length);
    content
}

/// Sends; an answer is due even when the body is refused half way.
fn send(bucket: &Bucket, request: &Request, method: &str) -> Answer {
    let mut wire = Wire::open(bucket.server.address());
    let _ = wire.try_send(&request.to_bytes());
    wire.answer_to(method).expect("an answer, also to what is refused")
}

/// Whether it was taken; if not, the answer has to tell that a later attempt may succeed.
fn taken(answer: &Answer) -> bool {
    match answer.status {
        200 => true,
        503 => {
            assert_eq!(answer.element("Code"), "ServiceUnavailable", "{answer:?}");
            assert!(answer.element("Message").contains("disk is full"), "{answer:?}");
            false
        }
        _ => panic!("{answer:?}"),
    }
}

/// Uploads in one way, and tells whether it was taken.
fn upload(bucket: &Bucket, way: &str, length: usize, key: &str, url: &str) -> bool {
    let body = content(key, length);
    match way {
        "parts" => {
            let begun = send(bucket, &bucket.key("POST", key).query("uploads", ""), "POST");
            if !taken(&begun) {
                return false;
            }
            let id = begun.element("UploadId");
            let mut parts = Vec::new();
            for (part, number) in body.chunks(length / 3).zip(1_u32..) {
                let request = bucket.key("PUT", key).query("partNumber", &number.to_string());
                let answer = send(bucket, &request.query("uploadId", &id).body(part), "PUT");
                if !taken(&answer) {
                    return false;
                }
                parts.push((number, answer.must("ETag").to_owned()));
            }
            taken(&send(bucket, &bucket.complete(key, &id, &parts), "POST"))
        }
        "append" => {
            let request = bucket.key("POST", key).query("append", "").query("position", "0");
            taken(&send(bucket, &request.body(body), "POST"))
        }
        "callback" => {
            let request = bucket.key("PUT", key).header("x-oss-callback", &callback(url));
            taken(&send(bucket, &request.body(body), "PUT"))
        }
        _ => taken(&send(bucket, &bucket.key("PUT", key).body(body), "PUT")),
    }
}

/// Uploads in every way until small uploads are refused.
fn fill(bucket: &Bucket, url: &str, told: &Arc<Mutex<Told>>, phase: &str) {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (bucket, url, told) = (bucket.clone(), url.to_owned(), Arc::clone(told));
            let phase = phase.to_owned();
            thread::spawn(move || {
                let mut refusals = 0;
                for (round, (way, length)) in (client..).zip(WAYS.into_iter().cycle().skip(client as usize)) {
                    // One large upload is enough at a time.
                    if length > 32 << 20 && client > 1 {
                        continue;
                    }
                    let key = format!("{phase}/{client}/{round}");
                    let is_taken = upload(&bucket, way, length, &key, &url);
                    let mut told = told.lock().unwrap();
                    if is_taken {
                        told.kept.insert(key, length);
                        told.called += u32::from(way == "callback");
                    } else {
                        *told.refused.entry(way).or_default() += 1;
                    }
                    if length <= 8 << 10 {
                        refusals = if is_taken { 0 } else { refusals + 1 };
                        if refusals == REFUSALS {
                            return;
                        }
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

/// Everything that was acknowledged can be read, and nothing else is there.
fn check(bucket: &Bucket, told: &Told) {
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = bucket.root("GET", &format!("?list-type=2&max-keys=1000&start-after={after}")).send();
        let keys = page.expect(200).elements("Key");
        let Some(last) = keys.last() else { break };
        after = last.replace('/', "%2F");
        listed.extend(keys);
    }
    assert_eq!(listed, told.kept.keys().cloned().collect::<Vec<_>>());
    for (key, length) in &told.kept {
        assert!(bucket.get(key) == content(key, *length), "{key} is not what was uploaded");
    }
}

fn start(data: &Path, bucket: Option<&Bucket>) -> Bucket {
    let server = Arc::new(Setup::new().data(data).start());
    match bucket {
        Some(bucket) => Bucket { server, name: bucket.name.clone() },
        None => Bucket::on(&server),
    }
}

/// Ends the server, which only the bucket holds.
fn end(bucket: Bucket, kill: bool) -> Bucket {
    let name = bucket.name.clone();
    let mut server: Server = Arc::into_inner(bucket.server).unwrap();
    if kill {
        server.child.kill().unwrap();
        server.child.wait().unwrap();
    } else {
        server.terminate();
        assert!(server.wait().success());
    }
    Bucket { server: Arc::new(server), name }
}

fn restart(data: &Path, bucket: Bucket, kill: bool) -> Bucket {
    let ended = end(bucket, kill);
    start(data, Some(&ended))
}

/// Takes what is left of the disk, down to the last page.
fn take_the_rest(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

fn delete_all(bucket: &Bucket, told: &mut Told) {
    let keys: Vec<_> = told.kept.keys().cloned().collect();
    let chunk = keys.len().div_ceil(usize::try_from(CLIENTS).unwrap());
    thread::scope(|scope| {
        for keys in keys.chunks(chunk) {
            scope.spawn(move || {
                for key in keys {
                    let deadline = Instant::now() + Duration::from_secs(60);
                    // The log may have to wait for the space of what was deleted before.
                    while bucket.key("DELETE", key).send().status != 204 {
                        assert!(Instant::now() < deadline, "{key} cannot be deleted");
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
    });
    told.kept.clear();
}

fn until_taken(bucket: &Bucket, way: &str, length: usize, told: &mut Told) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let key = format!("again/{way}");
    while !upload(bucket, way, length, &key, "http://127.0.0.1:1/") {
        assert!(Instant::now() < deadline, "there is no space for {way}");
        thread::sleep(Duration::from_millis(50));
    }
    told.kept.insert(key, length);
}

fn is_sound(command: &str, data: &Path) {
    let mut ossicle = Command::new(env!("CARGO_BIN_EXE_ossicle"));
    let done = ossicle.args([command, "--data-dir"]).arg(data).output().unwrap();
    assert!(done.status.success(), "{command}: {done:?}");
}

#[test]
fn a_full_disk() {
    let Some(disk) = std::env::var_os("OSSICLE_SMALL_DISK").map(PathBuf::from) else {
        eprintln!("left out: OSSICLE_SMALL_DISK names no small file system to fill");
        return;
    };
    let data = disk.join("data");
    let rest = disk.join("rest");
    for path in [&data, &rest] {
        let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
    }
    let application = Application::json("{}");
    let url = application.url("/");
    let told = Arc::new(Mutex::new(Told::default()));

    // Full as far as the server lets it come, and then to the last page.
    let mut bucket = start(&data, None);
    fill(&bucket, &url, &told, "first");
    check(&bucket, &told.lock().unwrap());
    take_the_rest(&rest);
    fill(&bucket, &url, &told, "second");
    check(&bucket, &told.lock().unwrap());
    println!("{:?}", told.lock().unwrap().refused);
    for kill in [true, false, true] {
        bucket = restart(&data, bucket, kill);
        fill(&bucket, &url, &told, &format!("after a restart, {kill}"));
        check(&bucket, &told.lock().unwrap());
    }
    let mut told = Arc::into_inner(told).unwrap().into_inner().unwrap();
    for (way, _) in WAYS {
        assert!(told.refused.contains_key(way), "{way} was never refused: {:?}", told.refused);
    }
    assert_eq!(application.requests().len(), told.called as usize, "callbacks of what was not taken");

    delete_all(&bucket, &mut told);
    fs::remove_file(&rest).unwrap();
    for (way, length) in WAYS.into_iter().filter(|(way, _)| *way != "callback") {
        until_taken(&bucket, way, length, &mut told);
    }
    check(&bucket, &told);
    bucket = restart(&data, bucket, true);
    check(&bucket, &told);
    drop(end(bucket, false));
    is_sound("fsck", &data);
    is_sound("scrub", &data);
    fs::remove_dir_all(&data).unwrap();
}
