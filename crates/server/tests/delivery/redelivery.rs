//! Trying failed callbacks again: when, how often, how many at once, and what a dead application server does to others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Reply, Server, Setup};
use crate::journal::{detail, replay, rows, wait_for_none, wait_for_state};
use crate::upload::{Outcome, Way, upload};

const FAILURE: &str = "500 Internal Server Error";

/// A server that tries again soon, with further settings.
fn eager(settings: &[(&str, &str)]) -> Bucket {
    Bucket::on(&Arc::new(setup(settings).start()))
}

fn setup(settings: &[(&str, &str)]) -> Setup {
    let usual = Setup::new()
        .set("OSSICLE_LOG_LEVEL", "error")
        .set("OSSICLE_REDELIVERY_ENABLED", "true")
        .set("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "200")
        .set("OSSICLE_REDELIVERY_MAX_DELAY_MS", "60000");
    settings.iter().fold(usual, |setup, (name, value)| setup.set(&format!("OSSICLE_{name}"), value))
}

/// An application server that fails until it is told to recover.
fn failing() -> (Application, Arc<AtomicBool>) {
    let healthy = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&healthy);
    let application = Application::new(move |_| match flag.load(Ordering::SeqCst) {
        true => Reply::json("{}"),
        false => Reply::new(FAILURE, &[], b""),
    });
    (application, healthy)
}

#[track_caller]
fn put(bucket: &Bucket, key: &str, application: &Application) -> Outcome {
    upload(bucket, Way::Put, key, &application.url("/")).unwrap()
}

fn numbers(application: &Application) -> Vec<u32> {
    let requests = application.requests();
    requests.iter().map(|request| request.header("x-ossicle-attempt").parse().unwrap()).collect()
}

