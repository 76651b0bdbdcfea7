//! Data on its way out.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;

use super::at_hand::AtHand;
use super::sealed::{Keys, SealedReader, open_small};
use crate::Error;
use crate::blobs::{BlobReader, Blobs};
use crate::engine::Engine;
use crate::extent::{DataRef, Extent, Place, file_ids};
use crate::id::DataId;
use crate::query::{ManifestExtents, SmallContents, Wanted};

/// Data on its way out, in pieces whose size depends on how much memory is left for reading.
#[derive(Debug)]
pub struct Reader {
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing was looked up yet.
    Unopened(Box<ReadPlan>),
    /// All of it, from the commit.
    Ready(VecDeque<Bytes>),
    /// From blobs, or too much to have at once.
    Stream(Box<Stream>),
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
    /// The blob that is being read.
    blob: Option<ExtentReader>,
    _pinned: Arc<AtHand>,
}

/// A stretch of an object.
#[derive(Debug)]
enum Item {
    /// Small content, read already.
    Ready(Bytes),
    /// What is wanted of a blob.
    Blob { id: DataId, extent: Extent, wanted: Range<u64> },
}

/// A stretch of a blob being read, encrypted or as it is.
#[derive(Debug)]
enum ExtentReader {
    Plain(BlobReader),
    Sealed(Box<SealedReader>),
}

/// Where extents and content are looked up.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) engine: Arc<Engine>,
    pub(crate) blobs: Blobs,
    pub(crate) keys: Keys,
}

/// What [`Store::read`](crate::Store::read) reads.
#[derive(Debug)]
pub(crate) struct ReadPlan {
    pub(crate) source: Source,
    pub(crate) data: DataRef,
    pub(crate) size: u64,
    /// What came with the object; without it, small content is looked up as it is when reading begins.
    pub(crate) at_hand: Option<Arc<AtHand>>,
    pub(crate) range: Range<u64>,
}

impl Reader {
    pub(crate) fn new(plan: ReadPlan) -> Self {
        Self { state: State::Unopened(Box::new(plan)) }
    }

    /// Gives out what is at hand already.
    pub(crate) fn ready(content: Bytes) -> Self {
        Self { state: State::Ready(VecDeque::from([content])) }
    }

    /// Returns the next piece; `None` at the end. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        if matches!(self.state, State::Unopened(_))
            && let State::Unopened(plan) = std::mem::replace(&mut self.state, State::Ended)
        {
            match plan.begin().await {
                Ok(state) => self.state = state,
                Err(error) => return Some(Err(error)),
            }
        }
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
            State::Unopened(_) | State::Ended => None,
        }
    }
}

impl ReadPlan {
    async fn begin(self) -> Result<State, Error> {
        let end = self.range.end.min(self.size);
        let range = self.range.start.min(end)..end;
        if range.is_empty() {
            return Ok(State::Ended);
        }
        let wanted = match &self.data {
            DataRef::Manifest(_) => Vec::new(),
            DataRef::Extents(extents) => wanted_of(extents, &range),
        };
        let at_hand = match self.at_hand {
            Some(at_hand) => at_hand,
            None => Arc::new(look_up(&self.source, &self.data, &wanted).await?),
        };
        let items = items(wanted, at_hand.contents(), &self.source.keys)?;
        let manifest = match self.data {
            DataRef::Manifest(id) => Some((id, range)),
            DataRef::Extents(_) => None,
        };
        if manifest.is_none() && items.iter().all(|item| matches!(item, Item::Ready(_))) {
            let pieces = items.into_iter().filter_map(|item| match item {
                Item::Ready(piece) => Some(piece),
                Item::Blob { .. } => None,
            });
            return Ok(State::Ready(pieces.collect()));
        }
        let stream = Stream { source: self.source, items, manifest, blob: None, _pinned: at_hand };
        Ok(State::Stream(Box::new(stream)))
    }
}

/// Pins what is wanted and reads the small contents, as both are now.
async fn look_up(source: &Source, data: &DataRef, wanted: &[Wanted]) -> Result<AtHand, Error> {
    let extents: Vec<Extent> = wanted.iter().map(|(extent, _)| *extent).collect();
    let pin = source.blobs.pin(match data {
        DataRef::Manifest(id) => vec![*id],
        DataRef::Extents(_) => file_ids(&extents),
    });
    let is_small = |extent: &Extent| matches!(extent.place, Place::Content(_));
    let contents = if extents.iter().any(is_small) {
        source.engine.query(SmallContents { extents }).await?
    } else {
        Vec::new()
    };
    Ok(AtHand::new(contents, pin))
}

/// Pairs what is wanted with the small contents that were read.
fn items(wanted: Vec<Wanted>, contents: &[(DataId, Bytes)], keys: &Keys) -> Result<VecDeque<Item>, Error> {
    wanted
        .into_iter()
        .map(|(extent, wanted)| match extent.place {
            Place::File(id) => Ok(Item::Blob { id, extent, wanted }),
            Place::Content(id) => {
                let content = contents.iter().find(|(of, _)| *of == id);
                let (_, content) =
                    content.ok_or_else(|| Error::corrupt("small content did not come along"))?;
                if extent.is_sealed {
                    return open_small(keys, id, content, &extent, &wanted).map(Item::Ready);
                }
                checked(content, id, &extent, &wanted).map(Item::Ready)
            }
        })
        .collect()
}

/// The extents that hold something of the range, with what is wanted of each.
fn wanted_of(extents: &[Extent], range: &Range<u64>) -> Vec<Wanted> {
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

/// Cuts what is wanted of an extent out of its content, checked where it is the whole extent.
fn checked(content: &Bytes, id: DataId, extent: &Extent, wanted: &Range<u64>) -> Result<Bytes, Error> {
    let whole = slice(content, extent.offset, extent.length)?;
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
        loop {
            if let Some(blob) = &mut self.blob {
                if let Some(piece) = blob.next().await? {
                    return Ok(Some(piece));
                }
                self.blob = None;
            }
            match self.next_item().await? {
                None => return Ok(None),
                Some(Item::Ready(piece)) => return Ok(Some(piece)),
                Some(Item::Blob { id, extent, wanted }) => {
                    self.blob = Some(ExtentReader::new(&self.source, id, &extent, &wanted));
                }
            }
        }
    }

    async fn next_item(&mut self) -> Result<Option<Item>, Error> {
        if self.items.is_empty()
            && let Some((id, range)) = self.manifest.take()
        {
            let page = self.source.engine.query(ManifestExtents { id, range }).await?;
            self.items = items(page.wanted, &page.contents, &self.source.keys)?;
            self.manifest = (!page.left.is_empty()).then_some((id, page.left));
        }
        Ok(self.items.pop_front())
    }
}

impl ExtentReader {
    /// Begins to read what is wanted of an extent. All of it has a checksum to be compared with.
    fn new(source: &Source, id: DataId, extent: &Extent, wanted: &Range<u64>) -> Self {
        let Source { blobs, keys, .. } = source;
        if extent.is_sealed {
            return Self::Sealed(Box::new(SealedReader::new(blobs, keys, id, extent, wanted)));
        }
        let whole = wanted.end - wanted.start == extent.length;
        let range = extent.offset + wanted.start..extent.offset + wanted.end;
        Self::Plain(blobs.read(id, range, whole.then_some(extent.crc64)))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Plain(reader) => reader.next().await,
            Self::Sealed(reader) => reader.next().await,
        }
    }
}
