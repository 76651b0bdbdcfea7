//! Listing versions: the current objects and the rows of versions, side by side in the order of keys. Common prefixes are
//! passed over in both, so that a page costs what is on it.

use std::collections::VecDeque;
use std::ops::Bound;

use bytes::Bytes;

use super::bucket::{FEW, require_bucket};
use super::listing::{bound, common_prefix, later, name};
use super::object_version::{newest_row, number_of_null};
use crate::engine::{Query, Row, View};
use crate::key;
use crate::record::{StoredVersion, decode_object};
use crate::{
    Error, ListVersions, ListedVersion, Object, ObjectFields, VersionEntry, VersionPage, VersionRef,
};

/// Rows looked up at once in either table.
const LOOK: usize = 256;

/// Versions and common prefixes in byte order, the versions of a key newest first.
pub(crate) struct Versions {
    pub(crate) which: ListVersions,
}

impl Query for Versions {
    type Output = VersionPage;

    fn is_long(&self) -> bool {
        self.which.max > FEW || !self.which.delimiter.is_empty()
    }

    async fn run(&self, view: &View) -> Result<VersionPage, Error> {
        require_bucket(view, &self.which.bucket).await?;
        let mut page = VersionPage::default();
        if self.which.max > 0 {
            Merge::begin(view, &self.which).await?.fill(&mut page).await?;
        }
        Ok(page)
    }
}

/// Rows of a table that come next.
struct Rows<'a> {
    view: &'a View,
    /// What the keys have before the names.
    base: Bytes,
    /// How many bytes they have after the names.
    suffix: usize,
    ahead: VecDeque<Row>,
    from: Bound<Bytes>,
    end: Bytes,
    is_ended: bool,
}

impl<'a> Rows<'a> {
    fn new(view: &'a View, base: Bytes, suffix: usize, prefix: &str, start: Bound<Bytes>) -> Self {
        let first = Bytes::from([&base, prefix.as_bytes()].concat());
        let end = key::after_prefix(&first);
        let from = later(start, Bound::Included(first));
        Self { view, base, suffix, ahead: VecDeque::new(), from, end, is_ended: false }
    }

    async fn peek(&mut self, wanted: usize) -> Result<Option<&Row>, Error> {
        if self.ahead.is_empty() && !self.is_ended {
            let wanted = wanted.min(LOOK);
            let rows = self.view.scan(bound(&self.from), Bound::Excluded(&self.end), wanted).await?;
            self.is_ended = rows.len() < wanted;
            if let Some((last, _)) = rows.last() {
                self.from = Bound::Excluded(last.clone());
            }
            self.ahead = rows.into();
        }
        Ok(self.ahead.front())
    }

    /// Goes on behind all names that begin so.
    fn pass(&mut self, common: &str) {
        let next = key::after_prefix(&[&self.base, common.as_bytes()].concat());
        while self.ahead.pop_front_if(|(key, _)| *key < next).is_some() {}
        if self.ahead.is_empty() {
            self.from = later(self.from.clone(), Bound::Included(next));
        }
    }

    fn name<'k>(&self, key: &'k [u8]) -> Result<&'k str, Error> {
        name(key, &self.base, self.suffix)
    }
}

/// Both tables.
struct Merge<'a> {
    which: &'a ListVersions,
    objects: Rows<'a>,
    versions: Rows<'a>,
    /// The last key that was listed, or the one that the page begins within.
    last: String,
    /// If the page begins within a key that has no current object: its newest version.
    newest_of_marker: Option<Bytes>,
}

/// Where the two tables begin.
struct Start {
    objects: Bound<Bytes>,
    versions: Bound<Bytes>,
}

impl<'a> Merge<'a> {
    async fn begin(view: &'a View, which: &'a ListVersions) -> Result<Self, Error> {
        let ListVersions { bucket, key_marker, .. } = which;
        let is_within = !key_marker.is_empty() && which.version_marker.is_some();
        let current = match is_within {
            true => view.get(&key::object(bucket, key_marker)).await?,
            false => None,
        };
        let current = current.map(|row| decode_object(bucket, key_marker, &row)).transpose()?;
        let newest =
            if is_within && current.is_none() { newest_row(view, bucket, key_marker).await? } else { None };
        let start = start(view, which, current.as_ref()).await?;
        let bases = (key::object(bucket, ""), key::versions(bucket, ""));
        Ok(Self {
            which,
            objects: Rows::new(view, bases.0, 0, &which.prefix, start.objects),
            versions: Rows::new(view, bases.1, key::VERSION_SUFFIX, &which.prefix, start.versions),
            last: if is_within { key_marker.clone() } else { String::new() },
            newest_of_marker: newest.map(|(key, _)| key),
        })
    }

