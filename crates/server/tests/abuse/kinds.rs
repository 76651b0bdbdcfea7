//! Each bad kind, and what it must not do to others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::attack::{Attack, Target};
use crate::bystanders::{self, API_CLIENTS, OBJECT_BYTES, Seen};
use crate::harness::application::Identity;
use crate::harness::{Bucket, Server, Setup, Wire};
use crate::process::{Descriptors, descriptors, raise_limit, resident};

/// Connections of one kind to each address.
const CONNECTIONS: usize = 2000;

/// The server's limit of connections to the console is this part of its limit of open files, and that of the API's is larger.
const CONSOLE_SHARE: u64 = 8;

/// What 99 of 100 requests of others take at the most. A machine on which they take longer without any attack is measured
/// by that.
const P99: Duration = Duration::from_millis(100);
const NOISE: u32 = 3;

/// Rounds of which one must show that latency; a busy machine may spoil others. Errors count in all.
const ROUNDS: usize = 3;

const MEMORY: u64 = 200 << 20;

/// For how long others are watched without an attack, and with all of it.
const WORK: Duration = Duration::from_secs(2);

/// Until everything is given back, with the attackers still there. The time-outs below are much shorter.
const RELEASE: Duration = Duration::from_secs(60);

/// Files that the store may open for itself meanwhile.
const STORE_FILES: usize = 16;

/// One at a time: each wants the machine for itself.
static ALONE: Mutex<()> = Mutex::new(());

struct Scene {
    bucket: Bucket,
    count: usize,
    secure: Box<dyn Fn() -> Wire + Sync>,
}

fn setup() -> Setup {
    let mut setup = Setup::new().set("OSSICLE_LOG_LEVEL", "error");
    for name in ["HANDSHAKE", "HEAD", "IDLE", "STALL"] {
        setup = setup.set(&format!("OSSICLE_SERVER_{name}_TIMEOUT_S"), "8");
    }
    setup
}

impl Scene {
    fn new() -> Self {
        let server = Arc::new(setup().start());
        let address = server.address();
        Self::on(server, Box::new(move || Wire::open(address)))
    }

    fn on(server: Arc<Server>, secure: Box<dyn Fn() -> Wire + Sync>) -> Self {
        let limit = raise_limit();
        let possible = usize::try_from(limit / CONSOLE_SHARE).unwrap().saturating_sub(100);
        let count = CONNECTIONS.min(possible);
        if count < CONNECTIONS {
            eprintln!(
                "only {count} connections of each kind: the limit of open files is {limit} (ulimit -Hn)"
            );
        }
        let bucket = Bucket { server, name: "abused".to_owned() };
        for request in
            [bucket.root("PUT", ""), bucket.root("PUT", "?acl").header("x-oss-acl", "public-read-write")]
        {
            request.send_on(&mut secure()).expect(200);
        }
        for number in 0..API_CLIENTS {
            let put = bucket.key("PUT", &format!("read/{number}")).body(vec![7; OBJECT_BYTES]);
            put.send_on(&mut secure()).expect(200);
        }
        Self { bucket, count, secure }
    }

    fn server(&self) -> &Server {
        &self.bucket.server
    }

    /// Attacks the API with connections that begin so, and then the console.
    fn withstands(&self, kind: &str, api: Vec<Vec<u8>>, console: Vec<Vec<u8>>, drips: bool) {
        let server = self.server();
        let (quiet, ()) = self.work_during(|| thread::sleep(WORK));
        for (to, address, begins) in [("API", server.address(), api), ("console", server.console(), console)]
        {
            if !begins.is_empty() {
                self.withstands_one(&format!("{kind}, {to}"), &Target { address, begins }, drips, &quiet);
            }
        }
    }

    /// Lets others work while something happens, and returns what they saw. Nothing may go wrong for them.
    fn work_during<T>(&self, something: impl FnOnce() -> T) -> (Seen, T) {
        let over = AtomicBool::new(false);
        let (seen, result) = thread::scope(|scope| {
            let work = scope.spawn(|| bystanders::work(&self.bucket, &over, &self.secure));
            let result = something();
            over.store(true, Ordering::Relaxed);
            (work.join().unwrap(), result)
        });
        assert!(seen.errors.is_empty(), "{} of {}: {:?}", seen.errors.len(), seen.count(), seen.errors);
        (seen, result)
    }

