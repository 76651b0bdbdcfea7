//! Sealed secrets: made once, and the same for everybody, on every engine.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::support::{Engine, copy_of, engines, open, store};
use crate::Error;

fn sealed(n: u8) -> Bytes {
    // Longer than a length of one byte tells.
    Bytes::from(vec![n; 2000])
}

#[tokio::test]
async fn a_secret_is_made_once() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        assert_eq!(store.secret("session/1").await, Ok(None));
        assert_eq!(store.put_secret_if_absent("session/1", sealed(1)).await, Ok(sealed(1)));
        assert_eq!(store.put_secret_if_absent("session/1", sealed(2)).await, Ok(sealed(1)));
        assert_eq!(store.secret("session/1").await, Ok(Some(sealed(1))));
        for name in ["", "a b", "é", &"x".repeat(65)] {
            assert!(matches!(store.secret(name).await, Err(Error::InvalidName { .. })));
            let put = store.put_secret_if_absent(name, sealed(1)).await;
            assert!(matches!(put, Err(Error::InvalidName { .. })));
        }
        assert!(store.fsck(false).await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn those_who_make_one_at_the_same_time_get_the_same() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let store = Arc::new(store);
        let mut puts = JoinSet::new();
        for n in 0..16 {
            let store = Arc::clone(&store);
            puts.spawn(async move { store.put_secret_if_absent("key", sealed(n)).await.unwrap() });
        }
        let kept = store.put_secret_if_absent("key", sealed(99)).await.unwrap();
        assert!(puts.join_all().await.into_iter().all(|each| each == kept));
    }
}

#[tokio::test]
async fn secrets_are_listed_by_prefix_in_order() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for (n, name) in [(2, "callback/2"), (1, "callback/1"), (3, "callback0"), (4, "a")] {
            store.put_secret_if_absent(name, sealed(n)).await.unwrap();
        }
        let callbacks = vec![("callback/1".to_owned(), sealed(1)), ("callback/2".to_owned(), sealed(2))];
        assert_eq!(store.secrets("callback/", 10).await.unwrap(), callbacks);
        assert_eq!(store.secrets("callback/", 1).await.unwrap(), callbacks[..1]);
        assert_eq!(store.secrets("", 10).await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn secrets_survive_the_end_of_the_process() {
    let (dir, store) = store(Engine::Lsm).await;
    store.put_secret_if_absent("key", sealed(7)).await.unwrap();
    let copy = copy_of(dir.path());
    assert_eq!(open(copy.path(), Engine::Lsm).secret("key").await, Ok(Some(sealed(7))));
}
