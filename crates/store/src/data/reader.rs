//! Data on its way out.

use std::collections::VecDeque;
use std::ops::{Bound, Range};
use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use tokio::task::JoinHandle;

use super::read_memory::{Piece, ReadMemory};
use crate::Error;
use crate::disk::DiskFile;
use crate::extent::{DataRef, Extent, Place};
use crate::file::{DataFiles, Pin};
use crate::id::DataId;
use crate::key;
use crate::snapshot::Snapshot;
use crate::tables::Tables;

/// Extents of a manifest looked up at once.
const EXTENTS: usize = 64;

/// Data on its way out, in pieces whose size depends on how much memory is left for reading.
#[derive(Debug)]
pub struct Reader {
    state: State,
}

#[derive(Debug)]
enum State {
    /// All of it, from the commit.
    Ready(VecDeque<Bytes>),
    /// From files, or too much to have at once.
    Stream(Box<Stream>),
    Failed(Error),
    Ended,
}

/// What is left to read, of objects that are not at hand already.
#[derive(Debug)]
struct Stream {
    source: Source,
    /// What was looked up and not begun.
    items: VecDeque<Item>,
    /// Where in the object the next lookup of extents goes on, and where the end is; only with a manifest.
    manifest: Option<(DataId, Range<u64>)>,
    /// The rest of the file that is being read, unless a task has it.
    current: Option<Run>,
    /// The next piece on its way.
    ahead: Option<JoinHandle<ReadResult>>,
    _pin: Pin,
}

/// A stretch of an object.
#[derive(Debug)]
enum Item {
    /// Small content, read already.
    Ready(Bytes),
    /// What is wanted of a file.
    File { id: DataId, extent: Extent, wanted: Range<u64> },
}

/// Where extents and content are looked up.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) tables: Arc<Tables>,
    pub(crate) files: Arc<DataFiles>,
}

/// A piece, and the rest of what is wanted of the file.
type ReadResult = Result<(Bytes, Option<Run>), Error>;

/// A file extent being read.
#[derive(Debug)]
struct Run {
    file: Arc<dyn DiskFile>,
    extent: Extent,
    wanted: Range<u64>,
    /// Only when the whole extent is wanted.
    digest: Option<Digest>,
    memory: Arc<ReadMemory>,
}

/// What [`Store::read`](crate::Store::read) reads.
#[derive(Debug)]
pub(crate) struct ReadPlan<'a> {
    pub(crate) source: Source,
    pub(crate) data: &'a DataRef,
    pub(crate) size: u64,
    /// The moment at which small content is looked up; without one, now.
    pub(crate) moment: Option<&'a Snapshot>,
    pub(crate) range: Range<u64>,
}

impl Reader {
    pub(crate) fn new(plan: ReadPlan<'_>) -> Self {
        let state = plan.begin().unwrap_or_else(State::Failed);
        Self { state }
    }

    /// Gives out what is at hand already.
    pub(crate) fn ready(content: Bytes) -> Self {
        Self { state: State::Ready(VecDeque::from([content])) }
    }

    /// The next piece; `None` at the end. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        match &mut self.state {
            State::Ready(pieces) => pieces.pop_front().map(Ok),
            State::Stream(stream) => match stream.next().await {
                Ok(Some(piece)) => Some(Ok(piece)),
                Ok(None) => {
                    self.state = State::Ended;
                    None
                }
                Err(error) => {
                    self.state = State::Ended;
                    Some(Err(error))
                }
            },
            State::Failed(_) => match std::mem::replace(&mut self.state, State::Ended) {
                State::Failed(error) => Some(Err(error)),
                _ => None,
            },
            State::Ended => None,
        }
    }
}

