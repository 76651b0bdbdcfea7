//! Size and format of an uploaded image, for `${imageInfo.*}`: found in its bytes, wherever in the file they stand.
//!
//! Nothing is read here. The search says which stretch it needs next and begins again when it has it; the stretches are
//! short and few, whatever the file says.

mod bmp;
mod gif;
mod heif;
mod jpeg;
mod png;
mod tiff;
mod webp;

use std::ops::Range;

use crate::variables::Image;

/// The shortest stretch that is asked for.
const STRETCH: usize = 4 * 1024;

/// The most stretches that are asked for, and the most bytes in all.
const MAX_STRETCHES: usize = 256;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The longest side that is believed. No camera, scanner or format of the web comes near; files that claim more are damaged
/// or made to deceive.
const MAX_SIDE: u64 = 1_000_000;

/// The search for an image's size in a file of which some stretches are known.
#[derive(Debug)]
pub struct ImageProbe {
    size: u64,
    /// In ascending order of their beginnings.
    stretches: Vec<(u64, Vec<u8>)>,
    bytes: usize,
}

/// The progress of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It needs these bytes of the file.
    Needs(Range<u64>),
    /// The file is an image.
    Found(Image),
    /// The file is no image that can be read, or its size cannot be believed.
    NoImage,
}

/// The reason for which the search cannot go on.
#[derive(Debug)]
enum Stop {
    Needs(u64, usize),
    NoImage,
}

/// Width and height.
type Sides = (u64, u64);

impl ImageProbe {
    /// Begins with the first bytes of a file of `size` bytes.
    #[must_use]
    pub fn new(size: u64, head: impl Into<Vec<u8>>) -> Self {
        Self { size, stretches: vec![(0, head.into())], bytes: 0 }
    }

    /// Adds bytes that begin at `offset`.
    pub fn add(&mut self, offset: u64, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.bytes += bytes.len();
        let place = self.stretches.partition_point(|(start, _)| *start <= offset);
        self.stretches.insert(place, (offset, bytes));
    }

    /// Looks how far one comes with what is known.
    #[must_use]
    pub fn look(&self) -> Probed {
        match self.find() {
            Ok(((width, height), format)) if is_believable(width) && is_believable(height) => {
                Probed::Found(Image { width, height, format })
            }
            Ok(_) | Err(Stop::NoImage) => Probed::NoImage,
            Err(Stop::Needs(offset, length)) => {
                let length = length.max(STRETCH);
                if self.stretches.len() > MAX_STRETCHES || self.bytes + length > MAX_BYTES {
                    return Probed::NoImage;
                }
                Probed::Needs(offset..offset.saturating_add(length as u64).min(self.size))
            }
        }
    }

    fn find(&self) -> Result<(Sides, &'static str), Stop> {
        let start = self.prefix(12)?;
        match start {
            [0xff, 0xd8, 0xff, ..] => Ok((jpeg::sides(self)?, "jpg")),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok((png::sides(self)?, "png")),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok((gif::sides(self)?, "gif")),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Ok((webp::sides(self)?, "webp")),
            [b'B', b'M', ..] => Ok((bmp::sides(self)?, "bmp")),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Ok((tiff::sides(self)?, "tiff")),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => heif::sides_and_format(self),
            _ => Err(Stop::NoImage),
        }
    }

    /// Returns the first bytes, fewer if the file has no more.
    fn prefix(&self, length: usize) -> Result<&[u8], Stop> {
        let length = usize::try_from(self.size).map_or(length, |size| size.min(length));
        self.at(0, length)
    }

    /// Returns these bytes of the file.
    fn at(&self, offset: u64, length: usize) -> Result<&[u8], Stop> {
        let end = offset.checked_add(length as u64).ok_or(Stop::NoImage)?;
        if end > self.size {
            return Err(Stop::NoImage);
        }
        let before = self.stretches.partition_point(|(start, _)| *start <= offset);
        // A stretch is asked for only where no other reaches, so that one of the nearest has the bytes if any has.
        for (start, bytes) in self.stretches.iter().take(before).rev().take(2) {
            let from = usize::try_from(offset - start).map_err(|_| Stop::NoImage)?;
            if let Some(found) = bytes.get(from..).and_then(|rest| rest.get(..length)) {
                return Ok(found);
            }
        }
        Err(Stop::Needs(offset, length))
    }

    fn array<const N: usize>(&self, offset: u64) -> Result<[u8; N], Stop> {
        self.at(offset, N)?.try_into().map_err(|_| Stop::NoImage)
    }

    fn u8(&self, offset: u64) -> Result<u8, Stop> {
        self.array(offset).map(|[byte]| byte)
    }

    fn u16_be(&self, offset: u64) -> Result<u16, Stop> {
        self.array(offset).map(u16::from_be_bytes)
    }

    fn u16_le(&self, offset: u64) -> Result<u16, Stop> {
        self.array(offset).map(u16::from_le_bytes)
    }

    fn u32_be(&self, offset: u64) -> Result<u32, Stop> {
        self.array(offset).map(u32::from_be_bytes)
    }

    fn u32_le(&self, offset: u64) -> Result<u32, Stop> {
        self.array(offset).map(u32::from_le_bytes)
    }
}

fn is_believable(side: u64) -> bool {
    (1..=MAX_SIDE).contains(&side)
}

#[cfg(test)]
mod tests;
