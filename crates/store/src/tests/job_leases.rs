//! Leases of jobs: who gets one, who loses one, and what is left of them when a folder is opened again.

use super::support::{Engine, copy_of, engines, open, store};
use crate::{Error, JobLease};

#[tokio::test]
async fn one_owner_at_a_time() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let first = store.acquire_job("job", "a", 100, 200).await.unwrap().unwrap();
        assert_eq!((first.owner.as_str(), first.until_ms, first.fencing), ("a", 200, 1));
        assert_eq!(store.acquire_job("job", "b", 199, 299).await, Ok(None));
        assert!(store.acquire_job("other", "b", 199, 299).await.unwrap().is_some(), "another job is free");
        store.renew_job(JobLease { until_ms: 400, ..first.clone() }, 100).await.unwrap();
        assert_eq!(store.acquire_job("job", "b", 399, 499).await, Ok(None));
        let second = store.acquire_job("job", "b", 400, 500).await.unwrap().unwrap();
        assert_eq!(second.fencing, 2);
        assert_eq!(store.renew_job(first.clone(), 100).await, Err(Error::LeaseLost));
        assert_eq!(store.release_job(first).await, Err(Error::LeaseLost));
        store.release_job(second).await.unwrap();
        let third = store.acquire_job("job", "a", 400, 500).await.unwrap().unwrap();
        assert_eq!(third.fencing, 3);
        // A clock that was an hour ahead leaves no lease that keeps everybody waiting for it.
        store.renew_job(JobLease { until_ms: 3_600_000, ..third }, 400).await.unwrap();
        assert_eq!(store.acquire_job("job", "b", 410, 510).await.unwrap().unwrap().fencing, 4);
        for name in ["", "a b", "é", &"x".repeat(65)] {
            assert!(matches!(store.acquire_job(name, "a", 0, 9).await, Err(Error::InvalidName { .. })));
            assert!(matches!(store.acquire_job("job", name, 0, 9).await, Err(Error::InvalidName { .. })));
        }
        assert!(store.fsck(false).await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn leases_of_a_process_that_is_gone_are_free_at_once() {
    let (dir, store) = store(Engine::Lsm).await;
    store.acquire_job("job", "a", 100, 200).await.unwrap().unwrap();
    // As it is after a crash.
    let copy = copy_of(dir.path());
    let opened = open(copy.path(), Engine::Lsm);
    let lease = opened.acquire_job("job", "b", 101, 201).await.unwrap().unwrap();
    assert_eq!(lease.fencing, 2, "a number is never given twice");
}
