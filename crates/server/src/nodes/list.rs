//! Which nodes there are, and which of them have fallen silent.

use std::time::Duration;

use ossicle_store::{Error, Node};

use crate::app::{self, App};

/// A node that has told nothing for this long is taken for gone: three heartbeats, and room for clocks that differ.
const SILENT: Duration = Duration::from_secs(45);

/// A node as this one sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SeenNode {
    pub(crate) node: Node,
    /// Whether it is this server itself.
    pub(crate) is_this: bool,
    /// Whether it has told of itself of late.
    pub(crate) is_live: bool,
}

/// Lists the nodes in order of their ids, this one as it is now.
pub(crate) async fn list(app: &App) -> Result<Vec<SeenNode>, Error> {
    let now_ms = now_ms(app);
    let this = app.node.describe(app.metrics.in_flight(), now_ms);
    Ok(seen(app.store.nodes().await?, this, now_ms))
}

/// Returns the time by which nodes are seen.
pub(super) fn now_ms(app: &App) -> i64 {
    app.clock.now_ms(app::now().unix_millis())
}

fn seen(mut nodes: Vec<Node>, this: Node, now_ms: i64) -> Vec<SeenNode> {
    let this_id = this.id.clone();
    match nodes.binary_search_by(|node| node.id.cmp(&this_id)) {
        Ok(at) => nodes.splice(at..=at, [this]),
        Err(at) => nodes.splice(at..at, [this]),
    };
    let silent_since_ms = now_ms.saturating_sub(i64::try_from(SILENT.as_millis()).unwrap_or(i64::MAX));
    let see =
        |node: Node| SeenNode { is_this: node.id == this_id, is_live: node.seen_ms >= silent_since_ms, node };
    nodes.into_iter().map(see).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, seen_ms: i64) -> Node {
        Node { id: id.to_owned(), seen_ms, ..Node::default() }
    }

    #[test]
    fn this_node_is_seen_as_it_is_and_silent_ones_are_gone() {
        let others = || vec![node("a", 54_999), node("c", 55_000), node("e", 200_000)];
        for stored in [None, Some(node("d", 0))] {
            let mut nodes = others();
            nodes.splice(2..2, stored);
            let seen = seen(nodes, node("d", 100_000), 100_000);
            let told: Vec<_> =
                seen.iter().map(|seen| (seen.node.id.as_str(), seen.is_this, seen.is_live)).collect();
            let expected = [("a", false, false), ("c", false, true), ("d", true, true), ("e", false, true)];
            assert_eq!(told, expected);
            assert_eq!(seen[2].node.seen_ms, 100_000);
        }
    }
}
