//! JPEG: the frame header behind any number of other segments, of which cameras write megabytes.

use super::{ImageProbe, Sides, Stop};

/// The most bytes between two segments that are skipped. None are allowed but padding, and every decoder skips others too.
const MAX_PADDING: u64 = 4096;

/// The bytes of a scan that are searched at a time.
const SCANNED: usize = 64 * 1024;

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    let mut place = 2;
    let mut width_alone = None;
    loop {
        let (marker, content) = next_marker(file, place)?;
        match marker {
            // Frame headers of every process, and that of the whole of a hierarchy of frames.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xde => {
                let (height, width) = (file.u16_be(content + 3)?, file.u16_be(content + 5)?);
                if height > 0 {
                    return Ok((width.into(), height.into()));
                }
                width_alone = Some(width);
            }
            // The number of lines may come behind the first scan.
            0xda => {
                let width = width_alone.ok_or(Stop::NoImage)?;
                let scan = content + u64::from(file.u16_be(content)?);
                return Ok((width.into(), lines_after(file, scan)?.into()));
            }
            0xd9 => return Err(Stop::NoImage),
            _ => {}
        }
        place = if stands_alone(marker) { content } else { content + segment_length(file, content)? };
    }
}

/// Returns the next marker, and where what belongs to it begins.
fn next_marker(file: &ImageProbe, from: u64) -> Result<(u8, u64), Stop> {
    let mut place = from;
    let mut after_ff = false;
    while place < from + MAX_PADDING {
        let byte = file.u8(place)?;
        place += 1;
        match byte {
            0xff => after_ff = true,
            0 => after_ff = false,
            marker if after_ff => return Ok((marker, place)),
            _ => {}
        }
    }
    Err(Stop::NoImage)
}

fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd8)
}

/// Returns the length of a segment's content, which counts itself.
fn segment_length(file: &ImageProbe, content: u64) -> Result<u64, Stop> {
    match file.u16_be(content)? {
        0 | 1 => Err(Stop::NoImage),
        length => Ok(length.into()),
    }
}

/// Returns the number of lines from the segment that follows a scan.
fn lines_after(file: &ImageProbe, scan: u64) -> Result<u16, Stop> {
    const LINES: u8 = 0xdc;
    let mut place = scan;
    loop {
        let left = usize::try_from(file.size.saturating_sub(place)).unwrap_or(usize::MAX);
        if left < 2 {
            return Err(Stop::NoImage);
        }
        let stretch = file.at(place, left.min(SCANNED))?;
        let is_marker = |pair: &[u8]| matches!(pair, [0xff, next] if !matches!(next, 0 | 0xd0..=0xd7 | 0xff));
        let marker = stretch.windows(2).position(is_marker);
        match marker {
            None => place += stretch.len() as u64 - 1,
            Some(at) => {
                let marker = place + at as u64;
                let is_lines = file.u8(marker + 1)? == LINES && file.u16_be(marker + 2)? == 4;
                return if is_lines { file.u16_be(marker + 4) } else { Err(Stop::NoImage) };
            }
        }
    }
}
