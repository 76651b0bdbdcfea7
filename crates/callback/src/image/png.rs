//! PNG. What Apple's tools make of it has a chunk of its own before the header.

use super::{ImageProbe, Sides, Stop};

/// Length, type and checksum around the content of a chunk.
const FRAME: u64 = 12;

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    let mut chunk = 8;
    if file.array(chunk + 4)? == *b"CgBI" {
        chunk += FRAME + u64::from(file.u32_be(chunk)?);
    }
    if file.array(chunk + 4)? != *b"IHDR" {
        return Err(Stop::NoImage);
    }
    Ok((file.u32_be(chunk + 8)?.into(), file.u32_be(chunk + 12)?.into()))
}
