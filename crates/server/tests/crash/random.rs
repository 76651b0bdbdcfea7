//! The server is killed while uploads with callbacks run, again and again on the same data folder. Set
//! `OSSICLE_CRASH_ROUNDS` to kill it more often.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Reply, Server};
use crate::journal::{detail, replay, rows, wait_for_none};
use crate::ledger::{Book, Told, assert_nothing_lost, kill, note, serve, setup};
use crate::upload::{Way, upload};

/// Clients that upload at once.
const CLIENTS: u32 = 16;

fn rounds() -> u32 {
    std::env::var("OSSICLE_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// Accepts most callbacks; fails, delays or cuts off the others.
fn moody(book: &Book) -> Application {
    let (book, count) = (Arc::clone(book), AtomicU32::new(0));
    Application::new(move |request| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let accept = |reply| {
            note(&book, request, true);
            reply
        };
        match number % 10 {
            3 => accept(Reply::after(Duration::from_millis(30), Reply::json("{}"))),
            5 => {
                note(&book, request, false);
                Reply::new("503 Service Unavailable", &[], b"")
            }
            7 => {
                note(&book, request, false);
                Reply::reset()
            }
            _ => accept(Reply::json("{}")),
        }
    })
}

/// Uploads until the server is gone.
fn work(bucket: &Bucket, url: &str, prefix: &str, told: &Mutex<Told>) {
    for number in 0_u32.. {
        let way = match number % 8 {
            3 => Way::Complete,
            6 => Way::Post,
            _ => Way::Put,
        };
        let key = format!("{prefix}/{number}");
        let Some(outcome) = upload(bucket, way, &key, url) else { return };
        assert!(matches!(outcome.status, 200 | 203), "{}", outcome.head);
        let mut told = told.lock().unwrap();
        told.uploads += 1;
        told.acknowledged.insert(outcome.id, key);
    }
}

/// Lets clients upload and kills the server while they do.
fn kill_at_work(
    server: &Arc<Server>,
    name: &str,
    url: &str,
    round: u32,
    life: Duration,
    told: &Arc<Mutex<Told>>,
) {
    let bucket = Bucket { server: Arc::clone(server), name: name.to_owned() };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (bucket, url, told) = (bucket.clone(), url.to_owned(), Arc::clone(told));
            thread::spawn(move || work(&bucket, &url, &format!("{round}-{client}"), &told))
        })
        .collect();
    thread::sleep(life);
    kill(server);
    for client in clients {
        client.join().unwrap();
    }
}

#[test]
fn every_callback_arrives_though_the_server_is_killed_at_random() {
    let (data, book, told) = (folder(), Book::default(), Arc::new(Mutex::new(Told::default())));
    let application = moody(&book);
    let url = application.url("/callback");
    let name = {
        let bucket = Bucket::on(&serve(data.path(), "true"));
        bucket.name
    };
    for round in 0..rounds() {
        let server = serve(data.path(), "true");
        let life = Duration::from_millis(u64::from(100 + (round * 7919 + std::process::id()) % 1400));
        kill_at_work(&server, &name, &url, round, life, &told);
    }
    let started = Instant::now();
    let bucket = Bucket { server: serve(data.path(), "true"), name };
    let told = told.lock().unwrap();
    let records = assert_nothing_lost(&bucket, &told);
    wait_for_none(&bucket.server, "pending,failed,unknown,abandoned", Duration::from_secs(60));
    eprintln!(
        "{} uploads answered, {} recorded; all delivered {:?} after the last start",
        told.uploads,
        records.len(),
        started.elapsed()
    );
    assert!(told.uploads > 4 * rounds(), "too few uploads to prove anything: {}", told.uploads);
    let book = book.lock().unwrap();
    for id in records.keys() {
        let seen = book.get(id).unwrap_or_else(|| panic!("{id} never arrived"));
        assert!(seen.accepted, "{id} counts as delivered and was never accepted: {seen:?}");
        // A number comes twice where the server was killed before it could write down the attempt, and where a kept
        // connection broke under a request and was replaced.
        assert!(seen.is_in_order(), "{id}: {seen:?}");
    }
    let again = book.values().filter(|seen| seen.attempts.last() > Some(&1)).count();
    assert!(again > 0, "nothing was redelivered");
    assert_eq!(rows(&bucket.server, "state=delivered").len(), records.len());
}

