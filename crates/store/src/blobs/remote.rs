//! Remote blobs: content in a place that any number of nodes share, through Apache OpenDAL. A blob is one object of that
//! place, written once under a name that is never used again. Everything that waits for the place is done on threads of
//! its own, so that connections outlive whichever runtime asked for them.

mod failure;
mod guard;
mod io_threads;
mod marker;
mod multipart_uploads;
mod place;
mod reader;
mod synced_folders;
mod unfinished;
mod writer;

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use opendal::{ErrorKind, Operator};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::Removed;
use super::pins::Pins;
use super::read_memory::ReadMemory;
use bytes::Bytes;

use crate::id::DataId;
use crate::sync::lock;
use crate::{Durability, Error, OpenError, StoreOptions};
pub(crate) use guard::RemoteGuard;
use guard::Unfinished;
use io_threads::IoThreads;
use multipart_uploads::MultipartUploads;
pub use place::ContentPlace;
pub(crate) use reader::RemoteReader;
use synced_folders::SyncedFolders;
pub(crate) use writer::RemoteWriter;

/// Blobs whose lengths are asked for at a time.
const LENGTHS: usize = 32;

/// Blobs removed with one request, where the place can do that.
const REMOVED_AT_ONCE: usize = 1000;

/// After so many failures the rest of what is to be removed is left to the next attempt.
const MOST_FAILURES: usize = 3;

/// What begins the names of objects that are only to see whether the place works, and are removed at once.
const PROBE: &str = "probe-";

/// Names begin with one of so many prefixes.
const PREFIXES: u16 = 256;

/// The blobs of a store in a place that nodes share.
#[derive(Debug)]
pub(crate) struct RemoteBlobs {
    operator: Operator,
    threads: IoThreads,
    /// A folder of a file system, which has to be mounted.
    is_folder: bool,
    /// With a place that has uploads in parts.
    uploads: Option<Arc<MultipartUploads>>,
    /// With a folder of a file system, whose names are to be synced.
    folders: Option<Arc<SyncedFolders>>,
    /// Blobs younger than this may be about to be referred to, by whichever node.
    orphan_age: Duration,
    pins: Arc<Pins>,
    /// Blobs of this node that nothing refers to yet, or ever will.
    unpublished: Mutex<HashSet<DataId>>,
    /// What is to be removed since it came to nothing. `None` at the end, when nobody does that any more.
    abandoned: Mutex<Option<Vec<Unfinished>>>,
    /// What was read and is still in memory.
    reading: Arc<ReadMemory>,
    /// Memory for what is being written.
    writing: Arc<Semaphore>,
}

impl RemoteBlobs {
    /// Prepares for blobs in a place, of which nothing is asked yet.
    pub(crate) fn new(place: &ContentPlace, options: &StoreOptions) -> Result<Self, OpenError> {
        let folders = place.folder().filter(|_| options.durability == Durability::Durable);
        Ok(Self {
            operator: place.operator()?,
            is_folder: place.folder().is_some(),
            threads: IoThreads::start().map_err(|e| OpenError::io("starting threads for content", e))?,
            uploads: place.multipart_uploads().map(Arc::new),
            folders: folders.map(|root| Arc::new(SyncedFolders::new(root))),
            orphan_age: options.orphan_age,
            pins: Arc::default(),
            unpublished: Mutex::default(),
            abandoned: Mutex::new(Some(Vec::new())),
            reading: Arc::new(ReadMemory::new(options.read_bytes)),
            writing: Arc::new(Semaphore::new(writer::units(options.write_bytes))),
        })
    }

    /// Checks that the place belongs to the store of this id and can be used. It blocks; a thread of an asynchronous runtime
    /// may call it while a store is opened.
    pub(crate) fn check_in(&self, id: &str) -> Result<(), OpenError> {
        let (operator, id) = (self.operator.clone(), id.to_owned());
        self.ask(async move { marker::check_in(&operator, &id).await })
    }

    /// Checks that the place belongs to nobody and can be used. It blocks in the same way.
    pub(crate) fn admit_new_store(&self) -> Result<(), OpenError> {
        let operator = self.operator.clone();
        self.ask(async move { marker::admit_new_store(&operator).await })
    }

