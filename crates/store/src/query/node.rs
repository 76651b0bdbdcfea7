//! Reads of nodes.

use std::ops::Bound;

use crate::engine::{Query, Row, View};
use crate::key::{self, Tag};
use crate::record::decode_node;
use crate::{Error, Node};

/// Nodes in order of their ids.
pub(crate) struct Nodes {
    pub(crate) max: usize,
}

impl Query for Nodes {
    type Output = Vec<Node>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let first = key::whole(Tag::Node);
        let end = key::after_prefix(&first);
        let rows = view.scan(Bound::Included(&first), Bound::Excluded(&end), self.max).await?;
        let node = |(key, row): &Row| decode_node(key::text_after(key, &first)?, row);
        rows.iter().map(|row| node(row).map(|node| view.clock_shift().node_of_caller(node))).collect()
    }
}