#[test]
fn pauses_grow_until_the_delivery_is_abandoned() {
    let bucket = eager(&[("REDELIVERY_MAX_ATTEMPTS", "4"), ("REDELIVERY_BREAKER_FAILURES", "100")]);
    let (times, healthy) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let (noted, flag) = (Arc::clone(&times), Arc::clone(&healthy));
    let application = Application::new(move |_| {
        noted.lock().unwrap().push(Instant::now());
        if flag.load(Ordering::SeqCst) { Reply::json("{}") } else { Reply::new(FAILURE, &[], b"") }
    });
    let id = put(&bucket, "k", &application).id;
    let shown = wait_for_state(&bucket.server, &id, "abandoned");
    assert_eq!(shown["log"].as_array().unwrap().len(), 4, "{shown:#}");
    assert_eq!((&shown["attempts"], &shown["due_ms"]), (&Value::from(4), &Value::Null));
    assert_eq!(numbers(&application), [1, 2, 3, 4]);
    let ids = application.requests();
    assert!(ids.iter().all(|request| request.header("x-ossicle-delivery-id") == id));
    let times = times.lock().unwrap().clone();
    for (pair, least_ms) in times.windows(2).zip([100, 200, 400]) {
        let pause = pair[1] - pair[0];
        assert!(pause >= Duration::from_millis(least_ms), "{pause:?} is less than {least_ms} ms");
    }
    // It stays so until somebody sends it again.
    thread::sleep(Duration::from_millis(600));
    assert_eq!(application.requests().len(), 4);
    healthy.store(true, Ordering::SeqCst);
    assert_eq!(replay(&bucket.server, &id)["delivered"], true);
    assert_eq!(detail(&bucket.server, &id)["state"], "delivered");
    assert_eq!(numbers(&application), [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_too_old_and_what_is_of_another_bucket_stays_failed() {
    for settings in [("REDELIVERY_MAX_AGE_HOURS", "0"), ("REDELIVERY_BUCKETS", "some-other-bucket")] {
        let bucket = eager(&[settings]);
        let (application, _) = failing();
        let id = put(&bucket, "k", &application).id;
        let shown = wait_for_state(&bucket.server, &id, "failed");
        assert_eq!(shown["due_ms"], Value::Null, "{settings:?}");
        thread::sleep(Duration::from_millis(800));
        assert_eq!(numbers(&application), [1], "{settings:?}");
    }
}

#[test]
fn a_bucket_that_is_named_is_redelivered_for() {
    let server = Arc::new(setup(&[("REDELIVERY_BUCKETS", "chosen")]).start());
    let [chosen, other] =
        ["chosen", "other"].map(|name| Bucket { server: Arc::clone(&server), name: name.to_owned() });
    for bucket in [&chosen, &other] {
        bucket.root("PUT", "").send().expect(200);
    }
    let (application, healthy) = failing();
    let (first, second) = (put(&chosen, "k", &application).id, put(&other, "k", &application).id);
    healthy.store(true, Ordering::SeqCst);
    wait_for_state(&server, &first, "delivered");
    assert_eq!(detail(&server, &second)["state"], "failed");
}

#[test]
fn a_dead_destination_rests_while_others_go_on() {
    let bucket = eager(&[
        ("REDELIVERY_FIRST_DELAY_MS", "400"),
        ("REDELIVERY_MAX_DELAY_MS", "800"),
        ("REDELIVERY_BREAKER_FAILURES", "3"),
        ("REDELIVERY_PER_DESTINATION", "1"),
    ]);
    let (dead, revived) = failing();
    let (flapping, healthy) = failing();
    for number in 0..30 {
        put(&bucket, &format!("dead/{number}"), &dead);
    }
    for number in 0..10 {
        put(&bucket, &format!("flapping/{number}"), &flapping);
    }
    healthy.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let delivered = || rows(&bucket.server, "state=delivered").len();
    while delivered() < 10 {
        assert!(begun.elapsed() < Duration::from_secs(15), "only {} came", delivered());
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(3));
    // Without a rest each of the thirty would have been tried every 800 ms at most.
    let (tried, span) = (dead.requests().len() - 30, begun.elapsed());
    let most = 3 + usize::try_from(span.as_millis()).unwrap() / 200 + 2;
    assert!(tried >= 3 && tried <= most, "{tried} attempts in {span:?}");
    revived.store(true, Ordering::SeqCst);
    wait_for_none(&bucket.server, "pending,failed,abandoned,unknown", Duration::from_secs(30));
}

#[test]
fn attempts_to_one_destination_are_bounded() {
    let bucket = eager(&[("REDELIVERY_PER_DESTINATION", "2"), ("REDELIVERY_BREAKER_FAILURES", "1000")]);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, highest) = (Arc::clone(&now), Arc::clone(&most));
    let application = Application::new(move |request| {
        if request.header("x-ossicle-attempt") == "1" {
            return Reply::new(FAILURE, &[], b"");
        }
        highest.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(40));
        running.fetch_sub(1, Ordering::SeqCst);
        Reply::json("{}")
    });
    for number in 0..40 {
        put(&bucket, &format!("k/{number}"), &application);
    }
    wait_for_none(&bucket.server, "pending,failed,abandoned,unknown", Duration::from_secs(30));
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(application.requests().len(), 80, "each once, and once more");
}

#[test]
fn a_replay_and_redelivery_do_not_get_into_each_others_way() {
    let bucket = eager(&[("REDELIVERY_FIRST_DELAY_MS", "100"), ("REDELIVERY_BREAKER_FAILURES", "1000")]);
    let application = Application::new(|request| match request.header("x-ossicle-attempt") {
        "1" | "2" => Reply::after(Duration::from_millis(150), Reply::new(FAILURE, &[], b"")),
        _ => Reply::after(Duration::from_millis(150), Reply::json("{}")),
    });
    let ids: Vec<String> =
        (0..6).map(|number| put(&bucket, &format!("k/{number}"), &application).id).collect();
    for id in ids.iter().cycle().take(30) {
        let answer = replay(&bucket.server, id);
        assert!(answer["error"] == "ReplayUnderWay" || answer["delivered"].is_boolean(), "{answer:#}");
    }
    wait_for_none(&bucket.server, "pending,failed,abandoned,unknown", Duration::from_secs(20));
    let requests = application.requests();
    for id in &ids {
        let of_this: Vec<u32> = requests
            .iter()
            .filter(|request| request.header("x-ossicle-delivery-id") == id)
            .map(|request| request.header("x-ossicle-attempt").parse().unwrap())
            .collect();
        let expected: Vec<u32> = (1..=u32::try_from(of_this.len()).unwrap()).collect();
        assert_eq!(of_this, expected, "each attempt has its own number, and none is sent twice at once");
        assert_eq!(detail(&bucket.server, id)["log"].as_array().unwrap().len(), expected.len());
    }
}

#[test]
fn a_replay_waits_for_no_attempt_that_is_under_way() {
    let bucket = eager(&[("REDELIVERY_ENABLED", "false")]);
    let application = Application::always(Reply::after(Duration::from_millis(1500), Reply::json("{}")));
    thread::scope(|scope| {
        let first = scope.spawn(|| put(&bucket, "k", &application));
        application.wait_for(1);
        let pending = rows(&bucket.server, "state=pending");
        let id = pending[0]["id"].as_str().unwrap();
        assert_eq!(replay(&bucket.server, id)["error"], "ReplayUnderWay");
        assert_eq!(first.join().unwrap().id, id);
        // The answer is there, and with it the end of the lease, durable or not.
        assert_eq!(replay(&bucket.server, id)["delivered"], true);
    });
    assert_eq!(numbers(&application), [1, 2]);
}

#[test]
fn a_server_that_is_asked_to_stop_finishes_its_redeliveries() {
    let data = folder();
    let start = |enabled: &str| -> Server {
        setup(&[("REDELIVERY_ENABLED", enabled), ("REDELIVERY_PER_DESTINATION", "3")])
            .data(data.path())
            .start()
    };
    let application = Application::new(|request| match request.header("x-ossicle-attempt") {
        "1" => Reply::new(FAILURE, &[], b""),
        _ => Reply::after(Duration::from_millis(1500), Reply::json("{}")),
    });
    let bucket = Bucket::on(&Arc::new(start("true")));
    let name = bucket.name.clone();
    for number in 0..8 {
        put(&bucket, &format!("k/{number}"), &application);
    }
    application.wait_for(8 + 3);
    let mut server = Arc::into_inner(bucket.server).unwrap();
    server.terminate();
    assert!(server.wait().success(), "{}", server.log());
    drop(server);
    // Three were under way and are done; those that waited for them still wait.
    let server = Arc::new(start("false"));
    assert_eq!(rows(&server, "state=delivered").len(), 3);
    assert_eq!(rows(&server, "state=failed").len(), 5);
    drop(server);
    let bucket = Bucket { server: Arc::new(start("true")), name };
    wait_for_none(&bucket.server, "pending,failed,abandoned,unknown", Duration::from_secs(20));
    assert_eq!(application.requests().len(), 8 + 8);
}
