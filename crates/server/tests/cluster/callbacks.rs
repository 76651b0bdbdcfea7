//! What is known of callbacks: which uploads asked for one, what the application server saw, and what the journal says in the
//! end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::client::Random;
use crate::harness::application::Received;
use crate::harness::{Application, Reply, signing};

/// Uploads that asked for a callback, by what they call themselves in it.
#[derive(Debug, Default)]
pub(crate) struct Expected(Mutex<BTreeMap<String, Upload>>);

/// What became of one of them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Upload {
    /// The id of the request that was answered, which is that of the delivery.
    id: Option<String>,
    /// Whether a client read what it wrote.
    is_seen: bool,
    /// Whether any client asked for it.
    is_asked: bool,
    /// The ids of deliveries that came, with the numbers of their attempts.
    deliveries: BTreeMap<String, Vec<u32>>,
    is_accepted: bool,
}

impl Expected {
    /// Notes that an upload is about to ask for a callback.
    pub(crate) fn asked(&self, tag: &str) {
        self.0.lock().unwrap().entry(tag.to_owned()).or_default().is_asked = true;
    }

    /// Notes that it succeeded.
    pub(crate) fn acknowledged(&self, tag: &str, id: &str) {
        self.0.lock().unwrap().get_mut(tag).unwrap().id = Some(id.to_owned());
    }

    /// Notes that a client has read these pieces.
    pub(crate) fn seen(&self, pieces: &str) {
        let mut uploads = self.0.lock().unwrap();
        for piece in pieces.split_inclusive('>') {
            if let Some(upload) = uploads.get_mut(piece) {
                upload.is_seen = true;
            }
        }
    }

    fn arrived(&self, request: &Received, is_accepted: bool) {
        let tag = signing::decode(request.text().strip_prefix("tag=").unwrap());
        let (id, attempt) = (request.header("x-ossicle-delivery-id"), request.header("x-ossicle-attempt"));
        let mut uploads = self.0.lock().unwrap();
        let upload = uploads.entry(tag).or_default();
        upload.deliveries.entry(id.to_owned()).or_default().push(attempt.parse().unwrap());
        upload.is_accepted |= is_accepted;
    }

    /// Holds everything against the journal, whose rows are ids with states, and counts.
    pub(crate) fn check(&self, journal: &BTreeMap<String, String>) -> Counts {
        let uploads = self.0.lock().unwrap();
        let mut counts = Counts::default();
        let mut known = BTreeSet::new();
        for (tag, upload) in uploads.iter() {
            assert!(upload.is_asked, "nobody asked for the callback of {tag}: {upload:?}");
            counts.asked += 1;
            counts.acknowledged += usize::from(upload.id.is_some());
            let ids: Vec<&String> = upload.deliveries.keys().collect();
            assert!(ids.len() <= 1, "{tag} was delivered under several ids: {upload:?}");
            if let Some(id) = &upload.id {
                let state = journal.get(id).unwrap_or_else(|| panic!("the callback of {tag}, {id}, is lost"));
                assert_eq!(state, "delivered", "{tag} {upload:?}");
            }
            if upload.id.is_some() || upload.is_seen {
                assert!(upload.is_accepted, "the callback of {tag} never arrived: {upload:?}");
                assert!(
                    upload.id.is_none() || upload.id.as_ref() == ids.first().copied(),
                    "{tag}: {upload:?}"
                );
            }
            for id in ids {
                assert!(journal.contains_key(id), "{tag}: {id} was delivered and is not in the journal");
                known.insert(id.clone());
            }
            counts.arrived += usize::from(upload.is_accepted);
            counts.attempts += upload.deliveries.values().map(Vec::len).sum::<usize>();
        }
        for (id, state) in journal {
            assert_eq!(state, "delivered", "{id}");
            assert!(known.contains(id), "{id} counts as delivered and never arrived");
        }
        counts
    }
}

/// How many there were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    asked: usize,
    acknowledged: usize,
    arrived: usize,
    attempts: usize,
}

/// Starts an application server that accepts most callbacks, refuses some, and thinks about others for a while.
pub(crate) fn application(expected: &Arc<Expected>) -> Application {
    let (expected, random) = (Arc::clone(expected), Mutex::new(Random::new(7)));
    Application::new(move |request| {
        let chance = random.lock().unwrap().below(10);
        expected.arrived(request, chance > 0);
        match chance {
            0 => Reply::new("500 Internal Server Error", &[], b""),
            1 => Reply::after(Duration::from_millis(300), Reply::json("{}")),
            _ => Reply::json("{}"),
        }
    })
}
