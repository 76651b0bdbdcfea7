//! What has a remote blob removed that comes to nothing.

use std::sync::Arc;

use opendal::{ErrorKind, Operator};
use tokio::sync::OwnedSemaphorePermit;

use super::{RemoteBlobs, name};
use crate::id::DataId;
use crate::sync::lock;

/// Has a blob removed unless it was decided to keep it. Whoever drops it does not wait for the place.
#[derive(Debug)]
pub(crate) struct RemoteGuard {
    blobs: Arc<RemoteBlobs>,
    id: DataId,
    /// `None` once it was decided.
    unfinished: Option<Unfinished>,
}

/// A blob that nothing refers to, whole or not.
pub(super) struct Unfinished {
    id: DataId,
    /// Of a blob that is not whole.
    pub(super) writer: Option<opendal::Writer>,
    /// Whether there may be something under the blob's name.
    pub(super) may_exist: bool,
    /// The memory that the writer may hold.
    pub(super) memory: Option<OwnedSemaphorePermit>,
}

impl RemoteGuard {
    /// Takes a blob that was begun, which is unpublished while the guard lives.
    pub(super) fn new(
        blobs: Arc<RemoteBlobs>,
        id: DataId,
        writer: opendal::Writer,
        memory: OwnedSemaphorePermit,
    ) -> Self {
        lock(&blobs.unpublished).insert(id);
        let unfinished = Unfinished { id, writer: Some(writer), may_exist: false, memory: Some(memory) };
        Self { blobs, id, unfinished: Some(unfinished) }
    }

    pub(super) fn id(&self) -> DataId {
        self.id
    }

    pub(super) fn blobs(&self) -> &Arc<RemoteBlobs> {
        &self.blobs
    }

    pub(super) fn unfinished(&mut self) -> Option<&mut Unfinished> {
        self.unfinished.as_mut()
    }

    pub(crate) fn keep(mut self) {
        self.unfinished = None;
    }
}

impl Drop for RemoteGuard {
    fn drop(&mut self) {
        match self.unfinished.take() {
            Some(unfinished) => self.blobs.abandon(unfinished),
            None => drop(lock(&self.blobs.unpublished).remove(&self.id)),
        }
    }
}

impl Unfinished {
    pub(super) fn id(&self) -> DataId {
        self.id
    }

    /// Removes what there is. What was sent of a blob that is not whole is not under its name, and given up first.
    pub(super) async fn remove(&mut self, operator: &Operator) -> opendal::Result<()> {
        if let Some(mut writer) = self.writer.take()
            && let Err(error) = writer.abort().await
            && error.kind() != ErrorKind::NotFound
        {
            // It may have become whole just before.
            self.may_exist = true;
            tracing::debug!(%error, blob = %self.id, "what was sent of a blob could not be given up");
        }
        self.memory = None;
        if self.may_exist { operator.delete(&name(self.id)).await } else { Ok(()) }
    }
}

impl std::fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unfinished")
            .field("id", &self.id)
            .field("may_exist", &self.may_exist)
            .finish_non_exhaustive()
    }
}
