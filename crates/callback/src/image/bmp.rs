//! Windows bitmaps. The oldest kind, OS/2's, has sides of 16 bits; a negative height means that the first row is the top.

use super::{ImageProbe, Sides, Stop};

const INFORMATION: u64 = 14;

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    match file.u32_le(INFORMATION)? {
        12 => {
            let (width, height) = (file.u16_le(INFORMATION + 4)?, file.u16_le(INFORMATION + 6)?);
            Ok((width.into(), height.into()))
        }
        // From OS/2's shortest to the longest of Windows; any other length is that of a text which begins with BM.
        16..=124 => {
            let width = i32::from_le_bytes(file.array(INFORMATION + 4)?);
            let height = i32::from_le_bytes(file.array(INFORMATION + 8)?);
            let width = u64::try_from(width).map_err(|_| Stop::NoImage)?;
            Ok((width, height.unsigned_abs().into()))
        }
        _ => Err(Stop::NoImage),
    }
}
