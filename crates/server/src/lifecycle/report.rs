//! What a run over the lifecycle rules did, or would do: sums, and its first actions one by one.

use serde::{Deserialize, Serialize};

/// Actions that are named; the others are only counted.
const MOST_NAMED: usize = 1000;

/// What a run did, or would do.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Nothing was done.
    pub(crate) dry_run: bool,
    /// The server stopped before everything was looked at.
    pub(crate) interrupted: bool,
    /// Buckets with rules.
    pub(crate) buckets: u64,
    /// Those that could not be looked at to their end; the log says why.
    pub(crate) failed_buckets: u64,
    /// Objects and uploads that were looked at.
    pub(crate) looked_at: u64,
    pub(crate) sums: Sums,
    pub(crate) actions: Vec<Action>,
}

/// How much was done of each kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) expired: Sum,
    /// Versions that were not the latest.
    pub(crate) expired_versions: Sum,
    pub(crate) removed_markers: Sum,
    pub(crate) transitioned: Sum,
    pub(crate) aborted: Sum,
}

/// How many, and how many bytes they have.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// What becomes of an object or an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActionKind {
    /// An object is deleted; where versions are kept, it gets a delete marker.
    Expire,
    /// A version that is not the latest is deleted for good.
    ExpireVersion,
    /// A delete marker is removed.
    RemoveMarker,
    /// An object gets another class of storage.
    Transition,
    /// An upload is aborted.
    Abort,
}

/// One action.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(crate) action: ActionKind,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The version, if it is not the latest.
    pub(crate) version_id: Option<String>,
    /// The id of the rule.
    pub(crate) rule: String,
    pub(crate) bytes: u64,
    /// The new class of storage.
    pub(crate) storage_class: Option<String>,
    pub(crate) upload_id: Option<String>,
}

impl ActionKind {
    /// Returns the name as metrics have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Expire => "expire",
            Self::ExpireVersion => "expire_version",
            Self::RemoveMarker => "remove_marker",
            Self::Transition => "transition",
            Self::Abort => "abort",
        }
    }
}

impl Report {
    /// Counts an action, and names it if there is room.
    pub(crate) fn add(&mut self, action: Action) {
        let sum = match action.action {
            ActionKind::Expire => &mut self.sums.expired,
            ActionKind::ExpireVersion => &mut self.sums.expired_versions,
            ActionKind::RemoveMarker => &mut self.sums.removed_markers,
            ActionKind::Transition => &mut self.sums.transitioned,
            ActionKind::Abort => &mut self.sums.aborted,
        };
        sum.count += 1;
        sum.bytes = sum.bytes.saturating_add(action.bytes);
        if self.actions.len() < MOST_NAMED {
            self.actions.push(action);
        }
    }
}

impl Sums {
    /// Returns the number of actions.
    pub(crate) fn count(&self) -> u64 {
        let deleted = self.expired.count + self.expired_versions.count + self.removed_markers.count;
        deleted + self.transitioned.count + self.aborted.count
    }
}
