//! Changes of counters as additions: they commute, so that two writers need not wait for each other where an engine keeps
//! counters apart and sums them up when they are read.

use bytes::Bytes;

use crate::record::{decode_counts, decode_stat, decode_version, encode_counts, encode_stat, encode_version};
use crate::{BucketStat, DeliveryCounts, DeliveryState, Error, ObjectKind};

/// What is added to the counters in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addition {
    /// To those of a bucket.
    Stat(Vec<StatChange>),
    /// To those of all deliveries.
    Deliveries(Vec<DeliveryChange>),
    /// One to a version.
    Version,
}

/// What changes in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StatChange {
    /// An object that is there from now on.
    Came(Counted),
    /// An object that is gone.
    Gone(Counted),
    /// An upload that has begun.
    UploadBegan,
    /// An upload that has ended.
    UploadEnded,
}

/// An object as counters see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) kind: ObjectKind,
    pub(crate) storage_class: String,
    pub(crate) size: u64,
}

/// So many deliveries more, or less, in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryChange {
    pub(crate) state: DeliveryState,
    pub(crate) is_scheduled: bool,
    pub(crate) by: i64,
}

impl Addition {
    /// Returns the row with the addition; no row has counted nothing yet.
    pub(crate) fn to_row(&self, row: Option<&[u8]>) -> Result<Bytes, Error> {
        match self {
            Self::Stat(changes) => {
                let mut stat = row.map_or(Ok(BucketStat::default()), decode_stat)?;
                for change in changes {
                    change.apply(&mut stat);
                }
                Ok(encode_stat(&stat))
            }
            Self::Deliveries(changes) => {
                let mut counts = row.map_or(Ok(DeliveryCounts::default()), decode_counts)?;
                for DeliveryChange { state, is_scheduled, by } in changes {
                    counts.change(*state, *is_scheduled, *by);
                }
                Ok(encode_counts(&counts))
            }
            Self::Version => Ok(encode_version(decode_version(row)?.saturating_add(1))),
        }
    }
}

impl StatChange {
    fn apply(&self, stat: &mut BucketStat) {
        match self {
            Self::Came(object) => stat.add(object.kind, &object.storage_class, object.size),
            Self::Gone(object) => stat.remove(object.kind, &object.storage_class, object.size),
            Self::UploadBegan => stat.uploads = stat.uploads.saturating_add(1),
            Self::UploadEnded => stat.uploads = stat.uploads.saturating_sub(1),
        }
    }
}
