//! Operations on the nodes that serve from the store.

use super::Store;
use crate::command::{Beat, ForgetNodes, RemoveNode};
use crate::engine::Engine;
use crate::key::check_label;
use crate::query::Nodes;
use crate::{Error, Node};

/// Nodes that are listed, and looked at in one commit.
const MOST: usize = 1000;

impl Store {
    /// Returns whether other processes may use the store at the same time. A folder has one process.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !matches!(*self.parts.engine, Engine::Embedded(_))
    }

    /// Notes that a node serves, and how it does.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and failures of the disk.
    pub async fn beat(&self, node: Node) -> Result<(), Error> {
        check_label(&node.id)?;
        self.parts.engine.commit(Beat { node }, None).await
    }

    /// Lists the nodes as they told of themselves last, in order of their ids: the first thousand.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn nodes(&self) -> Result<Vec<Node>, Error> {
        self.parts.engine.query(Nodes { max: MOST }).await
    }

    /// Forgets a node that ends.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and failures of the disk.
    pub async fn remove_node(&self, id: &str) -> Result<(), Error> {
        check_label(id)?;
        self.parts.engine.commit(RemoveNode { id: id.to_owned() }, None).await
    }

    /// Forgets the nodes that were last seen before `before_ms`: as many as one commit looks at. Returns how many.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn forget_nodes(&self, before_ms: i64) -> Result<usize, Error> {
        let before_ms = self.parts.engine.clock_shift().kept(before_ms);
        self.parts.engine.commit(ForgetNodes { before_ms, look: MOST }, None).await
    }
}
