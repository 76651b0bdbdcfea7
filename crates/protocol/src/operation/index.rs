//! The table of operations, prepared to be asked for every request: rows by level and method, sub-resources by name, and each
//! operation's row.

use std::sync::LazyLock;

use super::built::Operation;
use super::row::{COMP, Level, Row, Verb, When};
use super::{on_bucket, on_object, on_service};

const TABLE: [&[Row]; 3] = [on_service::ROWS, on_bucket::ROWS, on_object::ROWS];

/// How many operations are built.
pub(super) const COUNT: usize = count();

/// The rows of what is built, in the order of [`Operation`].
static BUILT: [&Row; COUNT] = built();

/// Returns the operations that are built, in the order of the table.
#[expect(clippy::indexing_slicing, reason = "it runs when this is compiled")]
pub(super) const fn all() -> [Operation; COUNT] {
    let mut all = [Operation::ListBuckets; COUNT];
    let (mut level, mut found) = (0, 0);
    while level < TABLE.len() {
        let mut at = 0;
        while at < TABLE[level].len() {
            if let Some(operation) = TABLE[level][at].operation {
                all[found] = operation;
                found += 1;
            }
            at += 1;
        }
        level += 1;
    }
    all
}

#[expect(clippy::indexing_slicing, reason = "it runs when this is compiled")]
const fn count() -> usize {
    let (mut level, mut count) = (0, 0);
    while level < TABLE.len() {
        let mut at = 0;
        while at < TABLE[level].len() {
            count += TABLE[level][at].operation.is_some() as usize;
            at += 1;
        }
        level += 1;
    }
    count
}

/// Fails to compile where an operation has several rows, or one but the last has none.
#[expect(clippy::indexing_slicing, reason = "it runs when this is compiled")]
const fn built() -> [&'static Row; COUNT] {
    let mut rows = [&TABLE[0][0]; COUNT];
    let mut seen = [false; COUNT];
    let mut level = 0;
    while level < TABLE.len() {
        let mut at = 0;
        while at < TABLE[level].len() {
            let row = &TABLE[level][at];
            if let Some(operation) = row.operation {
                assert!(!seen[operation as usize], "an operation has several rows");
                seen[operation as usize] = true;
                rows[operation as usize] = row;
            }
            at += 1;
        }
        level += 1;
    }
    rows
}

/// Returns the row of an operation.
#[expect(clippy::indexing_slicing, reason = "there is a row for each operation, or this would not compile")]
pub(super) fn row(operation: Operation) -> &'static Row {
    BUILT[operation as usize]
}

/// The table, as routing asks it.
pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// A sub-resource, by which a request asks for an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subresource {
    pub(super) name: &'static str,
    /// Some operation of it is built.
    pub(super) is_built: bool,
}

pub(super) struct Index {
    /// By level and method.
    rows: [[Vec<&'static Row>; Verb::ALL.len()]; Level::ALL.len()],
    /// By level, in order of their names.
    subresources: [Vec<Subresource>; Level::ALL.len()],
}

impl Index {
    fn new() -> Self {
        let rows = Level::ALL.map(|level| {
            Verb::ALL.map(|verb| table(level).iter().filter(|row| row.verbs.contains(&verb)).collect())
        });
        Self { rows, subresources: Level::ALL.map(subresources) }
    }

    /// Returns the rows of a level and a method. Of two that fit, the first counts.
    pub(super) fn rows(&self, level: Level, verb: Verb) -> &[&'static Row] {
        self.rows.get(level as usize).and_then(|rows| rows.get(verb as usize)).map_or(&[], Vec::as_slice)
    }

    /// Returns the sub-resource of this name, if the level has one.
    pub(super) fn subresource(&self, level: Level, name: &str) -> Option<Subresource> {
        let all = self.subresources.get(level as usize)?;
        all.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|at| all.get(at)).copied()
    }
}

fn table(level: Level) -> &'static [Row] {
    match level {
        Level::Service => on_service::ROWS,
        Level::Bucket => on_bucket::ROWS,
        Level::Object => on_object::ROWS,
    }
}

fn subresources(level: Level) -> Vec<Subresource> {
    let nameless = match level {
        Level::Service => on_service::NAMELESS,
        Level::Bucket => on_bucket::NAMELESS,
        Level::Object => on_object::NAMELESS,
    };
    let mut all: Vec<Subresource> =
        nameless.iter().map(|name| Subresource { name, is_built: false }).collect();
    for row in table(level) {
        let is_built = row.operation.is_some();
        all.extend(row.when.iter().filter_map(|when| match *when {
            When::Has(name) | When::HasBoth(name, _) => Some(Subresource { name, is_built }),
            // What it shares with others, these have to be built for.
            When::Comp(name, _) => Some(Subresource { name, is_built: false }),
            _ => None,
        }));
        if is_built && row.when.iter().any(|when| matches!(when, When::Comp(..))) {
            all.push(Subresource { name: COMP, is_built });
        }
    }
    // One that is built anywhere counts as built.
    all.sort_by_key(|one| (one.name, !one.is_built));
    all.dedup_by_key(|one| one.name);
    all
}
