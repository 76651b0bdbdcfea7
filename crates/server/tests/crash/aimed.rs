//! The server is killed thousands of times, each time soon after it came up and while the callbacks of a few uploads are
//! on their way: before the commit, between commit and delivery, during delivery, and between the application server's
//! answer and the record of it. Set `OSSICLE_CRASH_KILLS` for more or fewer kills.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Reply};
use crate::journal::{rows, wait_for_none};
use crate::ledger::{Book, Told, assert_nothing_lost, keys, kill, note, serve, text};
use crate::upload::{Way, upload};

/// Data folders that crash at the same time.
const FOLDERS: u32 = 3;

/// How often one folder crashes. A start reads what is in the log since the last flush, and one after another would take
/// longer and longer.
const LIVES: u32 = 50;

/// Clients that upload at once, each one object in each life of a server.
const CLIENTS: u32 = 6;

/// How long the application server thinks, where it is to be caught thinking.
const THOUGHT: Duration = Duration::from_millis(40);

/// No step of a life may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

fn kills() -> u32 {
    std::env::var("OSSICLE_CRASH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// When a server is killed, counted from the beginning of its uploads.
#[derive(Debug, Clone, Copy)]
enum Aim {
    /// At a moment that nothing else decides.
    Blindly(Duration),
    /// When this many callbacks have arrived, and a little later.
    Arrived(u32, Duration),
    /// The same while the application server thinks, so that nothing has been answered.
    Held(u32, Duration),
    /// When this many clients have their answer, and a little later.
    Answered(u32, Duration),
}

/// How far the uploads of the present life have come.
#[derive(Debug, Default)]
struct Progress {
    life: u32,
    is_held: bool,
    arrived: u32,
    answered: u32,
}

type Gate = Arc<(Mutex<Progress>, Condvar)>;

/// One data folder, the application server that its callbacks go to, and what is known of both.
struct Series {
    data: tempfile::TempDir,
    bucket: String,
    url: String,
    _application: Application,
    gate: Gate,
    book: Book,
    told: Arc<Mutex<Told>>,
}

/// Where kills fell, as the records and the application server tell it afterwards.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    uploads: u32,
    /// Uploads that left nothing: neither object nor record.
    before_commit: u32,
    /// Objects whose first attempt never came to the application server.
    before_delivery: u32,
    /// Kills that left such an object.
    kills_before_delivery: u32,
    /// Deliveries that came again though they had come before.
    delivered_again: u32,
    /// Found open right after a start without redelivery.
    found_unknown: u32,
}

fn random(range: Range<u32>) -> u32 {
    range.start + rand::random::<u32>() % (range.end - range.start)
}

impl Aim {
    fn of(life: u32) -> Self {
        let later = |most_us| Duration::from_micros(u64::from(random(0..most_us)));
        match life % 4 {
            0 => Self::Blindly(later(20_000)),
            1 => Self::Arrived(random(1..CLIENTS), later(1_000)),
            2 => Self::Held(random(1..CLIENTS + 1), later(THOUGHT.subsec_micros() / 2)),
            _ => Self::Answered(random(1..CLIENTS + 1), later(20_000)),
        }
    }

    fn wait(self, gate: &Gate) {
        let wait_until = |reached: &dyn Fn(&Progress) -> bool| {
            let progress = gate.0.lock().unwrap();
            let waited = gate.1.wait_timeout_while(progress, PATIENCE, |now| !reached(now)).unwrap();
            assert!(!waited.1.timed_out(), "{self:?} is never reached");
        };
        let later = match self {
            Self::Blindly(later) => later,
            Self::Arrived(count, later) | Self::Held(count, later) => {
                wait_until(&|progress| progress.arrived >= count);
                later
            }
            Self::Answered(count, later) => {
                wait_until(&|progress| progress.answered >= count);
                later
            }
        };
        thread::sleep(later);
    }
}

impl Series {
    fn begin() -> Self {
        let (data, book, gate) = (folder(), Book::default(), Gate::default());
        let application = witness(&book, &gate);
        let bucket = Bucket::on(&serve(data.path(), "true")).name;
        let url = application.url("/callback");
        Self { data, bucket, url, _application: application, gate, book, told: Arc::default() }
    }

    /// Starts a server, looks at what the life before left, uploads, and kills it.
    fn live(&self, life: u32, tally: &mut Tally, born_ms: &mut i64) {
        // Now and then redelivery is off: what a kill left open shows, and what follows leaves records of another kind.
        let redelivery = if life % 8 == 5 { "false" } else { "true" };
        let server = serve(self.data.path(), redelivery);
        let bucket = Bucket { server: Arc::clone(&server), name: self.bucket.clone() };
        if life > 0 {
            let open = self.look_back(&bucket, life - 1, *born_ms, redelivery == "true");
            tally.found_unknown += open;
        }
        *born_ms = now_ms();
        let aim = Aim::of(life);
        let progress = Progress { life, is_held: matches!(aim, Aim::Held(..)), ..Progress::default() };
        *self.gate.0.lock().unwrap() = progress;
        let clients: Vec<_> = (0..CLIENTS).map(|client| self.client(&bucket, life, client)).collect();
        aim.wait(&self.gate);
        kill(&server);
        for client in clients {
            client.join().unwrap();
        }
        tally.kills += 1;
        tally.uploads += CLIENTS;
    }

    fn client(&self, bucket: &Bucket, life: u32, client: u32) -> thread::JoinHandle<()> {
        let way = match (life + client) % 6 {
            2 => Way::Complete,
            4 => Way::Post,
            _ => Way::Put,
        };
        let (bucket, url) = (bucket.clone(), self.url.clone());
        let (gate, told) = (Arc::clone(&self.gate), Arc::clone(&self.told));
        thread::spawn(move || {
            let key = format!("{life}/{client}");
            let Some(outcome) = upload(&bucket, way, &key, &url) else { return };
            assert_eq!(outcome.status, 200, "{}", outcome.head);
            told.lock().unwrap().acknowledged.insert(outcome.id, key);
            gate.0.lock().unwrap().answered += 1;
            gate.1.notify_all();
        })
    }

    /// Every object of the last life has its record and no record is without its object; what was acknowledged is there.
    /// Tells how many records are open, where nobody goes on with them.
    fn look_back(&self, bucket: &Bucket, life: u32, born_ms: i64, redelivery: bool) -> u32 {
        let prefix = format!("{life}/");
        let found = rows(&bucket.server, &format!("since={born_ms}"));
        let recorded: BTreeSet<String> = found.iter().map(|row| text(row, "object")).collect();
        assert_eq!(keys(bucket, &prefix), recorded, "objects and records of life {life} differ");
        let told = self.told.lock().unwrap();
        for (id, key) in told.acknowledged.iter().filter(|(_, key)| key.starts_with(&prefix)) {
            assert!(
                found.iter().any(|row| row["id"] == **id && row["object"] == **key),
                "{key} has no record"
            );
        }
        if redelivery {
            return 0;
        }
        let open = found.iter().filter(|row| row["state"] != "delivered").collect::<Vec<&Value>>();
        assert!(open.iter().all(|row| row["state"] == "unknown"), "{open:#?}");
        u32::try_from(open.len()).unwrap()
    }

    /// After the last kill everything arrives.
    fn end(&self, tally: &mut Tally) {
        let server = serve(self.data.path(), "true");
        let bucket = Bucket { server, name: self.bucket.clone() };
        let records = assert_nothing_lost(&bucket, &self.told.lock().unwrap());
        wait_for_none(&bucket.server, "pending,failed,unknown,abandoned", Duration::from_secs(60));
        assert_eq!(rows(&bucket.server, "state=delivered").len(), records.len());
        let book = self.book.lock().unwrap();
        let mut lives = BTreeSet::new();
        for (id, key) in &records {
            let seen = book.get(id).unwrap_or_else(|| panic!("{id} of {key} never arrived"));
            assert!(seen.accepted, "{id} of {key} counts as delivered and was never accepted: {seen:?}");
            // A number comes twice where the server was killed before it could write down the attempt.
            assert!(seen.is_in_order(), "{id} of {key}: {seen:?}");
            if seen.attempts.iter().min() > Some(&1) {
                tally.before_delivery += 1;
                lives.insert(key.split_once('/').unwrap().0.to_owned());
            } else if seen.attempts.len() > 1 {
                tally.delivered_again += 1;
            }
        }
        tally.kills_before_delivery += u32::try_from(lives.len()).unwrap();
        tally.before_commit = tally.uploads - u32::try_from(records.len()).unwrap();
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.uploads += other.uploads;
        self.before_commit += other.before_commit;
        self.before_delivery += other.before_delivery;
        self.kills_before_delivery += other.kills_before_delivery;
        self.delivered_again += other.delivered_again;
        self.found_unknown += other.found_unknown;
    }
}

/// An application server that accepts everything, tells how many callbacks of this life have come, and holds its answers
/// where it is told to.
fn witness(book: &Book, gate: &Gate) -> Application {
    let (book, gate) = (Arc::clone(book), Arc::clone(gate));
    Application::new(move |request| {
        note(&book, request, true);
        let mut progress = gate.0.lock().unwrap();
        let is_of_this_life = request.text().starts_with(&format!("key={}%2F", progress.life));
        if !is_of_this_life {
            return Reply::json("{}");
        }
        progress.arrived += 1;
        gate.1.notify_all();
        if progress.is_held { Reply::after(THOUGHT, Reply::json("{}")) } else { Reply::json("{}") }
    })
}

/// Crashes folders, one after the other, as often as told.
fn crash(kills: u32) -> Tally {
    let mut all = Tally::default();
    while all.kills < kills {
        let (series, mut tally, mut born_ms) = (Series::begin(), Tally::default(), 0);
        for life in 0..LIVES.min(kills - all.kills) {
            series.live(life, &mut tally, &mut born_ms);
        }
        series.end(&mut tally);
        all.add(&tally);
    }
    all
}

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
fn every_callback_arrives_though_the_server_is_killed_thousands_of_times() {
    let started = Instant::now();
    let each = kills().div_ceil(FOLDERS);
    let all: Vec<_> = (0..FOLDERS).map(|_| thread::spawn(move || crash(each))).collect();
    let mut tally = Tally::default();
    for crashed in all {
        tally.add(&crashed.join().unwrap());
    }
    eprintln!("{tally:?} in {:?}", started.elapsed());
    // The kills are spread by chance, so these shares are far below what they turn out to be.
    let enough = |count: u32, one_in: u32| count >= tally.kills / one_in;
    assert!(enough(tally.kills_before_delivery, 10), "too few kills between commit and delivery: {tally:?}");
    assert!(enough(tally.before_commit, 20), "too few kills before the commit: {tally:?}");
    assert!(enough(tally.delivered_again, 20), "too few kills between delivery and its record: {tally:?}");
    assert!(enough(tally.found_unknown, 100), "too few deliveries found open: {tally:?}");
}
