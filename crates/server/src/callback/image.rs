//! `${imageInfo.*}` of an upload: the beginning of the data, and what else the search for the size needs, read from the store
//! before the upload is committed.

use std::ops::Range;

use ossicle_callback::{Image, ImageProbe, Probed};
use ossicle_store::{Object, Reader, Store, StoredData};

/// The beginning of an object, which holds what most images say of themselves.
const HEAD: u64 = 16 * 1024;

/// Data that may be an image.
pub(crate) enum Source<'a> {
    /// Data that was uploaded just now.
    New(&'a StoredData),
    /// An object, or what parts will make.
    Object(&'a Object),
}

impl Source<'_> {
    /// Looks for size and format. A file that cannot be read now is none: the callback matters more than its image.
    pub(crate) async fn image(&self, store: &Store) -> Option<Image> {
        let size = match self {
            Self::New(data) => data.size(),
            Self::Object(object) => object.size,
        };
        let mut probe = ImageProbe::new(size, self.read(store, 0..HEAD.min(size)).await?);
        loop {
            match probe.look() {
                Probed::Needs(range) => {
                    let start = range.start;
                    let wanted = range.end - start;
                    let bytes = self.read(store, range).await?;
                    // Else the search would ask for it again.
                    if (bytes.len() as u64) < wanted {
                        return None;
                    }
                    probe.add(start, bytes);
                }
                Probed::Found(image) => return Some(image),
                Probed::NoImage => return None,
            }
        }
    }

    async fn read(&self, store: &Store, range: Range<u64>) -> Option<Vec<u8>> {
        let reader = match self {
            Self::New(data) => store.read_new(data, range),
            Self::Object(object) => store.read(object, range),
        };
        whole(reader).await.inspect_err(|error| tracing::warn!(%error, "an image's size cannot be read")).ok()
    }
}

async fn whole(mut reader: Reader) -> Result<Vec<u8>, ossicle_store::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

/// Looks for size and format in a file that is in memory.
pub(crate) fn in_memory(file: &[u8]) -> Option<Image> {
    match ImageProbe::new(file.len() as u64, file).look() {
        Probed::Found(image) => Some(image),
        Probed::Needs(_) | Probed::NoImage => None,
    }
}
