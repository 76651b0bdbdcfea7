//! Listing rows by prefix and delimiter. After the first key with a common prefix the walk goes on behind all others that have
//! it, without looking at them.

use std::ops::Bound;

use bytes::Bytes;

use crate::engine::{Row, View};
use crate::{Error, key};

/// Rows looked up at once after a common prefix; doubled while no common prefix comes up.
const FIRST_LOOK: usize = 32;
const LARGEST_LOOK: usize = 1024;

/// A table whose keys are `base`, a name, and `suffix` bytes more.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) view: &'a View,
    pub(crate) base: Bytes,
    pub(crate) suffix: usize,
    /// Only names that begin so.
    pub(crate) prefix: &'a str,
    /// None if empty.
    pub(crate) delimiter: &'a str,
    /// Where to begin; earlier than the prefix is fine.
    pub(crate) start: Bound<Bytes>,
    /// The common prefix that the page before ended with, if it did: it is not listed again.
    pub(crate) common_prefix_before: &'a str,
    pub(crate) max: usize,
}

/// One result of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// What [`name`] finds in the key is within the walk's bounds.
    Row {
        key: Bytes,
        value: Bytes,
    },
    CommonPrefix(String),
}

/// The results of a walk, at most as many as wanted.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) steps: Vec<Step>,
    pub(crate) truncated: bool,
}

impl Walk<'_> {
    pub(crate) async fn walk(&self) -> Result<Walked, Error> {
        let mut walked = Walked::default();
        if self.max == 0 {
            return Ok(walked);
        }
        let first = Bytes::from([&self.base, self.prefix.as_bytes()].concat());
        let end = key::after_prefix(&first);
        let mut from = later(self.start.clone(), Bound::Included(first));
        let mut look = if self.delimiter.is_empty() { LARGEST_LOOK } else { FIRST_LOOK };
        loop {
            let wanted = look.min(self.max - walked.steps.len() + 1);
            let rows = self.view.scan(bound(&from), Bound::Excluded(&end), wanted).await?;
            let is_last = rows.len() < wanted;
            let Some((last, _)) = rows.last() else { return Ok(walked) };
            let last = last.clone();
            let Some(passed) = self.take(rows, &mut walked)? else { return Ok(walked) };
            if is_last {
                return Ok(walked);
            }
            let skips = passed.as_ref().is_some_and(|passed| *passed > last);
            look = if skips { FIRST_LOOK } else { (look * 2).min(LARGEST_LOOK) };
            from = match passed {
                Some(passed) if skips => Bound::Included(passed),
                _ => Bound::Excluded(last),
            };
        }
    }

    /// Takes rows up to the maximum. `None` when there was one too many; else what comes after the last common
    /// prefix, if one came up.
    fn take(&self, rows: Vec<Row>, walked: &mut Walked) -> Result<Option<Option<Bytes>>, Error> {
        let mut passed: Option<Bytes> = None;
        for (key, value) in rows {
            if passed.as_ref().is_some_and(|passed| key < *passed) {
                continue;
            }
            let name = name(&key, &self.base, self.suffix)?;
            let common = common_prefix(name, self.prefix, self.delimiter);
            if let Some(common) = common {
                passed = Some(key::after_prefix(&[&self.base, common.as_bytes()].concat()));
                if common == self.common_prefix_before {
                    continue;
                }
            }
            if walked.steps.len() == self.max {
                walked.truncated = true;
                return Ok(None);
            }
            walked.steps.push(match common {
                Some(common) => Step::CommonPrefix(common.to_owned()),
                None => Step::Row { key, value },
            });
        }
        Ok(Some(passed))
    }
}

/// Returns what the name has up to the delimiter after the prefix, if it holds that.
pub(super) fn common_prefix<'k>(name: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = name.get(prefix.len()..)?.find(delimiter)?;
    name.get(..prefix.len() + at + delimiter.len())
}

/// Returns the name in a key that is `base`, the name, and `suffix` bytes more.
pub(crate) fn name<'k>(key: &'k [u8], base: &[u8], suffix: usize) -> Result<&'k str, Error> {
    let end = key.len().saturating_sub(suffix);
    key::text_after(key.get(..end).unwrap_or_default(), base)
}

pub(super) fn bound(bound: &Bound<Bytes>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(key) => Bound::Included(key),
        Bound::Excluded(key) => Bound::Excluded(key),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Returns the later of two beginnings.
pub(super) fn later(a: Bound<Bytes>, b: Bound<Bytes>) -> Bound<Bytes> {
    match (&a, &b) {
        (Bound::Unbounded, _) => b,
        (_, Bound::Unbounded) => a,
        (Bound::Included(x), Bound::Included(y) | Bound::Excluded(y)) => {
            if x > y {
                a
            } else {
                b
            }
        }
        (Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
            if x >= y {
                a
            } else {
                b
            }
        }
    }
}