impl ReadPlan<'_> {
    fn begin(self) -> Result<State, Error> {
        let end = self.range.end.min(self.size);
        let range = self.range.start.min(end)..end;
        if range.is_empty() {
            return Ok(State::Ended);
        }
        // Pinned before anything is looked up: from then on the moment of the object may pass.
        let (pin, items, manifest) = match self.data {
            DataRef::Manifest(id) => (self.source.files.pin(vec![*id]), VecDeque::new(), Some((*id, range))),
            DataRef::Extents(extents) => {
                let wanted = wanted_of(extents, &range);
                let pin = self.source.files.pin(file_ids(&wanted));
                (pin, self.look_up(wanted)?, None)
            }
        };
        if manifest.is_none() && items.iter().all(|item| matches!(item, Item::Ready(_))) {
            let pieces = items.into_iter().filter_map(|item| match item {
                Item::Ready(piece) => Some(piece),
                Item::File { .. } => None,
            });
            return Ok(State::Ready(pieces.collect()));
        }
        let stream = Stream { source: self.source, items, manifest, current: None, ahead: None, _pin: pin };
        Ok(State::Stream(Box::new(stream)))
    }

    /// Reads small content at the moment of the object, since nothing keeps it longer.
    fn look_up(&self, extents: Vec<(Extent, Range<u64>)>) -> Result<VecDeque<Item>, Error> {
        let now;
        let moment = match self.moment {
            Some(moment) => moment,
            None => {
                now = Snapshot::take(&self.source.tables);
                &now
            }
        };
        extents.into_iter().map(|(extent, wanted)| Item::of(moment, extent, wanted)).collect()
    }
}

impl Item {
    fn of(moment: &Snapshot, extent: Extent, wanted: Range<u64>) -> Result<Self, Error> {
        match extent.place {
            Place::Content(id) => content(moment, id, &extent, &wanted).map(Self::Ready),
            Place::File(id) => Ok(Self::File { id, extent, wanted }),
        }
    }
}

fn file_ids(wanted: &[(Extent, Range<u64>)]) -> Vec<DataId> {
    wanted
        .iter()
        .filter_map(|(extent, _)| match extent.place {
            Place::File(id) => Some(id),
            Place::Content(_) => None,
        })
        .collect()
}

/// The extents that hold something of the range, with what is wanted of each.
fn wanted_of(extents: &[Extent], range: &Range<u64>) -> Vec<(Extent, Range<u64>)> {
    let mut start = 0;
    let mut wanted = Vec::new();
    for extent in extents {
        let end = start + extent.length;
        if end > range.start && start < range.end {
            wanted.push((*extent, range.start.max(start) - start..range.end.min(end) - start));
        }
        start = end;
    }
    wanted
}

/// What is wanted of an extent of small content.
fn content(moment: &Snapshot, id: DataId, extent: &Extent, wanted: &Range<u64>) -> Result<Bytes, Error> {
    let bytes = moment.get(&key::content(id))?.ok_or(Error::NoSuchObject)?;
    let whole = slice(&bytes, extent.offset, extent.length)?;
    if wanted.end - wanted.start == extent.length
        && crc_fast::checksum(CrcAlgorithm::Crc64Xz, &whole) != extent.crc64
    {
        return Err(Error::corrupt(format!("the content {id}")));
    }
    slice(&whole, wanted.start, wanted.end - wanted.start)
}

fn slice(bytes: &Bytes, offset: u64, length: u64) -> Result<Bytes, Error> {
    let range = usize::try_from(offset).ok().zip(usize::try_from(offset + length).ok());
    match range {
        Some((start, end)) if end <= bytes.len() => Ok(bytes.slice(start..end)),
        _ => Err(Error::corrupt("small content is shorter than its extent")),
    }
}