    fn ask(
        &self,
        question: impl Future<Output = Result<(), OpenError>> + Send + 'static,
    ) -> Result<(), OpenError> {
        let (tell, told) = mpsc::channel();
        let asked = self.threads.spawn(async move {
            // Whoever asked waits for it.
            let _ = tell.send(question.await);
            Ok(())
        });
        drop(asked);
        told.recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Fails where a folder is not mounted: what is written there would be on the disk below it.
    async fn check_mounted(&self) -> Result<(), Error> {
        if self.is_folder { marker::reach(&self.operator).await } else { Ok(()) }
    }

    /// Asks the place whether it answers.
    pub(crate) async fn reach(&self) -> Result<(), Error> {
        let operator = self.operator.clone();
        self.threads.run(async move { marker::reach(&operator).await }).await
    }

    /// Removes blobs; that one is gone already is no error.
    pub(crate) async fn remove(&self, ids: Vec<DataId>) -> Removed {
        let operator = self.operator.clone();
        let removed = self.threads.run(async move { Ok(remove(&operator, ids).await) });
        removed.await.unwrap_or_else(|error| Removed { gone: Vec::new(), outcome: Err(error) })
    }

    /// Leaves a blob that came to nothing to whoever removes blobs; after the end that begins at once.
    fn abandon(self: &Arc<Self>, unfinished: Unfinished) {
        if let Some(abandoned) = lock(&self.abandoned).as_mut() {
            return abandoned.push(unfinished);
        }
        let blobs = Arc::clone(self);
        drop(self.threads.spawn(async move { blobs.clear(vec![unfinished]).await }));
    }

    /// Removes what came to nothing. What cannot be removed is tried again the next time.
    pub(crate) async fn remove_abandoned(self: &Arc<Self>) -> Result<(), Error> {
        let abandoned = lock(&self.abandoned).as_mut().map(std::mem::take);
        self.remove_unpublished(abandoned.unwrap_or_default()).await
    }

    /// Does the same for the last time.
    pub(crate) async fn remove_last_abandoned(self: &Arc<Self>) -> Result<(), Error> {
        let abandoned = lock(&self.abandoned).take();
        self.remove_unpublished(abandoned.unwrap_or_default()).await
    }

    async fn remove_unpublished(self: &Arc<Self>, abandoned: Vec<Unfinished>) -> Result<(), Error> {
        if abandoned.is_empty() {
            return Ok(());
        }
        let blobs = Arc::clone(self);
        self.threads.run(async move { blobs.clear(abandoned).await }).await
    }

    async fn clear(&self, abandoned: Vec<Unfinished>) -> Result<(), Error> {
        let mut outcome = Ok(());
        for mut unfinished in abandoned {
            match unfinished.remove(&self.operator).await {
                Ok(()) => drop(lock(&self.unpublished).remove(&unfinished.id())),
                Err(error) => {
                    outcome = Err(failure::of("removing what came to nothing", &error));
                    if let Some(next) = lock(&self.abandoned).as_mut() {
                        next.push(unfinished);
                    }
                }
            }
        }
        outcome
    }

    /// Returns how many listings there are, each of a part of the blobs.
    pub(crate) fn listings(&self) -> u16 {
        PREFIXES
    }

    /// Lists the blobs of one part that are old enough to be orphans.
    pub(crate) async fn list(&self, listing: u16) -> Result<Vec<DataId>, Error> {
        let (operator, age) = (self.operator.clone(), self.orphan_age);
        self.threads
            .run(async move {
                let listed = async { list(&operator, listing, time_before(&operator, age).await?).await };
                listed.await.map_err(|error| failure::of("listing content", &error))
            })
            .await
    }

    /// Removes what nodes that died have left of blobs that were not whole, if it is so old that they must have died.
    /// Returns how many blobs it was of.
    pub(crate) async fn remove_unfinished(&self) -> Result<usize, Error> {
        let (operator, age, uploads) = (self.operator.clone(), self.orphan_age, self.uploads.clone());
        let asked = operator.clone();
        let before = self
            .threads
            .run(async move {
                let before = time_before(&asked, age).await;
                before.map_err(|error| failure::of("asking for the time", &error))
            })
            .await?;
        // After the time: what is begun from here on is younger.
        let here = self.unpublished();
        self.threads
            .run(async move { unfinished::remove(&operator, uploads.as_deref(), before, &here).await })
            .await
    }

    #[cfg(test)]
    pub(crate) async fn unfinished_uploads(&self) -> Result<usize, Error> {
        let Some(uploads) = self.uploads.clone() else { return Ok(0) };
        let later = SystemTime::now() + Duration::from_secs(3600);
        self.threads.run(async move { Ok(uploads.begun_before(later).await?.len()) }).await
    }

    /// Looks up the lengths of blobs.
    pub(crate) async fn lengths(&self, ids: Vec<DataId>) -> Result<Vec<io::Result<u64>>, Error> {
        let mut lengths = Vec::with_capacity(ids.len());
        for some in ids.chunks(LENGTHS) {
            let asked: Vec<_> = some.iter().map(|id| self.ask_length(*id)).collect();
            for answer in asked {
                lengths.push(answer.await.unwrap_or(Err(Error::Closed))?);
            }
        }
        Ok(lengths)
    }

    fn ask_length(&self, id: DataId) -> JoinHandle<Result<io::Result<u64>, Error>> {
        let operator = self.operator.clone();
        self.threads.spawn(async move {
            match operator.stat(&name(id)).await {
                Ok(about) => Ok(Ok(about.content_length())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(io::ErrorKind::NotFound.into())),
                Err(error) => Err(failure::of("asking for the length of content", &error)),
            }
        })
    }

    /// Counts bytes that were made of what was read, until they are dropped.
    pub(super) fn hold(&self, bytes: Vec<u8>) -> Bytes {
        self.reading.hold(bytes)
    }

    pub(super) fn pins(&self) -> &Arc<Pins> {
        &self.pins
    }

    /// Returns the blobs of guards that live.
    pub(crate) fn unpublished(&self) -> HashSet<DataId> {
        lock(&self.unpublished).clone()
    }
}

/// The name of a blob. The first of its two parts is random, so that load and listings spread.
fn name(id: DataId) -> String {
    let [.., last] = id.to_bytes();
    format!("{last:02x}/{id}")
}

async fn remove(operator: &Operator, ids: Vec<DataId>) -> Removed {
    let mut removed = Removed { gone: Vec::with_capacity(ids.len()), outcome: Ok(()) };
    let mut failures = 0;
    for some in ids.chunks(REMOVED_AT_ONCE) {
        let names: Vec<String> = some.iter().copied().map(name).collect();
        if operator.delete_iter(names).await.is_ok() {
            removed.gone.extend_from_slice(some);
            continue;
        }
        for id in some {
            match operator.delete(&name(*id)).await {
                Ok(()) => removed.gone.push(*id),
                Err(error) => {
                    removed.outcome = Err(failure::of(&format!("removing the content {id}"), &error));
                    failures += 1;
                }
            }
            if failures == MOST_FAILURES {
                return removed;
            }
        }
    }
    removed
}

/// Returns the time so long ago by the clock of the place, which tells when what is there was written. The clocks of nodes may
/// be wrong.
async fn time_before(operator: &Operator, age: Duration) -> opendal::Result<SystemTime> {
    let name = format!("{PROBE}{:032x}", rand::random::<u128>());
    operator.write(&name, "what is the time?").await?;
    let about = operator.stat(&name).await;
    operator.delete(&name).await?;
    // A place that does not tell the time has nothing that is old enough.
    let now = about?.last_modified().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
    Ok(now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// Lists the blobs with one prefix that were written before a time.
async fn list(operator: &Operator, prefix: u16, before: SystemTime) -> opendal::Result<Vec<DataId>> {
    let mut ids = Vec::new();
    let mut entries = operator.lister(&format!("{prefix:02x}/")).await?;
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        // What does not tell its age is taken for new: nothing is removed for want of knowledge.
        let is_old = entry.metadata().last_modified().is_some_and(|time| SystemTime::from(time) <= before);
        ids.extend(DataId::parse(entry.name()).filter(|_| is_old));
    }
    Ok(ids)
}
