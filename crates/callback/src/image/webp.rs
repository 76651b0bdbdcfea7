//! WebP of all three kinds: lossy, lossless, and extended, which is that of animations.

use super::{ImageProbe, Sides, Stop};

/// The offset at which the content of the first chunk begins.
const CONTENT: u64 = 20;

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    match &file.array::<4>(12)? {
        b"VP8 " => lossy(file),
        b"VP8L" => lossless(file),
        b"VP8X" => Ok((u24(file.array(CONTENT + 4)?) + 1, u24(file.array(CONTENT + 7)?) + 1)),
        _ => Err(Stop::NoImage),
    }
}

/// Reads the size from a key frame: three bytes of its own, a start code, and sides of 14 bits with a scale in the
/// other two.
fn lossy(file: &ImageProbe) -> Result<Sides, Stop> {
    const SIDE: u16 = 0x3fff;
    if file.u8(CONTENT)? & 1 != 0 || file.array(CONTENT + 3)? != [0x9d, 0x01, 0x2a] {
        return Err(Stop::NoImage);
    }
    let (width, height) = (file.u16_le(CONTENT + 6)? & SIDE, file.u16_le(CONTENT + 8)? & SIDE);
    Ok((width.into(), height.into()))
}

fn lossless(file: &ImageProbe) -> Result<Sides, Stop> {
    if file.u8(CONTENT)? != 0x2f {
        return Err(Stop::NoImage);
    }
    let bits = u64::from(file.u32_le(CONTENT + 1)?);
    Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}

fn u24([low, middle, high]: [u8; 3]) -> u64 {
    u32::from_le_bytes([low, middle, high, 0]).into()
}
