//! Leases of nodes whose clocks differ: who has one goes by the database's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::postgres_server::{server, url_of};
use super::support::{bucket, open_by_servers_clock, options};
use crate::{
    ClaimId, DeliveryState, Error, JobLease, Lease, NewDelivery, Node, RecordDelivery, Store, UpdateDelivery,
};

const TEN_MINUTES_MS: i64 = 600_000;

/// A node with a clock of its own.
struct ClockedNode {
    store: Store,
    ahead_ms: i64,
}

impl ClockedNode {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(since.as_millis()).unwrap() + self.ahead_ms
    }

    async fn acquire(&self, owner: &str, length_ms: i64) -> Option<JobLease> {
        let now_ms = self.now_ms();
        self.store.acquire_job("job", owner, now_ms, now_ms + length_ms).await.unwrap()
    }

    fn lease(&self, claim: u64, length_ms: i64) -> Lease {
        Lease { claim: ClaimId::new(claim), until_ms: self.now_ms() + length_ms }
    }
}

/// Three nodes over one database: one whose clock is right, one ahead of it, one behind.
fn nodes(dir: &std::path::Path) -> Option<[ClockedNode; 3]> {
    let url = url_of(server()?, dir);
    Some([0, TEN_MINUTES_MS, -TEN_MINUTES_MS].map(|ahead_ms| {
        let folder = dir.join(ahead_ms.to_string());
        std::fs::create_dir(&folder).unwrap();
        ClockedNode { store: open_by_servers_clock(&url, &folder, &options()).unwrap(), ahead_ms }
    }))
}

#[tokio::test]
async fn nodes_whose_clocks_differ_never_hold_one_job_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let Some([right, ahead, behind]) = nodes(dir.path()) else { return };
    let first = right.acquire("right", 60_000).await.unwrap();
    assert_eq!(ahead.acquire("ahead", 60_000).await, None, "its time has not come");
    assert_eq!(behind.acquire("behind", 60_000).await, None);
    right.store.release_job(first).await.unwrap();
    // A lease of a clock that is ahead holds no longer than it says, and one of a clock behind no shorter.
    let short = ahead.acquire("ahead", 300).await.unwrap();
    assert_eq!(behind.acquire("behind", 60_000).await, None);
    tokio::time::sleep(Duration::from_millis(320)).await;
    let taken = behind.acquire("behind", 60_000).await.unwrap();
    assert!(taken.fencing > short.fencing);
    assert_eq!(right.acquire("right", 60_000).await, None);
    assert_eq!(ahead.store.renew_job(short, ahead.now_ms()).await, Err(Error::LeaseLost));
    // A renewal lasts for its length as well.
    let now_ms = behind.now_ms();
    behind.store.renew_job(JobLease { until_ms: now_ms + 300, ..taken }, now_ms).await.unwrap();
    assert_eq!(ahead.acquire("ahead", 60_000).await, None);
    tokio::time::sleep(Duration::from_millis(320)).await;
    assert!(right.acquire("right", 60_000).await.is_some());
}

#[tokio::test]
async fn a_delivery_belongs_to_its_holder_whatever_the_clocks_say_and_to_others_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let Some([right, ahead, behind]) = nodes(dir.path()) else { return };
    bucket(&right.store, "b").await;
    for (node, others, length_ms) in [(&ahead, [&right, &behind], 400), (&behind, [&right, &ahead], 400)] {
        let now_ms = node.now_ms();
        let lease = node.lease(1, length_ms);
        let delivery = NewDelivery {
            id: format!("d{now_ms}"),
            due_ms: Some(now_ms),
            lease: Some(lease),
            payload: vec![],
        };
        let id = delivery.id.clone();
        let record = RecordDelivery { bucket: "b".into(), key: "k".into(), delivery, now_ms };
        node.store.record_delivery(record).await.unwrap();
        for other in others {
            let claimed = other.store.claim_delivery(&id, other.now_ms(), other.lease(2, 60_000)).await;
            assert_eq!(claimed, Err(Error::DeliveryLeased));
            let due =
                other.store.claim_due_deliveries(other.now_ms(), other.lease(2, 60_000), 9).await.unwrap();
            assert_eq!(due, []);
        }
        tokio::time::sleep(Duration::from_millis(450)).await;
        let [taker, late] = others;
        let lease = taker.lease(3, 60_000);
        let claimed = taker.store.claim_due_deliveries(taker.now_ms(), lease, 9).await.unwrap();
        assert_eq!(
            claimed.iter().map(|delivery| (&delivery.id, delivery.lease)).collect::<Vec<_>>(),
            [(&id, Some(lease))]
        );
        assert_eq!(
            late.store.claim_due_deliveries(late.now_ms(), late.lease(4, 60_000), 9).await.unwrap(),
            []
        );
        // What the one that lost it finds out late is refused; what its holder finds out counts, and is due as it says.
        let outcome = |node: &ClockedNode, claim| UpdateDelivery {
            id: id.clone(),
            claim: Some(ClaimId::new(claim)),
            state: DeliveryState::Failed,
            due_ms: Some(node.now_ms() + 300),
            attempts: 1,
            payload: None,
            now_ms: node.now_ms(),
        };
        assert_eq!(node.store.update_delivery(outcome(node, 1)).await, Err(Error::LeaseLost));
        taker.store.update_delivery(outcome(taker, 3)).await.unwrap();
        let due = late.store.claim_due_deliveries(late.now_ms(), late.lease(5, 60_000), 9).await.unwrap();
        assert_eq!(due, []);
        tokio::time::sleep(Duration::from_millis(350)).await;
        let due = late.store.claim_due_deliveries(late.now_ms(), late.lease(5, 60_000), 9).await.unwrap();
        assert_eq!(due.len(), 1);
    }
}

#[tokio::test]
async fn heartbeats_of_clocks_that_differ_are_seen_at_one_time() {
    let dir = tempfile::tempdir().unwrap();
    let Some(nodes) = nodes(dir.path()) else { return };
    for node in &nodes {
        let (seen_ms, id) = (node.now_ms(), format!("n{}", node.ahead_ms));
        let told = Node { id, seen_ms, started_ms: seen_ms - 5000, ..Node::default() };
        node.store.beat(told).await.unwrap();
    }
    // Those tests run on one machine, whose clock is the database's.
    let now_ms = nodes[0].now_ms();
    for seen in nodes[1].store.nodes().await.unwrap() {
        assert!((now_ms - 5000..=now_ms + 50).contains(&seen.seen_ms), "{seen:?} at {now_ms}");
        assert_eq!(seen.seen_ms - seen.started_ms, 5000);
    }
}
