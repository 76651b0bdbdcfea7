//! The clock that leases go by. Callers give and get times of their own clocks; what is kept is of the clock that all nodes
//! share, so that none takes a lease early because its clock is ahead of others'.

use crate::engine::Txn;
use crate::{Delivery, Error, Lease, Node};

/// How far the clock of leases is ahead of a caller's, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ClockShift(i64);

impl ClockShift {
    /// Compares the clocks where the caller's says `callers_ms` now.
    pub(crate) fn between(callers_ms: i64, kept_ms: i64) -> Self {
        Self(kept_ms.saturating_sub(callers_ms))
    }

    /// Compares the clocks within a transaction. A command that waited finds its caller's clock late by as long, so that a
    /// lease ends for its holder no later than for others.
    pub(crate) async fn within<T: Txn>(txn: &mut T, callers_ms: i64) -> Result<Self, Error> {
        Ok(Self::between(callers_ms, txn.now_ms(callers_ms).await?))
    }

    /// Returns a time of the caller's clock as it is kept.
    pub(crate) fn kept(self, callers_ms: i64) -> i64 {
        callers_ms.saturating_add(self.0)
    }

    /// Returns a time that is kept as the caller's clock has it.
    pub(crate) fn of_caller(self, kept_ms: i64) -> i64 {
        kept_ms.saturating_sub(self.0)
    }

    /// Returns a lease as it is kept.
    pub(crate) fn kept_lease(self, lease: Lease) -> Lease {
        Lease { until_ms: self.kept(lease.until_ms), ..lease }
    }

    /// Turns the times of a delivery into the caller's.
    pub(crate) fn delivery_of_caller(self, mut delivery: Delivery) -> Delivery {
        delivery.due_ms = delivery.due_ms.map(|ms| self.of_caller(ms));
        delivery.lease =
            delivery.lease.map(|lease| Lease { until_ms: self.of_caller(lease.until_ms), ..lease });
        delivery
    }

    /// Turns the times of a node as it tells them into those that are kept.
    pub(crate) fn kept_node(self, node: &Node) -> Node {
        Node { started_ms: self.kept(node.started_ms), seen_ms: self.kept(node.seen_ms), ..node.clone() }
    }

    /// Turns the times of a node into the caller's.
    pub(crate) fn node_of_caller(self, node: Node) -> Node {
        Node { started_ms: self.of_caller(node.started_ms), seen_ms: self.of_caller(node.seen_ms), ..node }
    }
}
