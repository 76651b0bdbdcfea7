//! The points that are measured and what Ossicle must reach at each, relative to the best peer of the same run.

/// What one request of a point does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Stores a new object of this many bytes.
    Put(usize),
    /// The same with a callback to an application server that answers at once.
    PutWithCallback(usize),
    /// Reads a stored object of this many bytes.
    Get(usize),
    /// Lists this many of the stored small objects.
    List(usize),
}

/// A kind of request at a concurrency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) name: &'static str,
    pub(crate) work: Work,
    pub(crate) concurrency: usize,
    /// How many times the best peer's rate Ossicle must reach.
    pub(crate) goal: Option<f64>,
}

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

/// Objects of 4 KiB that GET and LIST find.
pub(crate) const SMALL_OBJECTS: usize = 100_000;
/// Objects of 64 MiB that GET finds.
pub(crate) const LARGE_OBJECTS: usize = 8;

pub(crate) const POINTS: [Point; 9] = [
    point("put-4k-1", Work::Put(4 * KIB), 1, Some(2.0)),
    point("put-4k-32", Work::Put(4 * KIB), 32, Some(4.0)),
    point("put-1m-8", Work::Put(MIB), 8, Some(1.5)),
    point("put-64m-2", Work::Put(64 * MIB), 2, Some(1.3)),
    point("get-4k-32", Work::Get(4 * KIB), 32, Some(4.0)),
    point("get-64m-2", Work::Get(64 * MIB), 2, Some(1.4)),
    point("list-1000", Work::List(1000), 1, Some(5.0)),
    point("callback-4k-1", Work::PutWithCallback(4 * KIB), 1, None),
    point("callback-4k-32", Work::PutWithCallback(4 * KIB), 32, None),
];

/// What is measured over a cluster. The goals are relative to SeaweedFS over the same database, those of large objects to the store
/// of content used directly.
pub(crate) const CLUSTER_POINTS: [Point; 6] = [
    point("put-4k-1", Work::Put(4 * KIB), 1, None),
    point("put-4k-32", Work::Put(4 * KIB), 32, Some(5.0)),
    point("get-4k-32", Work::Get(4 * KIB), 32, Some(3.0)),
    point("list-1000", Work::List(1000), 1, Some(4.0)),
    point("put-64m-2", Work::Put(64 * MIB), 2, Some(0.8)),
    point("get-64m-2", Work::Get(64 * MIB), 2, Some(0.8)),
];

impl Work {
    /// Returns the bytes that one request moves, for those whose rate is better told in bytes.
    pub(crate) fn bulk_bytes(self) -> Option<usize> {
        match self {
            Work::Put(size) | Work::Get(size) if size >= MIB => Some(size),
            Work::Put(_) | Work::PutWithCallback(_) | Work::Get(_) | Work::List(_) => None,
        }
    }

    /// Returns whether only a server that knows callbacks can do it.
    pub(crate) fn needs_callbacks(self) -> bool {
        matches!(self, Work::PutWithCallback(_))
    }

    /// Returns whether it reads what must have been stored before.
    pub(crate) fn reads(self) -> bool {
        matches!(self, Work::Get(_) | Work::List(_))
    }
}

const fn point(name: &'static str, work: Work, concurrency: usize, goal: Option<f64>) -> Point {
    Point { name, work, concurrency, goal }
}
