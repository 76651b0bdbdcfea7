//! Commands of nodes: which processes serve from the store, as they tell themselves.

use std::ops::Bound;

use crate::engine::{Command, Txn};
use crate::key::{self, Tag};
use crate::lease_clock::ClockShift;
use crate::record::{decode_node, encode_node};
use crate::{Error, Node};

/// Notes that a node serves, and how it does.
#[derive(Debug)]
pub(crate) struct Beat {
    pub(crate) node: Node,
}

impl Command for Beat {
    type Output = ();

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let shift = ClockShift::within(txn, self.node.seen_ms).await?;
        txn.put(key::node(&self.node.id), encode_node(&shift.kept_node(&self.node)));
        Ok(())
    }
}

/// Forgets a node that has ended.
#[derive(Debug)]
pub(crate) struct RemoveNode {
    pub(crate) id: String,
}

impl Command for RemoveNode {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let key = key::node(&self.id);
        if txn.get(&key).await?.is_some() {
            txn.delete(key);
        }
        Ok(())
    }
}

/// Forgets those of the first so many nodes that were last seen before a time. The output says how many that were.
#[derive(Debug)]
pub(crate) struct ForgetNodes {
    pub(crate) before_ms: i64,
    pub(crate) look: usize,
}

impl Command for ForgetNodes {
    type Output = usize;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<usize, Error> {
        let first = key::whole(Tag::Node);
        let end = key::after_prefix(&first);
        let mut forgotten = 0;
        for (key, row) in txn.scan(Bound::Included(&first), Bound::Excluded(&end), self.look).await? {
            let id = key::text_after(&key, &first)?;
            // What cannot be read is fsck's to tell, and keeps nobody from the others.
            if decode_node(id, &row).is_ok_and(|node| node.seen_ms < self.before_ms) {
                txn.delete(key);
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
