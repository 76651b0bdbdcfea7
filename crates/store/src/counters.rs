//! Changes of counters as additions: they commute, so that two writers need not wait for each other where an engine keeps
//! counters apart and sums them up when they are read.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::key::{self, Tag};
use crate::record::{decode_counts, decode_stat, decode_version, encode_counts, encode_stat, encode_version};
use crate::version_row::VersionRow;
use crate::{BucketStat, ClassStat, DeliveryCounts, DeliveryState, Error, ObjectKind};

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
    /// A delete marker that is there from now on.
    MarkerCame,
    /// A delete marker that is gone.
    MarkerGone,
}

/// An object as counters see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) kind: ObjectKind,
    pub(crate) storage_class: String,
    pub(crate) size: u64,
    /// Whether it is the current version of its key.
    pub(crate) is_current: bool,
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

/// What single counters of a row change by, by the counters' names.
pub(crate) type Deltas = BTreeMap<String, i64>;

/// The rows that hold counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CounterRow {
    Stat,
    Deliveries,
    Version,
}

impl CounterRow {
    /// Returns which counters the row of the key holds, if any.
    pub(crate) fn of(key: &[u8]) -> Option<Self> {
        match key.first() {
            Some(tag) if *tag == Tag::Stat as u8 => Some(Self::Stat),
            Some(tag) if *tag != Tag::Store as u8 => None,
            _ if key == key::delivery_counts() => Some(Self::Deliveries),
            _ if VersionRow::ALL.iter().any(|row| key == row.key()) => Some(Self::Version),
            _ => None,
        }
    }

    /// Returns the row with what was added to it since it was written. Counters do not go below zero.
    pub(crate) fn with(self, row: Option<&[u8]>, deltas: &Deltas) -> Result<Bytes, Error> {
        let by = |name: &str| deltas.get(name).copied().unwrap_or(0);
        match self {
            Self::Stat => {
                let mut stat = row.map_or(Ok(BucketStat::default()), decode_stat)?;
                let changed = [
                    (&mut stat.bytes, BYTES),
                    (&mut stat.uploads, UPLOADS),
                    (&mut stat.delete_markers, DELETE_MARKERS),
                    (&mut stat.noncurrent_objects, NONCURRENT_OBJECTS),
                    (&mut stat.noncurrent_bytes, NONCURRENT_BYTES),
                    (&mut stat.normal_objects, kind_name(ObjectKind::Normal)),
                    (&mut stat.multipart_objects, kind_name(ObjectKind::Multipart)),
                    (&mut stat.appendable_objects, kind_name(ObjectKind::Appendable)),
                ];
                for (counter, name) in changed {
                    *counter = counter.saturating_add_signed(by(name));
                }
                add_to_classes(&mut stat.classes, deltas);
                Ok(encode_stat(&stat))
            }
            Self::Deliveries => {
                let mut counts = row.map_or(Ok(DeliveryCounts::default()), decode_counts)?;
                for state in STATES {
                    counts.change(state, false, by(state_name(state)));
                }
                counts.scheduled = counts.scheduled.saturating_add_signed(by(SCHEDULED));
                Ok(encode_counts(&counts))
            }
            Self::Version => Ok(encode_version(decode_version(row)?.saturating_add_signed(by(VERSION)))),
        }
    }
}

const BYTES: &str = "bytes";
const UPLOADS: &str = "uploads";
const DELETE_MARKERS: &str = "delete-markers";
const NONCURRENT_OBJECTS: &str = "noncurrent.objects";
const NONCURRENT_BYTES: &str = "noncurrent.bytes";
const SCHEDULED: &str = "scheduled";
const VERSION: &str = "version";
/// What begins the names of the counters of classes of storage; the class follows.
const CLASS_OBJECTS: &str = "class.objects/";
const CLASS_BYTES: &str = "class.bytes/";

const STATES: [DeliveryState; 4] =
    [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Failed, DeliveryState::Abandoned];

fn kind_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Normal | ObjectKind::Symlink => "normal",
        ObjectKind::Multipart => "multipart",
        ObjectKind::Appendable => "appendable",
    }
}

fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "failed",
        DeliveryState::Abandoned => "abandoned",
    }
}

fn add_to_classes(classes: &mut Vec<ClassStat>, deltas: &Deltas) {
    for (name, by) in deltas {
        let (class, is_objects) = match (name.strip_prefix(CLASS_OBJECTS), name.strip_prefix(CLASS_BYTES)) {
            (Some(class), _) => (class, true),
            (None, Some(class)) => (class, false),
            (None, None) => continue,
        };
        let at = classes.binary_search_by(|stat| stat.class.as_str().cmp(class)).unwrap_or_else(|at| {
            classes.insert(at, ClassStat { class: class.to_owned(), ..ClassStat::default() });
            at
        });
        if let Some(stat) = classes.get_mut(at) {
            let counter = if is_objects { &mut stat.objects } else { &mut stat.bytes };
            *counter = counter.saturating_add_signed(*by);
        }
    }
    classes.retain(|stat| stat.objects > 0);
}

impl Addition {
    /// Adds the addition to what single counters change by.
    pub(crate) fn add_to(&self, deltas: &mut Deltas) {
        let mut add = |name: &str, by: i64| {
            let counter = deltas.entry(name.to_owned()).or_default();
            *counter = counter.saturating_add(by);
        };
        match self {
            Self::Stat(changes) => changes.iter().for_each(|change| change.add_to(&mut add)),
            Self::Deliveries(changes) => {
                for DeliveryChange { state, is_scheduled, by } in changes {
                    add(state_name(*state), *by);
                    if *is_scheduled {
                        add(SCHEDULED, *by);
                    }
                }
            }
            Self::Version => add(VERSION, 1),
        }
    }
}

impl StatChange {
    fn add_to(&self, add: &mut impl FnMut(&str, i64)) {
        let (object, sign) = match self {
            Self::Came(object) => (object, 1),
            Self::Gone(object) => (object, -1),
            Self::UploadBegan => return add(UPLOADS, 1),
            Self::UploadEnded => return add(UPLOADS, -1),
            Self::MarkerCame => return add(DELETE_MARKERS, 1),
            Self::MarkerGone => return add(DELETE_MARKERS, -1),
        };
        let bytes = sign * i64::try_from(object.size).unwrap_or(i64::MAX);
        add(BYTES, bytes);
        add(kind_name(object.kind), sign);
        if !object.is_current {
            add(NONCURRENT_OBJECTS, sign);
            add(NONCURRENT_BYTES, bytes);
        }
        if !object.storage_class.is_empty() {
            add(&format!("{CLASS_OBJECTS}{}", object.storage_class), sign);
            add(&format!("{CLASS_BYTES}{}", object.storage_class), bytes);
        }
    }

    fn apply(&self, stat: &mut BucketStat) {
        match self {
            Self::Came(object) => {
                stat.add(object.kind, &object.storage_class, object.size, object.is_current);
            }
            Self::Gone(object) => {
                stat.remove(object.kind, &object.storage_class, object.size, object.is_current);
            }
            Self::UploadBegan => stat.uploads = stat.uploads.saturating_add(1),
            Self::UploadEnded => stat.uploads = stat.uploads.saturating_sub(1),
            Self::MarkerCame => stat.delete_markers = stat.delete_markers.saturating_add(1),
            Self::MarkerGone => stat.delete_markers = stat.delete_markers.saturating_sub(1),
        }
    }
}
