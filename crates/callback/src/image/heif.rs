//! HEIC and AVIF: the properties of the primary item, in boxes that may stand before or behind the data.

use super::{ImageProbe, Sides, Stop};

/// The most boxes of one level that are looked at.
const MAX_BOXES: usize = 256;

/// The longest list of which item has which properties that is read.
const MAX_ASSOCIATIONS: u64 = 256 * 1024;

const HEIC_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"];
const AVIF_BRANDS: [&[u8; 4]; 3] = [b"avif", b"avis", b"avio"];

/// A box: its type and where its content is.
#[derive(Clone, Copy)]
struct Part {
    kind: [u8; 4],
    content: u64,
    end: u64,
}

pub(super) fn sides_and_format(file: &ImageProbe) -> Result<(Sides, &'static str), Stop> {
    let format = format(file)?;
    // A version and flags stand before the boxes within.
    let meta = find(file, 0, file.size, b"meta")?.ok_or(Stop::NoImage)?;
    let meta_content = meta.content + 4;
    let properties = find(file, meta_content, meta.end, b"iprp")?.ok_or(Stop::NoImage)?;
    let list = find(file, properties.content, properties.end, b"ipco")?.ok_or(Stop::NoImage)?;
    let list = parts(file, list.content, list.end)?;
    let primary = primary_item(file, meta_content, meta.end)?;
    let associations = find(file, properties.content, properties.end, b"ipma")?;
    let own = match (primary, associations) {
        (Some(item), Some(associations)) => properties_of(file, associations, item)?,
        _ => None,
    };
    let sides = match own {
        Some(own) => transformed(file, own.iter().filter_map(|index| list.get(index.checked_sub(1)?)))?,
        None => largest(file, &list)?,
    };
    Ok((sides, format))
}

/// Returns the format that the brands name: the major one, then those that the file is compatible with.
fn format(file: &ImageProbe) -> Result<&'static str, Stop> {
    let kind = parts_at(file, 0, file.size)?.ok_or(Stop::NoImage)?;
    let brands = file.at(kind.content, usize::try_from((kind.end - kind.content).min(256)).unwrap_or(256))?;
    // The second of them is a version.
    let mut brands =
        brands.chunks_exact(4).enumerate().filter(|(place, _)| *place != 1).map(|(_, brand)| brand);
    let format = brands.find_map(|brand| {
        if AVIF_BRANDS.iter().any(|known| known.as_slice() == brand) {
            Some("avif")
        } else {
            HEIC_BRANDS.iter().any(|known| known.as_slice() == brand).then_some("heic")
        }
    });
    format.ok_or(Stop::NoImage)
}

/// Reads the box that begins at `place`; `None` at the end.
fn parts_at(file: &ImageProbe, place: u64, end: u64) -> Result<Option<Part>, Stop> {
    if place >= end {
        return Ok(None);
    }
    let kind = file.array(place + 4)?;
    let (length, content) = match file.u32_be(place)? {
        0 => (end - place, place + 8),
        1 => (u64::from_be_bytes(file.array(place + 8)?), place + 16),
        length => (length.into(), place + 8),
    };
    let part_end = place.checked_add(length).filter(|part_end| (content..=end).contains(part_end));
    Ok(Some(Part { kind, content, end: part_end.ok_or(Stop::NoImage)? }))
}

fn parts(file: &ImageProbe, from: u64, end: u64) -> Result<Vec<Part>, Stop> {
    let (mut parts, mut place) = (Vec::new(), from);
    while let Some(part) = parts_at(file, place, end)? {
        if parts.len() == MAX_BOXES {
            return Err(Stop::NoImage);
        }
        parts.push(part);
        place = part.end;
    }
    Ok(parts)
}

/// Returns the first box of this kind. What follows it is not looked at: the data may come after.
fn find(file: &ImageProbe, from: u64, end: u64, kind: &[u8; 4]) -> Result<Option<Part>, Stop> {
    let mut place = from;
    for _ in 0..MAX_BOXES {
        match parts_at(file, place, end)? {
            Some(part) if part.kind == *kind => return Ok(Some(part)),
            Some(part) => place = part.end,
            None => return Ok(None),
        }
    }
    Err(Stop::NoImage)
}

