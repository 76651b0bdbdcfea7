//! Clients that write and read the same few keys at once: there is an order of what they did, compatible with when
//! they did it, in which every answer is right.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ossicle_linear::{Call, Operation, check};

use super::support::{Engine, append, engines, get, put_of, store, stored, tables};
use crate::{DeleteObject, Error, PutObject, Store};

/// What was asked and answered. Contents are short texts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Put { content: String },
    PutIfAbsent { content: String, done: bool },
    PutIfSame { expected: String, content: String, done: bool },
    Append { position: u64, piece: String, outcome: Appended },
    Delete { existed: bool },
    Get { found: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Appended {
    Done,
    Length(u64),
    NotAppendable,
}

/// The content of a key, and whether it was made by appending.
type Held = Option<(String, bool)>;

impl Operation for Event {
    type State = Held;

    fn apply(&self, held: &Held) -> Option<Held> {
        let plain = |content: &String| Some((content.clone(), false));
        match self {
            Self::Put { content } => Some(plain(content)),
            Self::PutIfAbsent { content, done } => {
                (*done == held.is_none()).then(|| if *done { plain(content) } else { held.clone() })
            }
            Self::PutIfSame { expected, content, done } => {
                let same = held.as_ref().is_some_and(|(content, appended)| !appended && content == expected);
                (*done == same).then(|| if *done { plain(content) } else { held.clone() })
            }
            Self::Append { position, piece, outcome } => {
                let (present, appendable) = held.clone().unwrap_or((String::new(), true));
                let length = present.len() as u64;
                match outcome {
                    Appended::NotAppendable => (!appendable).then(|| held.clone()),
                    Appended::Length(answered) => {
                        (appendable && *answered == length && length != *position).then(|| held.clone())
                    }
                    Appended::Done => {
                        (appendable && length == *position).then(|| Some((present + piece, true)))
                    }
                }
            }
            Self::Delete { existed } => (*existed == held.is_some()).then_some(None),
            Self::Get { found } => {
                (found.as_ref() == held.as_ref().map(|(text, _)| text)).then(|| held.clone())
            }
        }
    }
}

async fn call(store: &Store, key: &str, choice: u64, name: String) -> Event {
    match choice % 7 {
        0 => {
            let data = stored(store, name.as_bytes()).await.unwrap();
            store.put_object(put_of("b", key, data)).await.unwrap();
            Event::Put { content: name }
        }
        1 => {
            let data = stored(store, name.as_bytes()).await.unwrap();
            let put = PutObject { forbid_overwrite: true, ..put_of("b", key, data) };
            let done = store.put_object(put).await.map(drop);
            assert!(matches!(done, Ok(()) | Err(Error::ObjectExists)));
            Event::PutIfAbsent { content: name, done: done.is_ok() }
        }
        2 => {
            // Reading and writing are two calls; the condition makes them one.
            let Some(expected) = get(store, key).await.map(|c| String::from_utf8(c).unwrap()) else {
                return Event::Get { found: None };
            };
            let etag = stored(store, expected.as_bytes()).await.unwrap().md5();
            let data = stored(store, name.as_bytes()).await.unwrap();
            let if_match = Some(crate::record::hex_upper(&etag));
            let done = store.put_object(PutObject { if_match, ..put_of("b", key, data) }).await.map(drop);
            assert!(matches!(done, Ok(()) | Err(Error::PreconditionFailed)));
            Event::PutIfSame { expected, content: name, done: done.is_ok() }
        }
        3 | 4 => {
            let position = store.object("b", key).await.unwrap().map_or(0, |object| object.size);
            let outcome = match append(store, key, position, name.as_bytes()).await {
                Ok(_) => Appended::Done,
                Err(Error::PositionMismatch { length }) => Appended::Length(length),
                Err(Error::NotAppendable) => Appended::NotAppendable,
                Err(error) => panic!("{error}"),
            };
            Event::Append { position, piece: name, outcome }
        }
        5 => {
            let delete = DeleteObject { bucket: "b".into(), key: key.into(), ..DeleteObject::default() };
            Event::Delete { existed: store.delete_object(delete).await.unwrap().existed }
        }
        _ => Event::Get { found: get(store, key).await.map(|content| String::from_utf8(content).unwrap()) },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_histories() {
    for engine in engines() {
        histories_of(engine).await;
    }
}

async fn histories_of(engine: Engine) {
    let (_dir, store) = store(engine).await;
    for round in 0..150_u64 {
        if round % 10 == 9 && !engine.is_shared() {
            // Answers come from files of the index as well.
            tables(&store).seal();
            tables(&store).flush().unwrap();
        }
        let clock = Arc::new(AtomicU64::new(0));
        let clients: Vec<_> = (0..5_u64)
            .map(|client| {
                let (store, clock, key) = (store.clone(), Arc::clone(&clock), format!("{round}"));
                tokio::spawn(async move {
                    let mut calls = Vec::new();
                    for n in 0..8_u64 {
                        let choice = (round * 31 + client * 17 + n * 7 + round * n * client) % 1009;
                        let began = clock.fetch_add(1, Ordering::SeqCst);
                        let event = call(&store, &key, choice, format!("<{client}.{n}>")).await;
                        let ended = clock.fetch_add(1, Ordering::SeqCst);
                        calls.push(Call { operation: event, began, ended: Some(ended) });
                    }
                    calls
                })
            })
            .collect();
        let mut calls = Vec::new();
        for client in clients {
            calls.extend(client.await.unwrap());
        }
        if let Err(violation) = check(&calls, &None) {
            panic!("{engine:?}, round {round}: {violation:#?}");
        }
    }
    store.close().await;
}
