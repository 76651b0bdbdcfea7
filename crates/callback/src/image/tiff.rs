//! TIFF and BigTIFF in both byte orders: the first directory that is not of a reduced image, wherever it stands.

use super::{ImageProbe, Sides, Stop};

/// The most directories that are followed, and the most entries that are looked at in each.
const MAX_DIRECTORIES: usize = 16;
const MAX_ENTRIES: u64 = 512;

const SUBFILE_TYPE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;

/// The layout of numbers in a file.
#[derive(Clone, Copy)]
struct Layout {
    is_little: bool,
    is_big_tiff: bool,
}

/// The content of a directory.
#[derive(Default)]
struct Directory {
    is_reduced: bool,
    width: Option<u64>,
    height: Option<u64>,
    next: u64,
}

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    let is_little = file.u8(0)? == b'I';
    let layout = Layout { is_little, is_big_tiff: file.u8(if is_little { 2 } else { 3 })? == 43 };
    let mut place = if layout.is_big_tiff {
        // The length of an offset and a zero.
        if (layout.u16(file, 4)?, layout.u16(file, 6)?) != (8, 0) {
            return Err(Stop::NoImage);
        }
        layout.u64(file, 8)?
    } else {
        layout.u32(file, 4)?.into()
    };
    let mut first = None;
    for _ in 0..MAX_DIRECTORIES {
        if place == 0 {
            break;
        }
        let directory = layout.directory(file, place)?;
        if let (Some(width), Some(height)) = (directory.width, directory.height) {
            if !directory.is_reduced {
                return Ok((width, height));
            }
            first.get_or_insert((width, height));
        }
        place = directory.next;
    }
    first.ok_or(Stop::NoImage)
}

impl Layout {
    fn directory(self, file: &ImageProbe, place: u64) -> Result<Directory, Stop> {
        let (count, entries, entry_length) = if self.is_big_tiff {
            (self.u64(file, place)?, 8, 20)
        } else {
            (self.u16(file, place)?.into(), 2, 12)
        };
        let entries = place.checked_add(entries).ok_or(Stop::NoImage)?;
        let mut directory = Directory::default();
        for index in 0..count.min(MAX_ENTRIES) {
            let entry = entries.saturating_add(index * entry_length);
            let tag = self.u16(file, entry)?;
            // Entries are in ascending order.
            if tag > HEIGHT {
                break;
            }
            match tag {
                SUBFILE_TYPE => {
                    directory.is_reduced = self.value(file, entry)?.is_some_and(|bits| bits & 1 == 1)
                }
                WIDTH => directory.width = self.value(file, entry)?,
                HEIGHT => directory.height = self.value(file, entry)?,
                _ => {}
            }
        }
        let end = count.checked_mul(entry_length).and_then(|length| length.checked_add(entries));
        let end = end.ok_or(Stop::NoImage)?;
        // A file may end with its last directory, which is to say that no other follows.
        directory.next =
            if self.is_big_tiff { self.u64(file, end) } else { self.u32(file, end).map(u64::from) }
                .or_else(|stop| if matches!(stop, Stop::NoImage) { Ok(0) } else { Err(stop) })?;
        Ok(directory)
    }

    /// Returns the only value of an entry, which stands in the entry itself.
    fn value(self, file: &ImageProbe, entry: u64) -> Result<Option<u64>, Stop> {
        let kind = self.u16(file, entry + 2)?;
        let (count, value) = if self.is_big_tiff {
            (self.u64(file, entry + 4)?, entry + 12)
        } else {
            (self.u32(file, entry + 4)?.into(), entry + 8)
        };
        match (kind, count) {
            (1, 1) => file.u8(value).map(u64::from).map(Some),
            (3, 1) => self.u16(file, value).map(u64::from).map(Some),
            (4, 1) => self.u32(file, value).map(u64::from).map(Some),
            (16, 1) if self.is_big_tiff => self.u64(file, value).map(Some),
            _ => Ok(None),
        }
    }

    fn u16(self, file: &ImageProbe, place: u64) -> Result<u16, Stop> {
        if self.is_little { file.u16_le(place) } else { file.u16_be(place) }
    }

    fn u32(self, file: &ImageProbe, place: u64) -> Result<u32, Stop> {
        if self.is_little { file.u32_le(place) } else { file.u32_be(place) }
    }

    fn u64(self, file: &ImageProbe, place: u64) -> Result<u64, Stop> {
        let bytes = file.array(place)?;
        Ok(if self.is_little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }
}
