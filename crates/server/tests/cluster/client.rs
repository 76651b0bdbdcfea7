//! A client that asks whichever server, writes down what it asked and was told, and takes what it does not learn for possible.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_linear::Call;
use serde_json::json;

use crate::callbacks::Expected;
use crate::content;
use crate::harness::upload::{self, Outcome};
use crate::harness::{Request, document, signing};
use crate::model::{Acl, Asked, Event, Told};

/// Without an answer for this long a client gives up.
const PATIENCE: Duration = Duration::from_secs(6);

/// The clients of a bucket stop when so many calls that change something went without an answer: each of them may have happened
/// at any time since, and the orders that are possible then are more than can be looked at.
const MOST_UNKNOWN: usize = 10;

/// The keys that all clients of a bucket use.
const KEYS: [&str; 3] = ["a", "b/1", "b/2"];

/// What the clients of a bucket share.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) bucket: String,
    /// Where the servers of the cluster listen.
    pub(crate) servers: Vec<SocketAddr>,
    /// Counts everything that begins or ends.
    pub(crate) clock: AtomicU64,
    /// Uploads that are begun, with their parts: anybody may go on with them.
    pub(crate) uploads: Mutex<Vec<Begun>>,
    pub(crate) calls: Mutex<Vec<Call<Event>>>,
    pub(crate) expected: Arc<Expected>,
    /// Where callbacks go.
    pub(crate) application: String,
}

/// An upload in parts.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    id: String,
    key: String,
    parts: Vec<(u32, String, String)>,
}

/// One of the clients of a bucket.
#[derive(Debug)]
pub(crate) struct Client {
    table: Arc<Table>,
    number: usize,
    count: usize,
    random: Random,
    /// The server that it asks, unless it asks any of them.
    only: Option<usize>,
}

/// A sequence of numbers that look random (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

impl Table {
    pub(crate) fn new(
        bucket: String,
        servers: Vec<SocketAddr>,
        expected: Arc<Expected>,
        application: String,
    ) -> Self {
        let (clock, uploads, calls) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Self { bucket, servers, clock, uploads, calls, expected, application }
    }

    fn has_much_unknown(&self) -> bool {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|call| call.ended.is_none()).count() >= MOST_UNKNOWN
    }
}

impl Client {
    pub(crate) fn new(table: &Arc<Table>, number: usize, seed: u64) -> Self {
        let random = Random::new(seed ^ (number as u64) << 48);
        Self { table: Arc::clone(table), number, count: 0, random, only: None }
    }

    /// Does this many things, one after the other.
    pub(crate) fn work(mut self, count: usize) {
        for _ in 0..count {
            if self.table.has_much_unknown() {
                return;
            }
            let told = self.do_something();
            match told {
                // Nobody knows what became of it, so it is seen to that little is unknown at a time.
                Told::Nothing => self.look_until_answered(),
                Told::Refused(code) if code == "NoSuchBucket" && self.random.below(2) == 0 => {
                    self.call(Asked::MakeBucket);
                }
                _ => {}
            }
        }
    }

    /// Makes the bucket, trying until it is answered.
    pub(crate) fn make_bucket(&mut self) {
        self.ask_until_answered(&Asked::MakeBucket);
    }

    /// Reads everything from one server, trying until it is answered.
    pub(crate) fn look_at_all(&mut self, server: usize) {
        self.only = Some(server);
        self.look_until_answered();
        for key in KEYS {
            self.ask_until_answered(&Asked::Get { key: key.to_owned() });
        }
    }

    fn do_something(&mut self) -> Told {
        let key = KEYS[self.random.below(KEYS.len())].to_owned();
        let asked = match self.random.below(100) {
            0..16 => Asked::Put { key, content: self.piece(), if_absent: false },
            16..24 => Asked::Put { key, content: self.piece(), if_absent: true },
            24..38 => return self.append(key),
            38..46 => Asked::Delete { key },
            46..54 => {
                let to = KEYS[self.random.below(KEYS.len())].to_owned();
                if to == key {
                    return self.call(Asked::Get { key });
                }
                Asked::Copy { from: key, to, if_absent: self.random.below(3) == 0 }
            }
            54..66 => Asked::Get { key },
            66..74 => Asked::List,
            74..84 => return self.go_on_with_an_upload(key),
            84..86 => return self.clear(),
            86..88 => Asked::MakeBucket,
            88..90 => Asked::SetAcl(if self.random.below(2) == 0 { Acl::Private } else { Acl::PublicRead }),
            90..94 => Asked::ReadAnonymously,
            94..97 => Asked::SetTag(self.name()),
            _ => Asked::GetTag,
        };
        self.call(asked)
    }

