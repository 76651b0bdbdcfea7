//! What a form can make the server hold and do, before anybody knows who sent it.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::{post, signed};
use crate::harness::server::Setup;
use crate::harness::{Bucket, Server, Wire};

const MIB: usize = 1024 * 1024;

/// What an element of a form may cost.
const ELEMENT: usize = 8 * MIB;

/// What all fields of a form may cost: the 8 MiB that the manual allows, and what goes with them.
const FIELDS: usize = 10 * MIB;

/// The processor time that the server has used.
fn processor_time(server: &Server) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let ticks = after_name.split(' ').skip(11).take(2).map(|text| text.parse::<u64>().unwrap());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Begins a form whose body may be as long as it likes.
fn begin(bucket: &Bucket) -> Wire {
    let mut wire = Wire::open(bucket.server.address());
    wire.send(format!(
        "POST /{}/ HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        bucket.name,
        bucket.server.address(),
        1_u64 << 30
    ));
    wire
}

#[test]
fn no_element_of_a_form_takes_more_than_its_share_of_memory() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    post(&bucket, signed(&bucket).field("key", "k").file("f", vec![7; 2 * MIB])).expect(204);
    let field = "--b\r\nContent-Disposition: form-data; name=";
    let full = format!("{field}a\r\n\r\n{}\r\n", "v".repeat(3 * MIB / 2));
    let kinds: [(&str, String, &str, usize); 11] = [
        ("preamble", String::new(), "x", ELEMENT),
        ("preamble of line ends", String::new(), "\r\n--", ELEMENT),
        ("padding", "--b".to_owned(), " ", ELEMENT),
        ("head", "--b\r\nX-Header: ".to_owned(), "x", ELEMENT),
        ("header lines", "--b\r\n".to_owned(), "X-Header: x\r\n", ELEMENT),
        ("field name", format!("{field}\""), "x", ELEMENT),
        ("file name", format!("{field}file; filename=\""), "x", ELEMENT),
        ("value", format!("{field}a\r\n\r\n"), "v", ELEMENT),
        ("fields", String::new(), "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n", ELEMENT),
        ("names", String::new(), &format!("{field}{}\r\n\r\n\r\n", "n".repeat(8000)), FIELDS),
        ("fields of the greatest length", String::new(), &full, FIELDS),
    ];
    for (kind, start, repeated, allowed) in kinds {
        let before = server.memory();
        let mut wire = begin(&bucket);
        wire.send(start);
        let stretch = repeated.repeat((64 * 1024 / repeated.len()).max(1));
        let mut most = 0;
        for _ in 0..(32 * MIB / stretch.len()) {
            if wire.try_send(stretch.as_bytes()).is_err() {
                break;
            }
            most = most.max(server.memory());
        }
        let more = most.saturating_sub(before);
        assert!(more <= allowed, "{kind}: {} KiB more", more / 1024);
        assert_eq!(wire.answer().status, 400, "{kind}");
    }
}

#[test]
fn a_form_that_drips_costs_no_more_at_its_end_than_at_its_beginning() {
    const DRIPS: usize = 4000;
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let field = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    let full = format!("{field}{}\r\n", "v".repeat(3 * MIB / 2));
    let drip = |start: String| {
        let mut wire = begin(&bucket);
        wire.send(start);
        thread::sleep(Duration::from_millis(300));
        let (before, began) = (processor_time(&server), server.memory());
        for _ in 0..DRIPS {
            wire.send("v");
            thread::sleep(Duration::from_micros(50));
        }
        thread::sleep(Duration::from_millis(100));
        (processor_time(&server) - before, server.memory().saturating_sub(began))
    };
    let head = "--b\r\nX: ";
    let long = "x".repeat(3 * MIB);
    let rows = [
        ("value", field.to_owned(), full.repeat(2) + field),
        ("head", head.to_owned(), full.repeat(2) + head),
        ("preamble", String::new(), long.clone()),
        ("long head", head.to_owned(), head.to_owned() + &long),
    ];
    for (kind, short, long) in rows {
        let (early, _) = drip(short);
        let (late, more) = drip(long);
        assert!(late <= early * 2 + Duration::from_millis(100), "{kind}: {early:?}, {late:?}");
        assert!(more <= ELEMENT, "{kind}: {} KiB more", more / 1024);
    }
}

#[test]
fn large_forms_at_a_time_do_not_keep_ordinary_ones_out() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let field = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    let full = format!("{field}{}\r\n", "v".repeat(2 * MIB - 1));
    let before = server.memory();
    let mut wires: Vec<Wire> = (0..32).map(|_| begin(&bucket)).collect();
    for wire in &mut wires {
        for _ in 0..3 {
            let _ = wire.try_send(full.as_bytes());
        }
        let _ = wire.try_send(&full.as_bytes()[..MIB]);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.memory() - before < 48 * MIB && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    let more = server.memory().saturating_sub(before);
    assert!(more <= 128 * MIB, "{} MiB more for {} forms", more / MIB, wires.len());
    post(&bucket, signed(&bucket).field("key", "k").file("f", "Hello")).expect(204);
    drop(wires);
    thread::sleep(Duration::from_millis(500));
    let large = signed(&bucket).field("key", "k").field("a", &"v".repeat(MIB));
    post(&bucket, large.file("f", "Hello")).expect(204);
}
