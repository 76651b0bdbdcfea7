//! The retention policy of a bucket: for how long its objects are neither deleted nor overwritten.

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long a policy holds that is not locked.
const UNLOCKED_MS: i64 = DAY_MS;

/// A retention policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Its name.
    pub id: String,
    /// For how many days after it was written an object is kept.
    pub days: u32,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// Whether it cannot be taken away any more. One that can ends by itself after a day.
    pub is_locked: bool,
}

impl Retention {
    /// Tells whether it holds.
    #[must_use]
    pub fn is_in_force(&self, now_ms: i64) -> bool {
        self.is_locked || now_ms < self.created_ms.saturating_add(UNLOCKED_MS)
    }

    /// Tells whether an object that was written at this time is kept.
    #[must_use]
    pub fn keeps(&self, modified_ms: i64, now_ms: i64) -> bool {
        let until = modified_ms.saturating_add(i64::from(self.days).saturating_mul(DAY_MS));
        self.is_in_force(now_ms) && now_ms < until
    }
}

/// A change of the retention policy of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionChange {
    /// Begins one, where none is in force.
    Begin {
        /// Its name.
        id: String,
        /// Its days.
        days: u32,
    },
    /// Takes away one that is not locked.
    Abort,
    /// Locks the one of that name.
    Lock {
        /// Its name.
        id: String,
    },
    /// Makes the days of the one of that name more, which is locked.
    Extend {
        /// Its name.
        id: String,
        /// Its new days.
        days: u32,
    },
}

/// Why a retention policy was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetentionRefusal {
    /// There is one.
    #[error("there is a retention policy")]
    Exists,
    /// There is none, or none of that name.
    #[error("there is no such retention policy")]
    Missing,
    /// It is locked.
    #[error("the retention policy is locked")]
    Locked,
    /// It is not locked, or would not become longer.
    #[error("a retention policy that is locked can be made longer, and nothing else")]
    NotExtended,
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Retention};

    #[test]
    fn a_policy_that_is_not_locked_ends_after_a_day() {
        let policy = |is_locked| Retention { id: "1".into(), days: 2, created_ms: 1000, is_locked };
        for (is_locked, now_ms, modified_ms, is_kept) in [
            (false, 1000, 0, true),
            (false, 1000 + DAY_MS - 1, 0, true),
            (false, 1000 + DAY_MS, 1000 + DAY_MS, false),
            (true, 1000 + DAY_MS, 0, true),
            (true, 2 * DAY_MS - 1, 0, true),
            (true, 2 * DAY_MS, 0, false),
            (true, 2 * DAY_MS, 1, true),
        ] {
            let kept = policy(is_locked).keeps(modified_ms, now_ms);
            assert_eq!(kept, is_kept, "{is_locked} {modified_ms} at {now_ms}");
        }
        assert!(Retention { days: u32::MAX, ..policy(true) }.keeps(i64::MAX, i64::MAX - 1));
    }
}