fn primary_item(file: &ImageProbe, from: u64, end: u64) -> Result<Option<u32>, Stop> {
    let Some(part) = find(file, from, end, b"pitm")? else { return Ok(None) };
    let id = part.content + 4;
    Ok(Some(if file.u8(part.content)? == 0 { file.u16_be(id)?.into() } else { file.u32_be(id)? }))
}

/// Returns the numbers, from 1, of an item's properties, in their order.
fn properties_of(file: &ImageProbe, part: Part, item: u32) -> Result<Option<Vec<usize>>, Stop> {
    let length = (part.end - part.content).min(MAX_ASSOCIATIONS);
    let bytes = file.at(part.content, usize::try_from(length).map_err(|_| Stop::NoImage)?)?;
    Ok(associations(bytes, item))
}

fn associations(bytes: &[u8], item: u32) -> Option<Vec<usize>> {
    let ([version, _, _, flags], rest) = bytes.split_first_chunk::<4>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    for _ in 0..u32::from_be_bytes(*count) {
        let id;
        if *version < 1 {
            let (bytes, after) = rest.split_first_chunk::<2>()?;
            (id, rest) = (u16::from_be_bytes(*bytes).into(), after);
        } else {
            let (bytes, after) = rest.split_first_chunk::<4>()?;
            (id, rest) = (u32::from_be_bytes(*bytes), after);
        }
        let (count, after) = rest.split_first()?;
        let width = if flags & 1 == 1 { 2 } else { 1 };
        let (numbers, after) = after.split_at_checked(usize::from(*count) * width)?;
        if id == item {
            return Some(numbers.chunks(width).map(number).collect());
        }
        rest = after;
    }
    None
}

/// Returns the number of a property without the bit that says whether a reader has to know it.
fn number(bytes: &[u8]) -> usize {
    match bytes {
        [high, low] => usize::from(u16::from_be_bytes([high & 0x7f, *low])),
        [byte] => usize::from(byte & 0x7f),
        _ => 0,
    }
}

/// Returns the size as it is shown: cut out and turned as the properties say, in their order.
fn transformed<'a>(file: &ImageProbe, own: impl Iterator<Item = &'a Part>) -> Result<Sides, Stop> {
    let mut sides = None;
    for part in own {
        match (&part.kind, sides) {
            (b"ispe", None) => sides = Some(extents(file, part)?),
            (b"clap", Some(whole)) => sides = Some(cut_out(file, part, whole)?),
            (b"irot", Some((width, height))) if file.u8(part.content)? & 1 == 1 => {
                sides = Some((height, width))
            }
            _ => {}
        }
    }
    sides.ok_or(Stop::NoImage)
}

/// Returns the largest of all sizes, where nothing says which is that of the image.
fn largest(file: &ImageProbe, list: &[Part]) -> Result<Sides, Stop> {
    let mut sides = Vec::new();
    for part in list.iter().filter(|part| part.kind == *b"ispe") {
        sides.push(extents(file, part)?);
    }
    sides.into_iter().max_by_key(|(width, height)| width * height).ok_or(Stop::NoImage)
}

fn extents(file: &ImageProbe, part: &Part) -> Result<Sides, Stop> {
    Ok((file.u32_be(part.content + 4)?.into(), file.u32_be(part.content + 8)?.into()))
}

/// Returns the size of a clean aperture, as fractions; one that is none is left out.
fn cut_out(file: &ImageProbe, part: &Part, (width, height): Sides) -> Result<Sides, Stop> {
    let fraction = |place: u64, whole: u64| -> Result<u64, Stop> {
        let (numerator, denominator) = (file.u32_be(place)?, file.u32_be(place + 4)?);
        let length = u64::from(numerator).checked_div(denominator.into());
        Ok(length.filter(|length| (1..=whole).contains(length)).unwrap_or(whole))
    };
    Ok((fraction(part.content, width)?, fraction(part.content + 8, height)?))
}
