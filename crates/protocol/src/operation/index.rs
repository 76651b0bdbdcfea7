//! The table of operations, prepared to be asked for every request: rows by level and method, and sub-resources by name.

use std::sync::LazyLock;

use super::row::{COMP, Level, Row, Verb, When};
use super::{BUILT, MISSING, Operation, nameless};

/// The table, as routing asks it.
pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// A row, and the operation if it is built.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) row: &'static Row,
    pub(super) operation: Option<Operation>,
}

/// A sub-resource, by which a request asks for an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subresource {
    pub(super) name: &'static str,
    /// Some operation of it is built.
    pub(super) is_built: bool,
}

pub(super) struct Index {
    /// By level and method.
    rows: [[Vec<Entry>; Verb::ALL.len()]; Level::ALL.len()],
    /// By level, in order of their names.
    subresources: [Vec<Subresource>; Level::ALL.len()],
}

impl Index {
    fn new() -> Self {
        let rows = Level::ALL.map(|level| {
            Verb::ALL.map(|verb| entries(level).filter(|entry| entry.row.verbs.contains(&verb)).collect())
        });
        Self { rows, subresources: Level::ALL.map(subresources) }
    }

    /// Returns the rows of a level and a method. Of two that fit, the first counts.
    pub(super) fn rows(&self, level: Level, verb: Verb) -> &[Entry] {
        self.rows.get(level as usize).and_then(|rows| rows.get(verb as usize)).map_or(&[], Vec::as_slice)
    }

    /// Returns the sub-resource of this name, if the level has one.
    pub(super) fn subresource(&self, level: Level, name: &str) -> Option<Subresource> {
        let all = self.subresources.get(level as usize)?;
        all.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|at| all.get(at)).copied()
    }
}

/// Returns whether a parameter of this name chooses an operation that is built, on any level.
pub(crate) fn is_selector(name: &str) -> bool {
    let is_built = |level| INDEX.subresource(level, name).is_some_and(|subresource| subresource.is_built);
    Level::ALL.into_iter().any(is_built)
}

/// Returns the rows of a level; those that are built come first.
fn entries(level: Level) -> impl Iterator<Item = Entry> {
    let built = BUILT.iter().zip(Operation::ALL);
    let built = built.map(|(row, operation)| Entry { row, operation: Some(operation) });
    let missing = MISSING.iter().map(|row| Entry { row, operation: None });
    built.chain(missing).filter(move |entry| entry.row.level == level)
}

fn subresources(level: Level) -> Vec<Subresource> {
    let mut all: Vec<Subresource> =
        nameless(level).iter().map(|name| Subresource { name, is_built: false }).collect();
    for Entry { row, operation } in entries(level) {
        let is_built = operation.is_some();
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