    fn append(&mut self, key: String) -> Told {
        let found = self.call(Asked::Get { key: key.clone() });
        let position = match found {
            Told::Found(content) => content::length(&content),
            Told::Refused(_) => 0,
            _ => return found,
        };
        let piece = self.piece();
        self.call(Asked::Append { key, position, piece })
    }

    /// Begins an upload, sends a part of it, completes or aborts it: one that anybody has begun.
    fn go_on_with_an_upload(&mut self, key: String) -> Told {
        let begun = self.table.uploads.lock().unwrap();
        let chosen = begun.get(self.random.below(begun.len().max(1))).cloned();
        drop(begun);
        let Some(upload) = chosen.filter(|_| self.random.below(4) > 0) else {
            let name = self.name();
            return self.call(Asked::Initiate { key, name });
        };
        let asked = match self.random.below(10) {
            0 => Asked::Abort { upload: upload.id },
            1..5 if !upload.parts.is_empty() => Asked::Complete { upload: upload.id, parts: upload.parts },
            _ => {
                let number = u32::try_from(1 + self.random.below(3)).unwrap();
                let (name, chance) = (self.name(), self.random.below(1 << 20));
                Asked::Part { upload: upload.id, number, content: content::large(&name, chance) }
            }
        };
        self.call(asked)
    }

    /// Empties the bucket and removes it.
    fn clear(&mut self) -> Told {
        for key in KEYS {
            self.call(Asked::Delete { key: key.to_owned() });
        }
        let uploads = self.table.uploads.lock().unwrap().clone();
        for upload in uploads {
            self.call(Asked::Abort { upload: upload.id });
        }
        self.call(Asked::RemoveBucket)
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("{}.{}.{}", self.table.bucket, self.number, self.count)
    }

    fn piece(&mut self) -> String {
        let (name, chance) = (self.name(), self.random.below(1 << 20));
        if self.random.below(4) == 0 { content::large(&name, chance) } else { content::small(&name, chance) }
    }

    fn look_until_answered(&mut self) {
        self.ask_until_answered(&Asked::List);
    }

