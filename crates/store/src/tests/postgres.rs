//! What only a database behind a network can do to a store: connections that end while a commit is under way, a server that
//! goes and comes back, tables and settings that are not ours.

use std::time::{Duration, Instant};

use ossicle_services::commit_cut::CommitCut;

use super::postgres_server::{schema_of, server, start, url_of};
use super::support::{append, bucket, get, open_at, options, put, put_of, stored};
use crate::{Durability, Error, Health, OpenError, Store};

/// More than the bytes of any commit here.
const MOST_BYTES: usize = 4000;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_byte_of_a_commit_leaves_it_done_once() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let proxy = CommitCut::start(server.port()).unwrap();
    let store = open_at(&proxy.url(&url_of(server, dir.path())), dir.path(), &options()).unwrap();
    bucket(&store, "b").await;
    let mut length = 0;
    for after in 0..MOST_BYTES {
        proxy.cut_after(after, false);
        let object = append(&store, "k", length, b"x").await;
        length += 1;
        assert_eq!(object.map(|object| object.size), Ok(length), "cut after {after} bytes");
        if !proxy.has_cut() {
            break;
        }
    }
    assert!(length > 200, "every byte of a commit was cut, {length}");
    let content = get(&store, "k").await.unwrap();
    assert_eq!(content.len() as u64, length);
    assert_eq!(store.bucket_stat("b").await.unwrap().bytes, length);
    assert!(store.fsck(false).await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_outcome_cannot_be_asked_for_is_no_success() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let proxy = CommitCut::start(server.port()).unwrap();
    let store = open_at(&proxy.url(&url_of(server, dir.path())), dir.path(), &options()).unwrap();
    bucket(&store, "b").await;
    // Cut in what is asked, where it cannot have happened, and in the answer, where it may have.
    for after in [10, 1200] {
        let length = store.object("b", "k").await.unwrap().map_or(0, |object| object.size);
        proxy.cut_after(after, true);
        let answer = append(&store, "k", length, b"x").await;
        if proxy.has_cut() {
            assert!(matches!(answer, Err(Error::Unavailable { .. })), "{answer:?}");
        }
        until_it_writes(&store).await;
        let now = store.object("b", "k").await.unwrap().map_or(0, |object| object.size);
        assert!(now == length || now == length + 1, "{length} became {now}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_told_at_once_and_found_again() {
    let Some(server) = start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let store = open_at(&url_of(&server, dir.path()), dir.path(), &options()).unwrap();
    bucket(&store, "b").await;
    put(&store, "k", b"kept").await;
    server.stop_immediate().unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        let data = stored(&store, b"x").await.unwrap();
        let answer = store.put_object(put_of("b", "other", data)).await;
        assert!(matches!(answer, Err(Error::Unavailable { .. })), "{answer:?}");
        let answer = store.object("b", "k").await;
        assert!(matches!(answer, Err(Error::Unavailable { .. })), "{answer:?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    assert!(matches!(store.health(), Health::Impaired { .. }));
    server.start_again().unwrap();
    until_it_writes(&store).await;
    assert_eq!(store.health(), Health::Good);
    assert_eq!(get(&store, "k").await.unwrap(), b"kept");
    assert_eq!(get(&store, "other").await, None);
    store.close().await;
}

#[tokio::test]
async fn a_database_that_may_lose_what_it_acknowledges_is_refused() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = url_of(server, dir.path()).replace("=-c", "=-c%20synchronous_commit%3Doff%20-c");
    let refused = open_at(&url, dir.path(), &options()).unwrap_err();
    assert!(refused.to_string().contains("turn on synchronous_commit"), "{refused}");
    open_at(&url, dir.path(), &options().durability(Durability::Relaxed)).unwrap().close().await;
}

#[tokio::test]
async fn tables_of_a_newer_version_are_left_alone() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = url_of(server, dir.path());
    open_at(&url, dir.path(), &options()).unwrap().close().await;
    let schema = schema_of(dir.path());
    server.execute(&format!("UPDATE {schema}.cluster SET value = '99' WHERE name = 'schema'")).unwrap();
    let refused = open_at(&url, dir.path(), &options()).unwrap_err();
    assert!(matches!(refused, OpenError::Database { .. }), "{refused}");
    assert!(refused.to_string().contains("version 99"), "{refused}");
}

#[tokio::test]
async fn a_put_takes_two_round_trips_and_a_look_at_an_object_few() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let quiet = options().reclaim_interval(Duration::from_secs(3600));
    let store = open_at(&url_of(server, dir.path()), dir.path(), &quiet).unwrap();
    bucket(&store, "b").await;
    put(&store, "first", b"x").await;
    assert_eq!(trips_of(&store, async || drop(put(&store, "k", b"x").await)).await, 2);
    // The version of the settings, the object, its content.
    let look = trips_of(&store, async || drop(store.open_object("b", "k").await)).await;
    assert!(look <= 3, "{look}");
    store.close().await;
}

/// Counts the round trips of some work.
async fn trips_of(store: &Store, work: impl AsyncFnOnce()) -> u64 {
    let before = store.figures().round_trips;
    work().await;
    store.figures().round_trips - before
}

async fn until_it_writes(store: &Store) {
    for _ in 0..400 {
        let data = stored(store, b"x").await.unwrap();
        if store.put_object(put_of("b", "probe", data)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the store does not write again");
}
