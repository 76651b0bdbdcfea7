//! What a check found, in words for people and kinds for programs.

use crate::Error;

/// What [`Store::fsck`](crate::Store::fsck) found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FsckReport {
    /// Buckets checked.
    pub buckets: u64,
    /// Objects checked.
    pub objects: u64,
    /// Versions of objects checked that are not the current ones, without delete markers.
    pub versions: u64,
    /// Uploads in progress checked.
    pub uploads: u64,
    /// Data files checked.
    pub files: u64,
    /// Deliveries checked.
    pub deliveries: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// What has counts that could not be compared, since others changed it all the time and it is large.
    pub uncompared: Vec<String>,
}

/// What [`Store::scrub`](crate::Store::scrub) found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScrubReport {
    /// Objects read.
    pub objects: u64,
    /// Parts of uploads in progress read.
    pub parts: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Whether everything was read.
    pub is_complete: bool,
    /// Objects that are damaged.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind it is.
    pub kind: FindingKind,
    /// What it is about, and what it means, in a sentence.
    pub what: String,
    /// Whether it was set right.
    pub repaired: bool,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A data file nothing refers to: space that a crash wasted.
    OrphanFile,
    /// Rows of content nothing refers to: wasted space.
    OrphanContent,
    /// A count that is not what counting gives.
    WrongCount,
    /// A row of an order that leads nowhere.
    DanglingRow,
    /// Content that is referred to and is not there: data is lost.
    MissingContent,
    /// Content that is not what was written: data is lost.
    DamagedContent,
    /// A row that cannot be read. Nothing is repaired beside one that may refer to content, which is kept in case somebody
    /// can read it.
    DamagedRow,
    /// A row that only a later version can read. Nothing is repaired beside one, since nobody knows what it refers to.
    LaterVersion,
}

impl FindingKind {
    /// Tells whether repairing sets it right without losing anything.
    #[must_use]
    pub fn is_repairable(self) -> bool {
        match self {
            Self::OrphanFile | Self::OrphanContent | Self::WrongCount | Self::DanglingRow => true,
            Self::MissingContent | Self::DamagedContent | Self::DamagedRow | Self::LaterVersion => false,
        }
    }
}

impl FsckReport {
    /// Tells whether nothing is wrong but space that a crash may waste.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.kind == FindingKind::OrphanFile)
    }

    pub(super) fn add(&mut self, kind: FindingKind, what: impl Into<String>) {
        self.findings.push(Finding { kind, what: what.into(), repaired: false });
    }
}

impl Finding {
    pub(super) fn damaged(what: &str, error: &Error) -> Self {
        Self { kind: FindingKind::DamagedContent, what: format!("{what}: {error}"), repaired: false }
    }
}