    async fn fill(mut self, page: &mut VersionPage) -> Result<(), Error> {
        let ListVersions { prefix, delimiter, key_marker, max, .. } = self.which;
        let mut next = None;
        loop {
            let found = page.versions.len() + page.common_prefixes.len();
            let wanted = (max - found).saturating_add(1);
            let Some((is_object, key, row)) = self.next(wanted).await? else { return Ok(()) };
            let rows = if is_object { &self.objects } else { &self.versions };
            let name = rows.name(&key)?;
            let common = common_prefix(name, prefix, delimiter);
            if let Some(common) = common {
                self.objects.pass(common);
                self.versions.pass(common);
                if common == key_marker {
                    continue;
                }
            }
            if found == *max {
                page.next = next;
                return Ok(());
            }
            if let Some(common) = common {
                page.common_prefixes.push(common.to_owned());
                next = Some((common.to_owned(), None));
                continue;
            }
            let listed = self.listed(is_object, name, &key, &row)?;
            next = Some((name.to_owned(), Some(VersionRef::of(listed.entry.version_id()))));
            page.versions.push(listed);
            let rows = if is_object { &mut self.objects } else { &mut self.versions };
            rows.ahead.pop_front();
        }
    }

    /// Returns the row that comes next, and whether it is that of a current object.
    async fn next(&mut self, wanted: usize) -> Result<Option<(bool, Bytes, Bytes)>, Error> {
        let (objects, versions) = (&mut self.objects, &mut self.versions);
        let object = objects.peek(wanted).await?.cloned();
        let version = versions.peek(wanted).await?.cloned();
        let is_object = match (&object, &version) {
            (Some((object, _)), Some((version, _))) => objects.name(object)? <= versions.name(version)?,
            (object, _) => object.is_some(),
        };
        let row = if is_object { object } else { version };
        Ok(row.map(|(key, row)| (is_object, key, row)))
    }

    fn listed(
        &mut self,
        is_object: bool,
        name: &str,
        key: &Bytes,
        row: &[u8],
    ) -> Result<ListedVersion, Error> {
        let bucket = &self.which.bucket;
        let is_first = self.last != name || self.newest_of_marker.as_ref() == Some(key);
        if self.last != name {
            name.clone_into(&mut self.last);
        }
        if is_object {
            let entry = VersionEntry::Object(unopened(decode_object(bucket, name, row)?));
            return Ok(ListedVersion { entry, is_latest: true });
        }
        let entry = match StoredVersion::decode(bucket, name, key::number_of_version(key)?, row)? {
            StoredVersion::Object(fields) => VersionEntry::Object(unopened(*fields)),
            StoredVersion::DeleteMarker(marker) => VersionEntry::DeleteMarker(marker),
        };
        Ok(ListedVersion { entry, is_latest: is_first })
    }
}

fn unopened(fields: ObjectFields) -> Box<Object> {
    Box::new(Object { fields, at_hand: None })
}

/// Finds where a page begins. `current` is the current object of the key that it begins within.
async fn start(view: &View, which: &ListVersions, current: Option<&ObjectFields>) -> Result<Start, Error> {
    let ListVersions { bucket, key_marker, version_marker, .. } = which;
    if key_marker.is_empty() {
        return Ok(Start { objects: Bound::Unbounded, versions: Bound::Unbounded });
    }
    let object = key::object(bucket, key_marker);
    let all = key::versions_of(bucket, key_marker);
    let is_current_null = current.is_some_and(|object| object.version_id.is_none());
    let number = match version_marker {
        None => {
            let after = Bound::Included(key::after_prefix(&all));
            return Ok(Start { objects: Bound::Excluded(object), versions: after });
        }
        Some(VersionRef::Current) => {
            return Ok(Start { objects: Bound::Excluded(object), versions: Bound::Included(all) });
        }
        Some(VersionRef::Null) if is_current_null => {
            return Ok(Start { objects: Bound::Excluded(object), versions: Bound::Included(all) });
        }
        Some(VersionRef::Null) => number_of_null(view, bucket, key_marker).await?,
        Some(VersionRef::Id(id)) => Some(id.number()),
    };
    // The null version has gone, and with it the place: rather list versions again than leave some out.
    let Some(number) = number else {
        return Ok(Start { objects: Bound::Included(object), versions: Bound::Included(all) });
    };
    // The current object is older if what came before was deleted since the page before.
    let is_older = current
        .is_some_and(|current| current.version_id.map_or(current.generation, |id| id.number()) < number);
    Ok(Start {
        objects: if is_older { Bound::Included(object) } else { Bound::Excluded(object) },
        versions: Bound::Excluded(key::version(bucket, key_marker, number)),
    })
}
