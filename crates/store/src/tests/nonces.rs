//! Nonces: each is used once until its time is over, on every engine.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::support::{engines, store};
use crate::Store;

fn digest(n: u16) -> [u8; 16] {
    let mut digest = [7; 16];
    digest[..2].copy_from_slice(&n.to_be_bytes());
    digest
}

/// Takes nonces side by side, each until a time, and returns how many were free.
async fn take_all(store: &Arc<Store>, nonces: impl Iterator<Item = (u16, i64)>) -> usize {
    let mut takes = JoinSet::new();
    for (n, until_ms) in nonces {
        let store = Arc::clone(store);
        takes.spawn(async move { store.take_nonce(digest(n), 0, until_ms).await });
    }
    takes.join_all().await.into_iter().filter(|taken| *taken == Ok(true)).count()
}

#[tokio::test]
async fn a_nonce_is_free_once_until_its_time_is_over() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        assert_eq!(store.is_nonce_used(digest(1), 100).await, Ok(false));
        assert_eq!(store.take_nonce(digest(1), 100, 200).await, Ok(true));
        for (now_ms, used) in [(100, true), (200, true), (201, false)] {
            assert_eq!(store.is_nonce_used(digest(1), now_ms).await, Ok(used), "{now_ms}");
        }
        assert_eq!(store.take_nonce(digest(1), 100, 300).await, Ok(false));
        assert_eq!(store.take_nonce(digest(1), 200, 300).await, Ok(false), "its time is not over yet");
        assert_eq!(store.take_nonce(digest(2), 100, 200).await, Ok(true));
        assert_eq!(store.take_nonce(digest(1), 201, 300).await, Ok(true));
        assert!(store.fsck(false).await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn of_those_who_use_one_at_the_same_time_one_gets_it() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        assert_eq!(take_all(&Arc::new(store), (0..16).map(|_| (1, 200))).await, 1);
    }
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_nothing_else() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        // More than one commit looks at.
        let store = Arc::new(store);
        take_all(&store, (0..2100).map(|n| (n, if n % 3 == 0 { 500 } else { 100 }))).await;
        store.forget_nonces(101, || true).await.unwrap();
        assert_eq!(store.take_nonce(digest(1), 100, 100).await, Ok(false), "it was told to stop");
        store.forget_nonces(101, || false).await.unwrap();
        assert_eq!(store.take_nonce(digest(1), 100, 100).await, Ok(true));
        assert_eq!(store.take_nonce(digest(2097), 100, 500).await, Ok(false));
        assert!(store.fsck(false).await.unwrap().is_sound());
    }
}
