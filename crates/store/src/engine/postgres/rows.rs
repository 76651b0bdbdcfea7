//! Reading rows on a connection: with what was added to counters, and each look one round trip.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use tokio_postgres::Row as SqlRow;
use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::failure::{Failure, classify};
use crate::Error;
use crate::counters::{CounterRow, Deltas};
use crate::engine::Row;
use crate::key::Tag;

/// What was added to counters, by their rows' keys.
type Sums = BTreeMap<Bytes, Deltas>;

/// The first and the last table that has counters.
const FIRST_OF_COUNTERS: u8 = Tag::Store as u8;
const LAST_OF_COUNTERS: u8 = Tag::Stat as u8;

/// A range of keys as the statements take it: from the first on, before the second.
#[derive(Debug)]
pub(super) struct Range {
    from: Vec<u8>,
    before: Vec<u8>,
}

impl Range {
    pub(super) fn new(from: Bound<&[u8]>, to: Bound<&[u8]>) -> Self {
        let after = |key: &[u8]| [key, &[0]].concat();
        let from = match from {
            Bound::Included(key) => key.to_vec(),
            Bound::Excluded(key) => after(key),
            Bound::Unbounded => Vec::new(),
        };
        let before = match to {
            Bound::Included(key) => after(key),
            Bound::Excluded(key) => key.to_vec(),
            Bound::Unbounded => vec![u8::MAX],
        };
        Self { from, before }
    }

    fn may_have_counters(&self) -> bool {
        self.from.as_slice() < [LAST_OF_COUNTERS + 1].as_slice()
            && self.before.as_slice() > [FIRST_OF_COUNTERS].as_slice()
    }
}

impl Connection {
    pub(super) async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Failure> {
        let wanted: [&(dyn ToSql + Sync); 1] = [&key];
        let get = self.client.query_opt(&self.statements.get, &wanted);
        let Some(kind) = CounterRow::of(key) else {
            return value_in(get.await.map_err(|e| classify(&e))?.as_ref());
        };
        let keys = [key];
        let keys = keys.as_slice();
        let params: [&(dyn ToSql + Sync); 1] = [&keys];
        let sums = self.client.query(&self.statements.sums, &params);
        let (row, sums) = tokio::try_join!(get, sums).map_err(|e| classify(&e))?;
        let row = value_in(row.as_ref())?;
        match to_sums(sums.iter(), 1)?.get(key) {
            Some(deltas) => kind.with(row.as_deref(), deltas).map(Some).map_err(Failure::Refused),
            None => Ok(row),
        }
    }

    /// Asks for the time.
    pub(super) async fn now_ms(&self) -> Result<i64, Failure> {
        let row = self.client.query_one(&self.statements.now_ms, &[]).await.map_err(|e| classify(&e))?;
        row.try_get(0).map_err(|_| unreadable())
    }

    /// Reads rows that hold no counters.
    pub(super) async fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Row>, Failure> {
        let rows = self.client.query(&self.statements.get_many, &[&keys]).await;
        to_rows(&rows.map_err(|e| classify(&e))?)
    }

    /// Reads rows, and the small content of the object in the row of `content_of`, in one statement: as they are at one time.
    pub(super) async fn look(&self, keys: &[Bytes], content_of: Option<&Bytes>) -> Result<Vec<Row>, Failure> {
        let counters: Vec<&[u8]> =
            keys.iter().filter(|key| CounterRow::of(key).is_some()).map(AsRef::as_ref).collect();
        let keys: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        let content_of = content_of.map(AsRef::<[u8]>::as_ref);
        let params: [&(dyn ToSql + Sync); 3] = [&keys, &content_of, &counters];
        let found = self.client.query(&self.statements.look, &params).await.map_err(|e| classify(&e))?;
        let is_row = |row: &&SqlRow| matches!(row.try_get::<_, Option<&str>>(2), Ok(None));
        let (rows, sums): (Vec<_>, Vec<_>) = found.iter().partition(is_row);
        let rows = rows.into_iter().map(|row| Ok((bytes_in(row, 0)?, bytes_in(row, 1)?)));
        with_sums(rows.collect::<Result<_, _>>()?, to_sums(sums.into_iter(), 2)?)
    }

    pub(super) async fn scan(&self, range: &Range, limit: usize) -> Result<Vec<Row>, Failure> {
        let Range { from, before } = range;
        let sql_limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let params: [&(dyn ToSql + Sync); 3] = [from, before, &sql_limit];
        let rows = self.client.query(&self.statements.scan, &params);
        if !range.may_have_counters() {
            return to_rows(&rows.await.map_err(|e| classify(&e))?);
        }
        let sum_params: [&(dyn ToSql + Sync); 2] = [from, before];
        let sums = self.client.query(&self.statements.scan_sums, &sum_params);
        let (rows, sums) = tokio::try_join!(rows, sums).map_err(|e| classify(&e))?;
        let rows = with_sums(to_rows(&rows)?.into_iter().collect(), to_sums(sums.iter(), 1)?)?;
        Ok(rows.into_iter().take(limit).collect())
    }

    pub(super) async fn keys(&self, range: &Range, limit: usize) -> Result<Vec<Bytes>, Failure> {
        if range.may_have_counters() {
            return Ok(self.scan(range, limit).await?.into_iter().map(|(key, _)| key).collect());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let keys = self.client.query(&self.statements.scan_keys, &[&range.from, &range.before, &limit]).await;
        keys.map_err(|e| classify(&e))?.iter().map(|row| bytes_in(row, 0)).collect()
    }
}

fn value_in(row: Option<&SqlRow>) -> Result<Option<Bytes>, Failure> {
    row.map(|row| bytes_in(row, 0)).transpose()
}

fn to_rows(rows: &[SqlRow]) -> Result<Vec<Row>, Failure> {
    rows.iter().map(|row| Ok((bytes_in(row, 0)?, bytes_in(row, 1)?))).collect()
}

/// Adds what counters add up to to their rows.
fn with_sums(mut rows: BTreeMap<Bytes, Bytes>, sums: Sums) -> Result<Vec<Row>, Failure> {
    for (key, deltas) in sums {
        let Some(kind) = CounterRow::of(&key) else { continue };
        let row = kind.with(rows.get(&key).map(AsRef::as_ref), &deltas).map_err(Failure::Refused)?;
        rows.insert(key, row);
    }
    Ok(rows.into_iter().collect())
}

/// Reads sums from rows whose column `at` has the field, and the next the sum.
fn to_sums<'a>(rows: impl Iterator<Item = &'a SqlRow>, at: usize) -> Result<Sums, Failure> {
    let mut sums = Sums::new();
    for row in rows {
        let field: String = row.try_get(at).map_err(|_| unreadable())?;
        let by: i64 = row.try_get(at + 1).map_err(|_| unreadable())?;
        sums.entry(bytes_in(row, 0)?).or_default().insert(field, by);
    }
    Ok(sums)
}

fn bytes_in(row: &SqlRow, column: usize) -> Result<Bytes, Failure> {
    let bytes: &[u8] = row.try_get(column).map_err(|_| unreadable())?;
    Ok(Bytes::copy_from_slice(bytes))
}

fn unreadable() -> Failure {
    Failure::Refused(Error::corrupt("an answer of the metadata database"))
}
