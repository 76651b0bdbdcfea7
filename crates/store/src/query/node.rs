//! Reads of nodes.

use std::ops::Bound;

use crate::engine::{Query, View};
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
        rows.iter().map(|(key, row)| decode_node(key::text_after(key, &first)?, row)).collect()
    }
}
