//! What a power failure leaves of a disk: everything that was synced, and of the rest what chance keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::simulated_disk::{Inode, Op, Recording, SimulatedDisk, Tree};

/// The unit in which disks write.
const SECTOR: usize = 512;

/// What becomes of writes and names that were not synced. Each write has its own fate, so that later writes may be
/// kept and earlier ones lost, in the same file and between files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsynced {
    Lost,
    Kept,
    /// Each sector by chance.
    TornAtSectors,
    /// Of each write any stretch of bytes, or none.
    TornAtBytes,
}

pub(super) const FATES: [Unsynced; 4] =
    [Unsynced::Lost, Unsynced::Kept, Unsynced::TornAtSectors, Unsynced::TornAtBytes];

/// Chance that is the same in every run.
#[derive(Debug, Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % end.max(1) as u64).unwrap()
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// An offset and what was written there.
type Write = (usize, Arc<[u8]>);

/// Goes through what happened to a disk, from moment to moment.
#[derive(Debug)]
pub(super) struct Crashes {
    recording: Recording,
    at: usize,
    durable: Tree,
    writes: BTreeMap<Inode, Vec<Write>>,
    names: Vec<Op>,
}

impl Crashes {
    pub(super) fn of(disk: &SimulatedDisk) -> Self {
        let recording = disk.recording();
        let durable = recording.origin.clone();
        Self { recording, at: 0, durable, writes: BTreeMap::new(), names: Vec::new() }
    }

    /// The last moment.
    pub(super) fn end(&self) -> usize {
        self.recording.log.len()
    }

    /// Moments after each sync.
    pub(super) fn syncs(&self) -> Vec<usize> {
        let is_sync = |op: &Op| matches!(op, Op::Sync { .. } | Op::SyncDir { .. });
        (1..=self.end()).filter(|at| is_sync(&self.recording.log[at - 1])).collect()
    }

    /// Names the work that was being done at the moment, so far as it matters for a failure.
    pub(super) fn work_at(&self, moment: usize) -> &'static str {
        let is_kept = self.recording.images.iter().any(|(kept, _)| *kept == moment && moment > 0);
        let Some(op) = self.recording.log.get(moment) else { return "the end" };
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        match op {
            _ if is_kept => "the tables were flushed",
            Op::Rename { from, to, .. } => match (name(from), name(to)) {
                (from, _) if from.starts_with("spare-") => "a spare becomes a file of the log",
                (_, to) if to.starts_with("spare-") => "a file of the log becomes a spare",
                _ => "a data file gets its name",
            },
            Op::Remove { path } if name(path).ends_with(".log") => "a file of the log is removed",
            Op::Remove { .. } => "a data file is removed",
            Op::Create { path, .. } if name(path).starts_with("new-") => "a spare is made",
            Op::Create { .. } => "a data file is begun",
            Op::Write { .. } | Op::Sync { .. } | Op::SyncDir { .. } | Op::CreateDir { .. } => {
                "something else"
            }
        }
    }

    /// The disk after a power failure at the moment. Cheap if moments are asked for in order.
    pub(super) fn at(
        &mut self,
        moment: usize,
        unsynced: Unsynced,
        dice: &mut Dice,
        root: &Path,
    ) -> SimulatedDisk {
        self.go_to(moment);
        let mut tree = self.durable.clone();
        let mut broken: BTreeSet<PathBuf> = BTreeSet::new();
        for op in &self.names {
            // What happens to the names in one folder is durable in that order, and not at all after what is lost.
            let follows_lost = op.folders().iter().any(|folder| broken.contains(*folder));
            let is_lost = match unsynced {
                Unsynced::Lost => true,
                Unsynced::Kept => false,
                Unsynced::TornAtSectors | Unsynced::TornAtBytes => dice.below(4) == 0,
            };
            if follows_lost || is_lost {
                broken.extend(op.folders().into_iter().map(Path::to_path_buf));
            } else {
                tree.change_names(op);
            }
        }
        for (inode, writes) in &self.writes {
            for (offset, bytes) in writes {
                for (from, to) in kept(bytes.len(), unsynced, dice) {
                    tree.write(*inode, offset + from, &bytes[from..to]);
                }
            }
        }
        tree.forget_unreachable();
        let images = self.recording.images.iter().rev();
        let image = images.filter(|(kept, _)| *kept <= moment).map(|(_, rows)| Arc::clone(rows)).next();
        SimulatedDisk::with(root, tree, self.recording.next_inode, image.unwrap_or_default())
    }

    fn go_to(&mut self, moment: usize) {
        assert!(self.at <= moment, "time does not go back");
        for op in &self.recording.log[self.at..moment] {
            match op {
                Op::Write { inode, offset, bytes } => {
                    self.writes.entry(*inode).or_default().push((*offset, Arc::clone(bytes)));
                }
                Op::Sync { inode } => {
                    for (offset, bytes) in self.writes.remove(inode).unwrap_or_default() {
                        self.durable.write(*inode, offset, &bytes);
                    }
                }
                Op::SyncDir { path } => {
                    let names = std::mem::take(&mut self.names);
                    let (synced, left) =
                        names.into_iter().partition(|op| op.folders().contains(&path.as_path()));
                    self.names = left;
                    let synced: Vec<Op> = synced;
                    synced.iter().for_each(|op| self.durable.change_names(op));
                }
                Op::Create { .. } | Op::Rename { .. } | Op::Remove { .. } | Op::CreateDir { .. } => {
                    self.names.push(op.clone());
                }
            }
        }
        self.at = moment;
    }
}

/// The stretches of a write that get to the disk.
fn kept(length: usize, unsynced: Unsynced, dice: &mut Dice) -> Vec<(usize, usize)> {
    match unsynced {
        Unsynced::Lost => Vec::new(),
        Unsynced::Kept => vec![(0, length)],
        Unsynced::TornAtSectors => (0..length)
            .step_by(SECTOR)
            .filter(|_| dice.flip())
            .map(|from| (from, length.min(from + SECTOR)))
            .collect(),
        Unsynced::TornAtBytes => {
            let (one, other) = (dice.below(length + 1), dice.below(length + 1));
            vec![(one.min(other), one.max(other))]
        }
    }
}