    fn ask_until_answered(&mut self, asked: &Asked) {
        while self.call(asked.clone()) == Told::Nothing {
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks one of the servers and writes it down.
    fn call(&mut self, asked: Asked) -> Told {
        let any = self.random.below(self.table.servers.len());
        let server = self.table.servers[self.only.unwrap_or(any)];
        let (mut request, tag) = (self.request(server, &asked), self.tag_of(&asked));
        if let Some(tag) = &tag {
            request = with_callback(request, &self.table.application, tag);
            self.table.expected.asked(tag);
        }
        let began = self.table.clock.fetch_add(1, Ordering::SeqCst);
        let outcome = upload::send_within(server, &request, PATIENCE);
        let ended = self.table.clock.fetch_add(1, Ordering::SeqCst);
        let told = outcome.as_ref().map_or(Told::Nothing, |outcome| self.read(&asked, outcome));
        if let (Some(tag), Some(outcome), Told::Done) = (tag, outcome, &told) {
            self.table.expected.acknowledged(&tag, &outcome.id);
        }
        if told == Told::Nothing && asked.changes_nothing() {
            return told;
        }
        let ended = (told != Told::Nothing).then_some(ended);
        let operation = Event { asked, told: told.clone() };
        self.table.calls.lock().unwrap().push(Call { operation, began, ended });
        told
    }

    /// Decides whether a callback is asked for, and what it shall call the upload: what is put by its content.
    fn tag_of(&mut self, asked: &Asked) -> Option<String> {
        match asked {
            Asked::Put { content, .. } => (self.random.below(3) == 0).then(|| content.clone()),
            Asked::Complete { .. } => (self.random.below(2) == 0).then(|| self.name()),
            _ => None,
        }
    }

    fn request(&self, server: SocketAddr, asked: &Asked) -> Request {
        let bucket = &self.table.bucket;
        let root = |method: &str, query: &str| Request::new(server, method, &format!("/{bucket}/{query}"));
        let at = |method: &str, key: &str| root(method, &signing::encode(key, true));
        let unless_there = |request: Request, if_absent: bool| {
            if if_absent { request.header("x-oss-forbid-overwrite", "true") } else { request }
        };
        match asked {
            Asked::MakeBucket => root("PUT", ""),
            Asked::RemoveBucket => root("DELETE", ""),
            Asked::SetAcl(acl) => root("PUT", "?acl").header("x-oss-acl", acl.name()),
            Asked::ReadAnonymously => root("GET", "").anonymous(),
            Asked::SetTag(tag) => root("PUT", "?tagging").body(format!(
                "<Tagging><TagSet><Tag><Key>t</Key><Value>{tag}</Value></Tag></TagSet></Tagging>"
            )),
            Asked::GetTag => root("GET", "?tagging"),
            Asked::Put { key, content, if_absent } => {
                unless_there(at("PUT", key).body(content::bytes(content)), *if_absent)
            }
            Asked::Append { key, position, piece } => at("POST", key)
                .query("append", "")
                .query("position", &position.to_string())
                .body(content::bytes(piece)),
            Asked::Delete { key } => at("DELETE", key),
            Asked::Copy { from, to, if_absent } => {
                let source = format!("/{bucket}/{}", signing::encode(from, true));
                unless_there(at("PUT", to).header("x-oss-copy-source", &source), *if_absent)
            }
            Asked::Get { key } => at("GET", key),
            Asked::List => root("GET", "?max-keys=100"),
            Asked::Initiate { key, .. } => at("POST", key).query("uploads", ""),
            Asked::Part { upload, number, content } => at("PUT", &self.key_of(upload))
                .query("partNumber", &number.to_string())
                .query("uploadId", upload)
                .body(content::bytes(content)),
            Asked::Complete { upload, parts } => {
                at("POST", &self.key_of(upload)).query("uploadId", upload).body(document_of(parts))
            }
            Asked::Abort { upload } => at("DELETE", &self.key_of(upload)).query("uploadId", upload),
        }
    }

    fn key_of(&self, upload: &str) -> String {
        let begun = self.table.uploads.lock().unwrap();
        begun.iter().find(|begun| begun.id == upload).unwrap().key.clone()
    }

    fn read(&self, asked: &Asked, outcome: &Outcome) -> Told {
        let text = || std::str::from_utf8(&outcome.body).unwrap();
        match outcome.status {
            200..=299 => self.read_success(asked, outcome),
            500..=599 => {
                assert_eq!(outcome.status, 503, "{asked:?}: {}", text());
                Told::Nothing
            }
            _ => {
                let code = document::first(text(), "Code").unwrap_or_else(|| panic!("{asked:?}: {}", text()));
                if code != "PositionNotEqualToLength" {
                    return Told::Refused(code);
                }
                let next = outcome.header("x-oss-next-append-position").unwrap();
                Told::Length(next.parse().unwrap())
            }
        }
    }

    fn read_success(&self, asked: &Asked, outcome: &Outcome) -> Told {
        let text = || std::str::from_utf8(&outcome.body).unwrap();
        match asked {
            Asked::Get { key } => match content::pieces(&outcome.body) {
                Ok(pieces) => {
                    self.table.expected.seen(&pieces);
                    Told::Found(pieces)
                }
                Err(damage) => panic!("{key}: {damage}"),
            },
            Asked::GetTag => Told::Found(document::first(text(), "Value").unwrap_or_default()),
            Asked::List => {
                let sizes = document::all(text(), "Size").into_iter().map(|size| size.parse().unwrap());
                Told::Listed(document::all(text(), "Key").into_iter().zip(sizes).collect())
            }
            Asked::Initiate { key, .. } => {
                let id = document::first(text(), "UploadId").unwrap();
                let begun = Begun { id: id.clone(), key: key.clone(), parts: Vec::new() };
                self.table.uploads.lock().unwrap().push(begun);
                Told::Begun(id)
            }
            Asked::Part { upload, number, content } => {
                let etag = outcome.header("ETag").unwrap();
                let mut begun = self.table.uploads.lock().unwrap();
                if let Some(begun) = begun.iter_mut().find(|begun| begun.id == *upload) {
                    begun.parts.retain(|part| part.0 != *number);
                    begun.parts.push((*number, content.clone(), etag));
                    begun.parts.sort();
                }
                Told::Done
            }
            _ => Told::Done,
        }
    }
}

/// Asks for a callback that names the upload so.
fn with_callback(request: Request, application: &str, tag: &str) -> Request {
    let callback = json!({"callbackUrl": application, "callbackBody": "tag=${x:tag}"}).to_string();
    let variables = json!({"x:tag": tag}).to_string();
    request
        .header("x-oss-callback", &STANDARD.encode(callback))
        .header("x-oss-callback-var", &STANDARD.encode(variables))
}

fn document_of(parts: &[(u32, String, String)]) -> String {
    let part = |(number, _, etag): &(u32, String, String)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

impl Acl {
    fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
        }
    }
}
