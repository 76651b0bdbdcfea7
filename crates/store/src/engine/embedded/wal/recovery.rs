//! Opening the log: reads what earlier processes left and finds where to go on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::format::{PAGE, SegmentHeader, possible_records, read_record};
use super::{SealedSegment, Segment, SegmentPool, Wal, WalSetup};
use crate::OpenError;
use crate::disk::{Disk, DiskFile};
use crate::engine::write_batch::WriteBatch;

/// A segment found in the folder.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    header: SegmentHeader,
    length: u64,
}

/// See [`Wal::open`].
pub(super) fn recover(
    setup: &WalSetup<'_>,
    replay: &mut dyn FnMut(u64, WriteBatch) -> Result<(), OpenError>,
) -> Result<Wal, OpenError> {
    let &WalSetup { disk, dir, segment_bytes, relaxed, fresh_salt } = setup;
    let failed = |what: &str, error| OpenError::io(format!("{what} in {}", dir.display()), error);
    disk.create_dir_all(dir).map_err(|e| failed("creating the log's folder", e))?;
    if let Some(parent) = dir.parent() {
        disk.sync_dir(parent).map_err(|e| failed("making the log's folder durable", e))?;
    }
    let segment_pool =
        SegmentPool::open(Arc::clone(disk), dir, segment_bytes).map_err(|e| failed("listing the log", e))?;
    let segment_pool = Arc::new(segment_pool);
    let segments = find_segments(disk, dir)?;
    let mut next_record = segments.first().map_or(1, |first| first.header.first_record);
    let mut sealed = Vec::new();
    let mut active: Option<Segment> = None;
    for segment in segments {
        if segment.header.first_record != next_record {
            return Err(lost_records(&segment.path, next_record));
        }
        let end = replay_segment(&segment, &mut next_record, replay)?;
        let opened = open_at(segment, end)?;
        if let Some(earlier) = active.replace(opened) {
            sealed.push(SealedSegment { path: earlier.path });
        }
    }
    let active = match active {
        Some(active) => active,
        None => {
            let header = SegmentHeader { number: 1, salt: fresh_salt, first_record: next_record, relaxed };
            Segment::activate(disk, dir, &segment_pool, header).map_err(|e| failed("beginning the log", e))?
        }
    };
    let may_hold_leftovers = active.header.relaxed || relaxed;
    let mut log = Wal {
        disk: Arc::clone(disk),
        dir: dir.to_path_buf(),
        segment_pool,
        active,
        sealed,
        next_record,
        relaxed,
    };
    if may_hold_leftovers && !log.active.is_fresh() {
        // Records after a lost one could later pass for the successors of new ones.
        log.switch(fresh_salt).map_err(|e| failed("beginning the log", e))?;
    }
    Ok(log)
}

fn find_segments(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Vec<Found>, OpenError> {
    let failed = |path: &Path, error| OpenError::io(format!("reading {}", path.display()), error);
    let mut found = Vec::new();
    for path in disk.list(dir).map_err(|e| failed(dir, e))? {
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        let file = disk.open(&path).map_err(|e| failed(&path, e))?;
        let length = file.len().map_err(|e| failed(&path, e))?;
        let mut page = vec![0_u8; PAGE];
        file.read_exact_at(&mut page, 0).map_err(|e| failed(&path, e))?;
        let Some(header) = SegmentHeader::decode(&page) else {
            return Err(OpenError::Corrupt { what: format!("the header of {}", path.display()) });
        };
        found.push(Found { path, file, header, length });
    }
    found.sort_by_key(|segment| segment.header.number);
    let gap = found.windows(2).find_map(|pair| match pair {
        [a, b] if a.header.number + 1 != b.header.number => Some(b.path.clone()),
        _ => None,
    });
    match gap {
        Some(path) => Err(OpenError::Corrupt {
            what: format!("a file of the log is missing before {}", path.display()),
        }),
        None => Ok(found),
    }
}

/// Hands the records of a segment to `replay` and returns the offset after the last.
fn replay_segment(
    segment: &Found,
    next_record: &mut u64,
    replay: &mut dyn FnMut(u64, WriteBatch) -> Result<(), OpenError>,
) -> Result<u64, OpenError> {
    let failed = |error| OpenError::io(format!("reading {}", segment.path.display()), error);
    let salt = segment.header.salt;
    let mut offset = PAGE as u64;
    loop {
        let record = read_record(&*segment.file, salt, offset, segment.length).map_err(failed)?;
        match record.filter(|record| record.number == *next_record) {
            Some(record) => {
                replay(record.seqno, record.rows)?;
                *next_record += 1;
                offset = record.end;
            }
            None => break,
        }
    }
    if !segment.header.relaxed && has_record_after(segment, offset, *next_record).map_err(failed)? {
        return Err(lost_records(&segment.path, *next_record));
    }
    Ok(offset)
}

/// Looks in the rest of the segment for a record that can only have been written after `missing` was durable.
fn has_record_after(segment: &Found, offset: u64, missing: u64) -> std::io::Result<bool> {
    const WINDOW: u64 = 1 << 20;
    let mut start = offset;
    while start < segment.length {
        let length = WINDOW.min(segment.length - start);
        let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        segment.file.read_exact_at(&mut bytes, start)?;
        for at in possible_records(&bytes) {
            let record = read_record(&*segment.file, segment.header.salt, start + at as u64, segment.length)?;
            if record.is_some_and(|record| record.number > missing) {
                return Ok(true);
            }
        }
        start += length;
    }
    Ok(false)
}

fn lost_records(path: &Path, record: u64) -> OpenError {
    OpenError::Corrupt {
        what: format!("record {record} of the log is damaged or missing in {}", path.display()),
    }
}

fn open_at(segment: Found, position: u64) -> Result<Segment, OpenError> {
    let page = position - position % PAGE as u64;
    let mut pages = vec![0_u8; usize::try_from(position - page).unwrap_or(0)];
    segment
        .file
        .read_exact_at(&mut pages, page)
        .map_err(|e| OpenError::io(format!("reading {}", segment.path.display()), e))?;
    Ok(Segment {
        file: segment.file,
        path: segment.path,
        header: segment.header,
        position,
        capacity: segment.length,
        pages,
    })
}
