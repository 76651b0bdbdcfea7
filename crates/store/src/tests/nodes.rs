//! Nodes: each tells of itself, and those that are gone are forgotten, on every engine.

use super::support::{Engine, engines, store};
use crate::check::FindingKind;
use crate::command::RewriteRows;
use crate::{Error, Node, key};

fn node(id: &str, seen_ms: i64) -> Node {
    Node {
        id: id.to_owned(),
        address: format!("http://{id}:9000"),
        version: "1.2.3".to_owned(),
        started_ms: 100,
        seen_ms,
        in_flight: 3,
        requests_per_second: 1200,
    }
}

#[tokio::test]
async fn a_node_is_listed_as_it_told_last() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        assert_eq!(store.nodes().await, Ok(Vec::new()));
        store.beat(node("b", 200)).await.unwrap();
        store.beat(node("a", 210)).await.unwrap();
        let later = Node { in_flight: u64::MAX, ..node("b", 220) };
        store.beat(later.clone()).await.unwrap();
        assert_eq!(store.nodes().await, Ok(vec![node("a", 210), later]));
        for id in ["", "a b", "é", &"x".repeat(65)] {
            assert!(matches!(store.beat(node(id, 1)).await, Err(Error::InvalidName { .. })));
            assert!(matches!(store.remove_node(id).await, Err(Error::InvalidName { .. })));
        }
        assert!(store.fsck(false).await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn nodes_that_ended_or_fell_silent_are_forgotten() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for (id, seen_ms) in [("a", 100), ("b", 200), ("c", 300), ("d", 199)] {
            store.beat(node(id, seen_ms)).await.unwrap();
        }
        store.remove_node("c").await.unwrap();
        store.remove_node("never-was").await.unwrap();
        assert_eq!(store.forget_nodes(200).await, Ok(2));
        assert_eq!(store.nodes().await, Ok(vec![node("b", 200)]), "seen at that very time");
        assert_eq!(store.forget_nodes(200).await, Ok(0));
    }
}

#[tokio::test]
async fn only_a_store_without_a_folder_of_its_own_is_shared() {
    for (engine, shared) in [(Engine::Lsm, false), (Engine::Memory, false), (Engine::Contrary, true)] {
        let (_dir, store) = store(engine).await;
        assert_eq!(store.is_shared(), shared, "{engine:?}");
    }
}

#[tokio::test]
async fn what_a_newer_node_adds_is_left_alone_and_damage_is_found() {
    let (_dir, store) = store(Engine::Memory).await;
    store.beat(node("a", 200)).await.unwrap();
    let row = crate::record::encode_node(&node("a", 200));
    let longer = [&row[..], b"more"].concat();
    let rewrite = |row: Vec<u8>| RewriteRows { rows: vec![(key::node("a"), Some(row.into()))] };
    store.parts().engine.commit(rewrite(longer), None).await.unwrap();
    assert_eq!(store.nodes().await, Ok(vec![node("a", 200)]));
    assert!(store.fsck(false).await.unwrap().is_sound());
    store.parts().engine.commit(rewrite(row[..row.len() - 1].to_vec()), None).await.unwrap();
    assert_eq!(store.forget_nodes(300).await, Ok(0));
    let report = store.fsck(false).await.unwrap();
    assert_eq!(report.findings.iter().map(|found| found.kind).collect::<Vec<_>>(), [FindingKind::DamagedRow]);
}
