//! What can be chosen when a store is opened.

use std::time::Duration;

/// When an acknowledged write is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Before it is acknowledged: it survives a killed process and a power failure.
    #[default]
    Durable,
    /// Soon after: it survives a killed process, but a power failure may take the last seconds.
    Relaxed,
}

/// Options of [`Store::open`](crate::Store::open).
#[derive(Debug, Clone)]
pub struct StoreOptions {
    pub(crate) durability: Durability,
    pub(crate) inline_limit: usize,
    pub(crate) cache_bytes: u64,
    pub(crate) read_bytes: u64,
    pub(crate) log_segment_bytes: u64,
    pub(crate) lazy_delay: Duration,
    pub(crate) reclaim_interval: Duration,
    pub(crate) reserve_bytes: u64,
    pub(crate) account: Option<String>,
    pub(crate) write_bytes: u64,
    pub(crate) content_grace: Duration,
    pub(crate) orphan_age: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Durable,
            inline_limit: 64 * 1024,
            cache_bytes: 32 * 1024 * 1024,
            read_bytes: 64 * 1024 * 1024,
            log_segment_bytes: 32 * 1024 * 1024,
            lazy_delay: Duration::from_millis(50),
            reclaim_interval: Duration::from_millis(500),
            reserve_bytes: 256 * 1024 * 1024,
            account: None,
            write_bytes: 512 * 1024 * 1024,
            content_grace: Duration::from_secs(60 * 60),
            orphan_age: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl StoreOptions {
    /// Sets when acknowledged writes are on the disk.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the largest object that is kept inside the commit instead of a file of its own, at most 1 MiB.
    #[must_use]
    pub fn inline_limit(mut self, bytes: usize) -> Self {
        self.inline_limit = bytes.min(1024 * 1024);
        self
    }

    /// Sets the memory for blocks of the index that were read.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Sets the memory for what was read of data files and not yet dropped by the readers' callers. Pieces become smaller as it is
    /// used up; beyond, they are of 32 KiB and nothing is read ahead.
    #[must_use]
    pub fn read_bytes(mut self, bytes: u64) -> Self {
        self.read_bytes = bytes;
        self
    }

    /// Sets the size of one segment of the write-ahead log, which bounds both the memory for recent changes and the time to start
    /// after a crash. At least 4 MiB.
    #[must_use]
    pub fn log_segment_bytes(mut self, bytes: u64) -> Self {
        self.log_segment_bytes = bytes.max(4 * 1024 * 1024);
        self
    }

    /// Sets how long changes that nobody waits for may collect before they are written.
    #[must_use]
    pub fn lazy_delay(mut self, delay: Duration) -> Self {
        self.lazy_delay = delay;
        self
    }

    /// Sets how often space of deleted data is looked for.
    #[must_use]
    pub fn reclaim_interval(mut self, interval: Duration) -> Self {
        self.reclaim_interval = interval;
        self
    }

    /// Sets the free space below which (or below a sixteenth of the disk, if that is less, but no less than three segments
    /// of the log) only deletions and their like are accepted, so that there is room to merge files and get space back.
    #[must_use]
    pub fn reserve_bytes(mut self, bytes: u64) -> Self {
        self.reserve_bytes = bytes;
        self
    }

    /// Names the account that exists without a row. Then users, roles, access keys and buckets are made for accounts that exist
    /// alone; without this, for whatever account.
    #[must_use]
    pub fn account(mut self, uid: impl Into<String>) -> Self {
        self.account = Some(uid.into());
        self
    }

    /// Sets the memory for content on its way to a place that nodes share. Uploads wait for some of it: for as much as they
    /// have, up to 16 MiB.
    #[must_use]
    pub fn write_bytes(mut self, bytes: u64) -> Self {
        self.write_bytes = bytes;
        self
    }

    /// Sets how long deleted content stays in a place that nodes share: longer than reading an object takes, and than the
    /// backup of the database is older than that of the content.
    #[must_use]
    pub fn content_grace(mut self, grace: Duration) -> Self {
        self.content_grace = grace;
        self
    }

    /// Sets the age from which on content in a place that nodes share is removed if nothing refers to it: longer than
    /// writing an object takes.
    #[must_use]
    pub fn orphan_age(mut self, age: Duration) -> Self {
        self.orphan_age = age;
        self
    }
}