    /// Waits until only what was open before is open, and tells for how long.
    fn wait_for_release(&self, before: Descriptors) -> Duration {
        let begun = Instant::now();
        loop {
            let now = descriptors(self.server().child.id());
            if now.sockets <= before.sockets && now.files <= before.files + STORE_FILES {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < RELEASE, "{now:?} are open, and {before:?} were before");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Runs the attack while others work, and checks what it did to them and to the server.
    fn withstands_one(&self, kind: &str, target: &Target, drips: bool, quiet: &Seen) {
        thread::sleep(Duration::from_millis(500));
        let before = descriptors(self.server().child.id());
        let bound = P99.max(quiet.p99() * NOISE);
        let mut best = Duration::MAX;
        for _ in 1..=ROUNDS {
            let (seen, (attack, most)) = self.work_during(|| self.attack(target, drips));
            let (released, opened) = (self.wait_for_release(before), attack.opened());
            drop(attack);
            println!(
                "{kind}: p99 {:?} of {} requests ({:?} in quiet), {} connections, at most {} MiB, released after \
                 {released:?}",
                seen.p99(),
                seen.count(),
                quiet.p99(),
                most.sockets,
                most.memory >> 20,
            );
            assert!(opened >= self.count * 9 / 10, "{kind}: only {opened} connections came about");
            assert!(most.memory < MEMORY, "{kind}: {} MiB", most.memory >> 20);
            best = best.min(seen.p99());
            if best < bound {
                return;
            }
        }
        panic!("{kind}: p99 {best:?} at best, {:?} in quiet", quiet.p99());
    }

    /// Opens all connections and holds them for a while; what they take of the server.
    fn attack(&self, target: &Target, drips: bool) -> (Attack, Most) {
        let (id, over) = (self.server().child.id(), AtomicBool::new(false));
        thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut most = Most::default();
                while !over.load(Ordering::Relaxed) {
                    most.memory = most.memory.max(resident(id));
                    most.sockets = most.sockets.max(descriptors(id).sockets);
                    thread::sleep(Duration::from_millis(100));
                }
                most
            });
            let attack = Attack::begin(target, self.count, drips);
            thread::sleep(WORK);
            over.store(true, Ordering::Relaxed);
            (attack, watch.join().unwrap())
        })
    }
}

/// The most that was seen of the server.
#[derive(Debug, Default)]
struct Most {
    memory: u64,
    sockets: usize,
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Some often, one now and then.
fn mixed(often: &[Vec<u8>], seldom: Vec<u8>) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = std::iter::repeat_n(often, 10).flatten().cloned().collect();
    all.push(seldom);
    all
}

#[test]
fn silent_connections() {
    let _alone = alone();
    let scene = Scene::new();
    scene.withstands("silent", vec![Vec::new()], vec![Vec::new()], false);
}

#[test]
fn heads_that_drip() {
    let _alone = alone();
    let scene = Scene::new();
    let begin = b"GET /abused/read/0 HTTP/1.1\r\nHost: a\r\nx-slow: ".to_vec();
    let long = [begin.clone(), vec![b'a'; 30_000]].concat();
    scene.withstands("dripping head", vec![begin.clone(), long.clone()], vec![begin, long], true);
}

#[test]
fn bodies_that_drip() {
    let _alone = alone();
    let scene = Scene::new();
    let put = |number: usize, announced: usize, sent: usize| {
        let head = format!(
            "PUT /abused/slow/{number} HTTP/1.1\r\nHost: {}\r\nContent-Length: {announced}\r\n\r\n",
            scene.server().address()
        );
        [head.into_bytes(), vec![7; sent]].concat()
    };
    let form = format!(
        "POST /abused HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n",
        scene.server().address()
    );
    let log_in = format!(
        "POST /api/session HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{{\"",
        scene.server().console()
    );
    // Small objects, which wait in memory to be whole, large ones, of which the begin waits, and forms.
    let often = [put(0, 60_000, 1000), put(1, 10_000_000, 1), form.into_bytes()];
    let api = mixed(&often, put(2, 10_000_000, 100_000));
    let console = vec![log_in.clone().into_bytes(), [log_in.into_bytes(), vec![b'a'; 20_000]].concat()];
    scene.withstands("dripping body", api, console, true);
    assert!(!scene.bucket.root("GET", "?prefix=slow").send().expect(200).text().contains("<Key>"));
}

#[test]
fn answers_that_nobody_reads() {
    let _alone = alone();
    let scene = Scene::new();
    scene.bucket.put("large", vec![7; 8 << 20]);
    scene.bucket.put("small", vec![7; 60_000]);
    let long = "k".repeat(900);
    for number in 0..200 {
        scene.bucket.put(&format!("listed/{number}{long}"), "");
    }
    let get = |target: &str| {
        format!("GET /abused{target} HTTP/1.1\r\nHost: {}\r\n\r\n", scene.server().address()).into_bytes()
    };
    // Pieces of a file, a document, and many answers of which each is small.
    let page =
        format!("GET /assets/main.js HTTP/1.1\r\nHost: {}\r\n\r\n", scene.server().console()).repeat(60);
    let often = [get("/large"), get("/large"), get("/small").repeat(6)];
    let api = mixed(&often, get("?prefix=listed&max-keys=1000"));
    scene.withstands("unread answer", api, vec![page.into_bytes()], false);
    scene.bucket.key("GET", "large").send().expect(200);
}

#[test]
fn half_a_tls_handshake() {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};

    let _alone = alone();
    let (folder, identity) = (tempfile::tempdir().unwrap(), Identity::new());
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cert.pem"), &identity.pem).unwrap();
    std::fs::write(path("key.pem"), &identity.key_pem).unwrap();
    let setup = setup().arguments(&["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")]);
    let server = Arc::new(setup.start());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(identity.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let hello = {
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    };
    let address = server.address();
    let secure = move || {
        let name = ServerName::try_from("localhost").unwrap();
        let client = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
        Wire::open(address).layered(|socket| rustls::StreamOwned::new(client, socket))
    };
    let scene = Scene::on(server, Box::new(secure));
    // Nothing, a part of the hello, and all of it with nothing to follow.
    let begins = vec![Vec::new(), hello[..hello.len() / 2].to_vec(), hello];
    scene.withstands("half a handshake", begins.clone(), begins, false);
}
