//! GIF: the size of the logical screen.

use super::{ImageProbe, Sides, Stop};

pub(super) fn sides(file: &ImageProbe) -> Result<Sides, Stop> {
    Ok((file.u16_le(6)?.into(), file.u16_le(8)?.into()))
}