impl Stream {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(task) = self.ahead.take() {
            let (piece, run) = task.await.unwrap_or(Err(Error::Closed))?;
            self.current = run;
            self.read_ahead();
            return Ok(Some(piece));
        }
        let reading = if let Some(run) = self.current.take() {
            run.read_aside()
        } else {
            match self.next_item()? {
                None => return Ok(None),
                Some(Item::Ready(piece)) => return Ok(Some(piece)),
                Some(Item::File { id, extent, wanted }) => {
                    let files = Arc::clone(&self.source.files);
                    let piece = files.reading().piece(wanted.end - wanted.start);
                    tokio::task::spawn_blocking(move || {
                        let file = files.open_read(id).map_err(|e| Error::io("opening a data file", &e))?;
                        Run::new(file, extent, wanted, Arc::clone(files.reading())).read(piece)
                    })
                }
            }
        };
        let (piece, run) = reading.await.unwrap_or(Err(Error::Closed))?;
        self.current = run;
        self.read_ahead();
        Ok(Some(piece))
    }

    /// Begins to read the next piece, if there is memory for it.
    fn read_ahead(&mut self) {
        if !self.source.files.reading().is_scarce()
            && let Some(run) = self.current.take()
        {
            self.ahead = Some(run.read_aside());
        }
    }

    fn next_item(&mut self) -> Result<Option<Item>, Error> {
        if self.items.is_empty()
            && let Some((id, range)) = self.manifest.take()
        {
            self.look_up(id, range)?;
        }
        Ok(self.items.pop_front())
    }

    /// Looks up the next extents of a manifest.
    fn look_up(&mut self, id: DataId, mut range: Range<u64>) -> Result<(), Error> {
        let now = Snapshot::take(&self.source.tables);
        let from = key::manifest_end(id, range.start + 1);
        let to = key::after_prefix(&key::manifest(id));
        let rows = now.scan(Bound::Included(&from), Bound::Excluded(&to), EXTENTS)?;
        for (key, row) in rows {
            let extent = Extent::from_row(&row)?;
            let end = key
                .last_chunk::<8>()
                .map(|bytes| u64::from_be_bytes(*bytes))
                .filter(|end| *end >= extent.length && *end > range.start)
                .ok_or_else(|| Error::corrupt("a row of a manifest"))?;
            let start = end - extent.length;
            if start > range.start {
                return Err(Error::corrupt("a manifest with a gap"));
            }
            let until = range.end.min(end);
            self.items.push_back(Item::of(&now, extent, range.start - start..until - start)?);
            range.start = until;
            if range.is_empty() {
                return Ok(());
            }
        }
        if self.items.is_empty() {
            return Err(Error::corrupt("a manifest ends before its object"));
        }
        self.manifest = Some((id, range));
        Ok(())
    }
}

impl Run {
    fn new(file: Arc<dyn DiskFile>, extent: Extent, wanted: Range<u64>, memory: Arc<ReadMemory>) -> Self {
        let whole = wanted.end - wanted.start == extent.length;
        let digest = whole.then(|| Digest::new(CrcAlgorithm::Crc64Xz));
        Self { file, extent, wanted, digest, memory }
    }

    /// Reads a piece on another thread.
    fn read_aside(self) -> JoinHandle<ReadResult> {
        let piece = self.memory.piece(self.wanted.end - self.wanted.start);
        tokio::task::spawn_blocking(move || self.read(piece))
    }

    /// Reads a piece, and returns what is left.
    fn read(mut self, mut piece: Piece) -> ReadResult {
        let length = piece.length();
        let offset = self.extent.offset + self.wanted.start;
        self.file
            .fill_at(&mut piece.bytes, usize::try_from(length).unwrap_or(0), offset)
            .map_err(|e| Error::io("reading a data file", &e))?;
        self.wanted.start += length;
        if let Some(digest) = &mut self.digest {
            digest.update(&piece.bytes);
        }
        let is_end = self.wanted.is_empty();
        if is_end && self.digest.as_ref().is_some_and(|digest| digest.finalize() != self.extent.crc64) {
            return Err(Error::corrupt("a data file does not have the checksum it was written with"));
        }
        Ok((piece.into_bytes(), (!is_end).then_some(self)))
    }
}