#[test]
fn without_redelivery_what_a_crash_left_open_is_shown_as_unknown() {
    let (data, told) = (folder(), Arc::new(Mutex::new(Told::default())));
    // It never answers in time: every delivery is open when the server dies.
    let application = Application::always(Reply::after(Duration::from_secs(4), Reply::json("{}")));
    let name = {
        let bucket = Bucket::on(&serve(data.path(), "false"));
        bucket.name
    };
    let life = Duration::from_millis(1200);
    kill_at_work(&serve(data.path(), "false"), &name, &application.url("/"), 0, life, &told);
    let bucket = Bucket { server: serve(data.path(), "false"), name };
    let records = assert_nothing_lost(&bucket, &told.lock().unwrap());
    assert!(
        !records.is_empty() && records.len() <= CLIENTS as usize,
        "each client waits for its first answer"
    );
    for row in rows(&bucket.server, "") {
        assert_eq!((&row["state"], &row["due_ms"]), (&Value::from("unknown"), &Value::Null), "{row:#}");
    }
    assert_eq!(rows(&bucket.server, "state=pending"), Vec::<Value>::new());
    // One that the operator sends again is known from then on.
    let (id, _) = records.first_key_value().unwrap();
    let healthy = replay(&bucket.server, id);
    assert_eq!(healthy["delivered"], false, "{healthy:#}");
    assert_eq!(detail(&bucket.server, id)["state"], "failed");
}

/// Kills a server with callbacks under way, shows them without redelivery, and starts with it again.
fn left_open(redelivery_at_first: &str) {
    let (data, told) = (folder(), Arc::new(Mutex::new(Told::default())));
    let healthy = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&healthy);
    let application = Application::new(move |_| match flag.load(Ordering::Relaxed) {
        true => Reply::json("{}"),
        false => Reply::after(Duration::from_secs(10), Reply::json("{}")),
    });
    let bucket = Bucket::on(&serve(data.path(), redelivery_at_first));
    let name = bucket.name.clone();
    drop(bucket);
    let server = serve(data.path(), redelivery_at_first);
    kill_at_work(&server, &name, &application.url("/"), 0, Duration::from_millis(1200), &told);
    healthy.store(true, Ordering::Relaxed);
    let off = serve(data.path(), "false");
    let count = rows(&off, "").len();
    assert!(count > 0 && count <= CLIENTS as usize, "{count}");
    assert_eq!(rows(&off, "state=unknown").len(), count);
    kill(&off);
    drop(off);
    let started = Instant::now();
    let on = serve(data.path(), "true");
    wait_for_none(&on, "pending,failed,unknown,abandoned", Duration::from_secs(20));
    assert_eq!(rows(&on, "state=delivered").len(), count);
    // A claim of the process that was killed would have lasted longer.
    assert!(started.elapsed() < Duration::from_secs(15), "not due at once: {:?}", started.elapsed());
}

#[test]
fn what_was_under_way_is_unknown_without_redelivery_and_comes_at_once_with_it() {
    left_open("true");
    left_open("false");
}

/// Waits until everything that a killed server left open is shown as unknown, and checks that it has not been sent.
fn stays_unknown(setting: &str, value: &str) {
    let (data, told) = (folder(), Arc::new(Mutex::new(Told::default())));
    let application = Application::always(Reply::after(Duration::from_secs(10), Reply::json("{}")));
    let bucket = Bucket::on(&serve(data.path(), "true"));
    let name = bucket.name.clone();
    drop(bucket);
    let server = serve(data.path(), "true");
    kill_at_work(&server, &name, &application.url("/"), 0, Duration::from_millis(600), &told);
    drop(server);
    let server = Arc::new(setup(data.path(), "true").set(setting, value).start());
    let count = rows(&server, "").len();
    assert!(count > 0 && count <= CLIENTS as usize, "{count}");
    let deadline = Instant::now() + Duration::from_secs(10);
    while rows(&server, "state=unknown").len() < count {
        assert!(Instant::now() < deadline, "{setting}: {:#?}", rows(&server, "").first());
        thread::sleep(Duration::from_millis(20));
    }
    let repeated = application.requests();
    let repeated = repeated.iter().filter(|request| request.header("x-ossicle-attempt") != "1").count();
    assert_eq!(repeated, 0, "{setting}");
}

#[test]
fn what_a_crash_left_open_stays_unknown_when_it_is_too_old_or_of_another_bucket() {
    stays_unknown("OSSICLE_REDELIVERY_MAX_AGE_HOURS", "0");
    stays_unknown("OSSICLE_REDELIVERY_BUCKETS", "some-other-bucket");
}
