//! Segment headers and records byte by byte, as `docs/on-disk-format.md` has them.

use crc_fast::{CrcAlgorithm, Digest};

use crate::codec::{Decoder, Encoder};
use crate::disk::DiskFile;
use crate::engine::write_batch::{WriteBatch, decode_batch, encode_batch};

/// Writes cover whole pages of this size, and records begin after the first.
pub(super) const PAGE: usize = 4096;

/// Bytes before the payload of a record.
pub(super) const RECORD_HEADER: usize = 24;

const SEGMENT_MAGIC: &[u8; 8] = b"OSSICLOG";
const RECORD_MAGIC: u32 = u32::from_le_bytes(*b"OREC");
const VERSION: u32 = 1;

/// The first page of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Segments follow each other without gaps.
    pub(super) number: u64,
    /// Part of every record's checksum, so that records of a former use of the file are not taken for new ones.
    pub(super) salt: u64,
    /// Number of the first record.
    pub(super) first_record: u64,
    /// Whether records were acknowledged before they were synced, so that a power failure may have lost some and
    /// kept later ones.
    pub(super) relaxed: bool,
}

/// The flag of [`SegmentHeader::relaxed`].
const RELAXED: u32 = 1;

impl SegmentHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(PAGE);
        out.raw(SEGMENT_MAGIC);
        out.u32(VERSION);
        out.u32(if self.relaxed { RELAXED } else { 0 });
        out.u64(self.number);
        out.u64(self.salt);
        out.u64(self.first_record);
        let mut page = out.finish().to_vec();
        let checksum = crc_fast::checksum(CrcAlgorithm::Crc64Xz, &page);
        page.extend_from_slice(&checksum.to_le_bytes());
        page.resize(PAGE, 0);
        page
    }

    /// `None` if the page is no header of a version this code reads.
    pub(super) fn decode(page: &[u8]) -> Option<Self> {
        let body = page.get(..40)?;
        let mut from = Decoder::new(page, "a segment's header");
        let magic = from.array::<8>().ok()?;
        let version = from.u32().ok()?;
        let flags = from.u32().ok()?;
        let header = Self {
            relaxed: flags & RELAXED != 0,
            number: from.u64().ok()?,
            salt: from.u64().ok()?,
            first_record: from.u64().ok()?,
        };
        let intact = from.u64().ok()? == crc_fast::checksum(CrcAlgorithm::Crc64Xz, body);
        (&magic == SEGMENT_MAGIC && version == VERSION && intact).then_some(header)
    }
}

/// Appends a record to the buffer and pads it to a multiple of 8 bytes.
pub(super) fn encode_record(buffer: &mut Vec<u8>, salt: u64, number: u64, seqno: u64, rows: &WriteBatch) {
    let start = buffer.len();
    let mut out = Encoder::appending(std::mem::take(buffer));
    out.u32(RECORD_MAGIC);
    out.u32(0);
    out.u64(number);
    out.u64(0);
    out.u64(seqno);
    encode_batch(rows, &mut out);
    let mut bytes = out.into_vec();
    let length = u32::try_from(bytes.len() - start - RECORD_HEADER).unwrap_or(u32::MAX);
    patch(&mut bytes, start + 4, &length.to_le_bytes());
    let checksum =
        record_checksum(salt, length, number, bytes.get(start + RECORD_HEADER..).unwrap_or_default());
    patch(&mut bytes, start + 16, &checksum.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    *buffer = bytes;
}

fn patch(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

fn record_checksum(salt: u64, length: u32, number: u64, payload: &[u8]) -> u64 {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Xz);
    digest.update(&salt.to_le_bytes());
    digest.update(&length.to_le_bytes());
    digest.update(&number.to_le_bytes());
    digest.update(payload);
    digest.finalize()
}

/// A whole record read back.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) number: u64,
    pub(super) seqno: u64,
    pub(super) rows: WriteBatch,
    /// Offset of what follows.
    pub(super) end: u64,
}

/// Reads the record at the offset; `None` if there is no whole one.
pub(super) fn read_record(
    file: &dyn DiskFile,
    salt: u64,
    offset: u64,
    file_length: u64,
) -> std::io::Result<Option<Record>> {
    let mut head = [0_u8; RECORD_HEADER];
    if offset + RECORD_HEADER as u64 > file_length {
        return Ok(None);
    }
    file.read_exact_at(&mut head, offset)?;
    let mut from = Decoder::new(&head, "a record's header");
    let (Ok(magic), Ok(length), Ok(number), Ok(checksum)) = (from.u32(), from.u32(), from.u64(), from.u64())
    else {
        return Ok(None);
    };
    let end = offset + RECORD_HEADER as u64 + u64::from(length);
    if magic != RECORD_MAGIC || end > file_length {
        return Ok(None);
    }
    let mut payload = vec![0_u8; length as usize];
    file.read_exact_at(&mut payload, offset + RECORD_HEADER as u64)?;
    if record_checksum(salt, length, number, &payload) != checksum {
        return Ok(None);
    }
    let mut from = Decoder::new(&payload, "a batch of the log");
    let (Ok(seqno), Ok(rows)) = (from.u64(), decode_batch(&mut from)) else {
        return Ok(None);
    };
    Ok(Some(Record { number, seqno, rows, end: end.next_multiple_of(8) }))
}

/// Offsets in the bytes, multiples of 8, where a record may begin. Nearly all of a segment's rest is zeros, and comparing
/// a whole page with zeros costs next to nothing.
pub(super) fn possible_records(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const ZEROS: [u8; PAGE] = [0; PAGE];
    let written = bytes
        .chunks(PAGE)
        .enumerate()
        .filter(|(_, page)| ZEROS.get(..page.len()).is_none_or(|zeros| *page != zeros));
    written.flat_map(|(page, bytes)| {
        let magic = RECORD_MAGIC.to_le_bytes();
        let places = bytes.chunks_exact(8).enumerate();
        let found = places.filter(move |(_, chunk)| chunk.starts_with(&magic));
        found.map(move |(at, _)| page * PAGE + at * 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_may_begin_at_every_multiple_of_eight_of_a_page_that_was_written() {
        let mut bytes = vec![0_u8; 3 * PAGE + 16];
        let places = [0, 8, PAGE - 8, 2 * PAGE, 2 * PAGE + 24, 3 * PAGE + 8];
        for at in places {
            bytes[at..at + 4].copy_from_slice(b"OREC");
        }
        bytes[PAGE + 4..PAGE + 8].copy_from_slice(b"OREC");
        assert_eq!(possible_records(&bytes).collect::<Vec<usize>>(), places);
        assert_eq!(possible_records(&[0; 2 * PAGE]).count(), 0);
    }
}
