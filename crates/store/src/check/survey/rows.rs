//! Where the check reads rows: at one state of them, or in slices.

use std::ops::Bound;

use bytes::Bytes;

use crate::Error;
use crate::engine::{Engine, Query, Row, View};
use crate::key;

/// Rows read at once.
const ROWS: usize = 1000;

/// Where rows are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows<'a> {
    /// At one state.
    State(&'a View),
    /// Each page, and each row, as it is when it is read.
    Slices(&'a Engine),
}

/// Rows of a table, a page at a time.
#[derive(Debug)]
pub(super) struct TablePages<'a> {
    rows: Rows<'a>,
    from: Bound<Bytes>,
    end: Bytes,
}

impl<'a> Rows<'a> {
    pub(super) fn is_one_state(self) -> bool {
        matches!(self, Self::State(_))
    }

    pub(super) async fn get(self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self {
            Self::State(view) => view.get(key).await,
            Self::Slices(engine) => engine.query(Get { key: Bytes::copy_from_slice(key) }).await,
        }
    }

    /// Goes through the rows whose keys begin so.
    pub(super) fn of(self, prefix: &[u8]) -> TablePages<'a> {
        let from = Bound::Included(Bytes::copy_from_slice(prefix));
        TablePages { rows: self, from, end: key::after_prefix(prefix) }
    }
}

impl TablePages<'_> {
    /// Returns the next rows; none at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<Row>, Error> {
        let rows = match self.rows {
            Rows::State(view) => scan(view, &self.from, &self.end).await?,
            Rows::Slices(engine) => {
                engine.query(Scan { from: self.from.clone(), end: self.end.clone() }).await?
            }
        };
        if let Some((last, _)) = rows.last() {
            self.from = Bound::Excluded(last.clone());
        }
        Ok(rows)
    }

    /// Returns the next keys; none at the end.
    pub(super) async fn next_keys(&mut self) -> Result<Vec<Bytes>, Error> {
        let keys = match self.rows {
            Rows::State(view) => keys(view, &self.from, &self.end).await?,
            Rows::Slices(engine) => {
                engine.query(Keys { from: self.from.clone(), end: self.end.clone() }).await?
            }
        };
        if let Some(last) = keys.last() {
            self.from = Bound::Excluded(last.clone());
        }
        Ok(keys)
    }
}

async fn scan(view: &View, from: &Bound<Bytes>, end: &Bytes) -> Result<Vec<Row>, Error> {
    view.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(end), ROWS).await
}

async fn keys(view: &View, from: &Bound<Bytes>, end: &Bytes) -> Result<Vec<Bytes>, Error> {
    view.keys(from.as_ref().map(AsRef::as_ref), Bound::Excluded(end), ROWS).await
}

struct Get {
    key: Bytes,
}

impl Query for Get {
    type Output = Option<Bytes>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        view.get(&self.key).await
    }
}

struct Scan {
    from: Bound<Bytes>,
    end: Bytes,
}

impl Query for Scan {
    type Output = Vec<Row>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        scan(view, &self.from, &self.end).await
    }
}

struct Keys {
    from: Bound<Bytes>,
    end: Bytes,
}

impl Query for Keys {
    type Output = Vec<Bytes>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        keys(view, &self.from, &self.end).await
    }
}
