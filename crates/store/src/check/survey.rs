//! The check of all rows: against each other, and against the data files. Either at one state of the rows, or in slices where
//! others go on changing them.

mod identities;
mod rows;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bytes::Bytes;

use super::findings::{FindingKind, FsckReport};
use super::recount::Recount;
use crate::blobs::{Blobs, Pin};
use crate::command::{
    Reclaim, counts_in, decode_file, decode_ref_count, due_id, file_row, part_number, ref_count_row,
    scheduled_value,
};
use crate::engine::{Engine, Query, View};
use crate::extent::{DataRef, Extent, Place};
use crate::id::{DataId, UploadId};
use crate::key::{self, Tag};
use crate::reclaim::queued_id;
use crate::record::{
    DeliveryIndex, PartRecord, UploadRecord, decode_delivery, decode_job_lease, decode_node, decode_nonce,
    decode_object, decode_secret, decode_stat, encode_counts, encode_stat,
};
use crate::{BucketStat, DeliveryCounts, Error};
use rows::{Rows, TablePages};
pub(super) use versions::count;

/// Tables whose rows say what other rows and data files are for.
const REFERRING: [Tag; 6] = [Tag::Bucket, Tag::Object, Tag::Version, Tag::Upload, Tag::Part, Tag::Manifest];

/// What a survey found and what would set it right.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) report: FsckReport,
    pub(super) orphans: HashSet<DataId>,
    /// Whether all rows that refer to others could be read. If not, what seems superfluous may belong to one that could not.
    pub(super) is_understood: bool,
    pub(super) rewrite: BTreeMap<Bytes, Option<Bytes>>,
    /// Blobs whose lengths are to be looked at.
    pub(super) expected: Vec<ExpectedBlob>,
    /// Keeps them until then.
    pub(super) pin: Option<Pin>,
    /// What was counted while it changed, and is to be counted at one moment.
    pub(super) recounts: BTreeSet<Recount>,
}

/// A blob that something refers to.
#[derive(Debug)]
pub(super) struct ExpectedBlob {
    pub(super) id: DataId,
    /// What its row says.
    pub(super) size: u64,
    /// Up to which offset it is needed.
    pub(super) needed: u64,
    /// One of those who refer to it.
    pub(super) by: String,
}

/// How often things are referred to, and by what.
#[derive(Debug, Default)]
struct References {
    contents: HashMap<DataId, Reference>,
    files: HashMap<DataId, Reference>,
    manifests: HashMap<DataId, Reference>,
}

#[derive(Debug, Default)]
struct Reference {
    count: u32,
    /// One of those who refer to it.
    by: String,
    /// Up to which offset it is needed.
    length: u64,
}

struct Checker<'a> {
    rows: Rows<'a>,
    references: References,
    stats: BTreeMap<String, BucketStat>,
    survey: Survey,
}

/// Goes through all rows.
pub(super) struct CheckAll {
    pub(super) blobs: Blobs,
    /// Data files that no row names.
    pub(super) orphans: HashSet<DataId>,
}

impl CheckAll {
    /// Goes through the rows a page at a time, each as it is at that moment: what others change meanwhile may look wrong.
    pub(super) async fn in_slices(&self, engine: &Engine) -> Result<Survey, Error> {
        self.check(Rows::Slices(engine)).await
    }

    async fn check(&self, rows: Rows<'_>) -> Result<Survey, Error> {
        let survey = Survey {
            report: FsckReport::default(),
            orphans: self.orphans.clone(),
            is_understood: true,
            rewrite: BTreeMap::new(),
            expected: Vec::new(),
            pin: None,
            recounts: BTreeSet::new(),
        };
        let mut checker = Checker { rows, references: References::default(), stats: BTreeMap::new(), survey };
        checker.check_all().await?;
        let mut survey = checker.survey;
        // While a view lives nothing that it refers to is reclaimed; afterwards the pin sees to that.
        survey.pin = Some(self.blobs.pin(survey.expected.iter().map(|blob| blob.id).collect()));
        Ok(survey)
    }
}

impl Query for CheckAll {
    type Output = Survey;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Survey, Error> {
        self.check(Rows::State(view)).await
    }
}

impl<'a> Checker<'a> {
    async fn check_all(&mut self) -> Result<(), Error> {
        self.check_buckets().await?;
        self.check_objects().await?;
        self.check_versions().await?;
        self.check_uploads().await?;
        self.check_manifests().await?;
        self.check_ref_counts().await?;
        self.check_contents().await?;
        self.check_files().await?;
        self.check_stats().await?;
        self.check_deliveries().await?;
        self.check_job_leases().await?;
        self.check_nonces().await?;
        self.check_secrets().await?;
        self.check_nodes().await?;
        self.check_identities().await
    }

    fn add(&mut self, kind: FindingKind, what: impl Into<String>) {
        self.survey.report.add(kind, what);
    }

    fn rewrite(&mut self, key: Bytes, value: Option<Bytes>) {
        self.survey.rewrite.insert(key, value);
    }

    /// Looks at every row of a table; what cannot be read is a finding.
    async fn each(
        &mut self,
        tag: Tag,
        mut look: impl FnMut(&mut Self, &Bytes, &Bytes) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let mut pages = self.rows_of(tag);
        loop {
            let rows = pages.next().await?;
            if rows.is_empty() {
                return Ok(());
            }
            for (key, row) in &rows {
                match look(self, key, row) {
                    Err(Error::Corrupt { what }) => {
                        self.survey.is_understood &= !REFERRING.contains(&tag);
                        self.add(FindingKind::DamagedRow, what);
                    }
                    Err(error @ Error::LaterVersion { .. }) => {
                        self.survey.is_understood = false;
                        self.add(FindingKind::LaterVersion, error.to_string());
                    }
                    other => other?,
                }
            }
        }
    }

    fn rows_of(&self, tag: Tag) -> TablePages<'a> {
        self.rows.of(&[tag as u8])
    }

    /// Notes a count that is not what counting gave; what was counted in slices has to be counted again.
    fn miscounted(&mut self, what: Recount, kind: FindingKind, words: String, set: (Bytes, Option<Bytes>)) {
        if self.rows.is_one_state() {
            self.add(kind, words);
            self.rewrite(set.0, set.1);
        } else {
            self.survey.recounts.insert(what);
        }
    }

    async fn check_buckets(&mut self) -> Result<(), Error> {
        self.each(Tag::Bucket, |this, key, _| {
            let name = key::text_after(key, &[Tag::Bucket as u8])?.to_owned();
            this.survey.report.buckets += 1;
            this.stats.insert(name, BucketStat::default());
            Ok(())
        })
        .await
    }

    async fn check_objects(&mut self) -> Result<(), Error> {
        self.each(Tag::Object, |this, key, row| {
            let (bucket, name) = key::split(key, Tag::Object, 0)?;
            let object = decode_object(&bucket, &name, row)?;
            this.survey.report.objects += 1;
            this.refer(&object.data, object.size, &format!("the object {bucket}/{name}"));
            match this.stats.get_mut(&bucket) {
                Some(stat) => stat.add(object.kind, &object.attributes.storage_class, object.size, true),
                None => this.add(FindingKind::DamagedRow, format!("{bucket}/{name} is in no bucket")),
            }
            Ok(())
        })
        .await
    }

    async fn check_uploads(&mut self) -> Result<(), Error> {
        let mut uploads = HashMap::new();
        self.each(Tag::Upload, |this, key, row| {
            let (bucket, name) = key::split(key, Tag::Upload, 17)?;
            UploadRecord::decode(row).map_err(|error| error.about(&bucket, &name))?;
            this.survey.report.uploads += 1;
            uploads.extend(key.last_chunk::<16>().map(|id| (*id, format!("{bucket}/{name}"))));
            match this.stats.get_mut(&bucket) {
                Some(stat) => stat.uploads += 1,
                None => this.add(FindingKind::DamagedRow, format!("an upload is in no bucket, {bucket}")),
            }
            Ok(())
        })
        .await?;
        self.each(Tag::Part, |this, key, row| {
            let part = PartRecord::decode(row)?;
            let id = key.get(1..).and_then(|rest| rest.first_chunk::<16>());
            if let Some((id, name)) = id.and_then(|id| Some((id, uploads.get(id)?))) {
                let (number, id) = (part_number(key)?, UploadId::from_bytes(*id));
                this.refer(&part.data, part.size, &format!("part {number} of the upload {id} of {name}"));
            } else {
                // What it refers to is found to be superfluous too, since this does not count.
                this.add(FindingKind::DanglingRow, "a part belongs to no upload");
                this.rewrite(key.clone(), None);
            }
            Ok(())
        })
        .await
    }

    /// Counts a reference to what the data is.
    fn refer(&mut self, data: &DataRef, size: u64, by: &str) {
        match data {
            DataRef::Manifest(id) => note(&mut self.references.manifests, *id, size, by),
            DataRef::Extents(extents) => {
                let length: u64 = extents.iter().map(|extent| extent.length).sum();
                if length != size {
                    self.add(
                        FindingKind::DamagedRow,
                        format!("{by} has {size} bytes in extents of {length}"),
                    );
                }
                for extent in extents.iter() {
                    self.refer_to_extent(extent, by);
                }
            }
        }
    }

    fn refer_to_extent(&mut self, extent: &Extent, by: &str) {
        let end = extent.end();
        match extent.place {
            Place::Content(id) => note(&mut self.references.contents, id, end, by),
            Place::File(id) => note(&mut self.references.files, id, end, by),
        }
    }

    async fn check_manifests(&mut self) -> Result<(), Error> {
        let mut queued = HashSet::new();
        self.each(Tag::Reclaim, |_, key, row| {
            if Reclaim::from_row(row)? == Reclaim::Manifest {
                queued.insert(queued_id(key)?);
            }
            Ok(())
        })
        .await?;
        let mut ends: HashMap<DataId, u64> = HashMap::new();
        self.each(Tag::Manifest, |this, key, row| {
            let extent = Extent::from_row(row)?;
            let rest = key.get(1..).unwrap_or_default();
            let (Some(id), Some(end)) = (rest.first_chunk::<16>(), key.last_chunk::<8>()) else {
                return Err(Error::corrupt("a key of a manifest"));
            };
            let (id, end) = (DataId::from_bytes(*id), u64::from_be_bytes(*end));
            this.refer_to_extent(&extent, &format!("the manifest {id}"));
            let before = ends.insert(id, end).unwrap_or(0);
            let is_queued = queued.contains(&id);
            if !is_queued && before + extent.length != end {
                this.add(FindingKind::DamagedRow, format!("the manifest {id} has a gap before {end}"));
            }
            if !is_queued && before == 0 && !this.references.manifests.contains_key(&id) {
                this.add(FindingKind::OrphanContent, format!("nothing has the manifest {id}"));
                this.rewrite(key::reclaim(id), Some(Reclaim::Manifest.to_row()));
            }
            Ok(())
        })
        .await?;
        let short: Vec<_> = self
            .references
            .manifests
            .iter()
            .filter(|(id, reference)| ends.get(id).copied().unwrap_or(0) < reference.length)
            .map(|(id, reference)| format!("{} needs more of the manifest {id} than there is", reference.by))
            .collect();
        for what in short {
            self.add(FindingKind::MissingContent, what);
        }
        Ok(())
    }

    async fn check_ref_counts(&mut self) -> Result<(), Error> {
        let References { contents, manifests, .. } = &self.references;
        let mut expected: HashMap<DataId, u32> = contents
            .iter()
            .chain(manifests)
            .filter(|(_, reference)| reference.count > 1)
            .map(|(id, reference)| (*id, reference.count))
            .collect();
        self.each(Tag::RefCount, |this, key, row| {
            let id = queued_id(key)?;
            let found = decode_ref_count(row)?;
            let counted = expected.remove(&id);
            if counted != Some(found) {
                let counted = counted.unwrap_or(1);
                this.add(
                    FindingKind::WrongCount,
                    format!("{id} is said to be shared by {found}, and is by {counted}"),
                );
                this.rewrite(key.clone(), counted.gt(&1).then(|| ref_count_row(counted)));
            }
            Ok(())
        })
        .await?;
        for (id, counted) in expected {
            self.add(FindingKind::WrongCount, format!("{id} is shared by {counted} and not said to be"));
            self.rewrite(key::ref_count(id), Some(ref_count_row(counted)));
        }
        Ok(())
    }

    async fn check_contents(&mut self) -> Result<(), Error> {
        let mut pages = self.rows_of(Tag::Content);
        loop {
            let keys = pages.next_keys().await?;
            if keys.is_empty() {
                break;
            }
            for key in &keys {
                let id = queued_id(key)?;
                if self.references.contents.remove(&id).is_none() {
                    self.add(FindingKind::OrphanContent, format!("nothing has the content {id}"));
                    self.rewrite(key.clone(), None);
                }
            }
        }
        for (id, reference) in std::mem::take(&mut self.references.contents) {
            self.add(FindingKind::MissingContent, format!("{} has lost its content {id}", reference.by));
        }
        Ok(())
    }

    async fn check_files(&mut self) -> Result<(), Error> {
        self.each(Tag::File, |this, key, row| {
            let id = queued_id(key)?;
            let (count, size) = decode_file(row)?;
            this.survey.report.files += 1;
            let Some(reference) = this.references.files.remove(&id) else {
                this.add(FindingKind::OrphanContent, format!("nothing has the data file {id}"));
                this.rewrite(key.clone(), None);
                this.rewrite(key::reclaim(id), Some(Reclaim::File.to_row()));
                return Ok(());
            };
            if reference.count != count {
                let counted = reference.count;
                this.add(
                    FindingKind::WrongCount,
                    format!("the data file {id} is said to have {count} uses, and has {counted}"),
                );
                this.rewrite(key.clone(), Some(file_row(counted, size)));
            }
            let Reference { by, length: needed, .. } = reference;
            this.survey.expected.push(ExpectedBlob { id, size, needed, by });
            Ok(())
        })
        .await?;
        for (id, reference) in std::mem::take(&mut self.references.files) {
            self.add(FindingKind::MissingContent, format!("{} has an unknown data file {id}", reference.by));
        }
        for id in self.survey.orphans.clone() {
            self.add(FindingKind::OrphanFile, format!("the data file {id} was never referred to"));
        }
        Ok(())
    }

    async fn check_stats(&mut self) -> Result<(), Error> {
        let mut counted = std::mem::take(&mut self.stats);
        self.each(Tag::Stat, |this, key, row| {
            let bucket = key::text_after(key, &[Tag::Stat as u8])?.to_owned();
            let said = decode_stat(row)?;
            match counted.remove(&bucket) {
                Some(counted) if counted == said => {}
                Some(counted) => {
                    let words =
                        format!("the bucket {bucket} holds {counted:?}, and is said to hold {said:?}");
                    let set = (key.clone(), Some(encode_stat(&counted)));
                    this.miscounted(Recount::Bucket(bucket), FindingKind::WrongCount, words, set);
                }
                None => {
                    let words = format!("counts of no bucket, {bucket}");
                    let set = (key.clone(), None);
                    this.miscounted(Recount::Bucket(bucket), FindingKind::DanglingRow, words, set);
                }
            }
            Ok(())
        })
        .await?;
        for (bucket, counted) in counted {
            let words = format!("the bucket {bucket} has no counts");
            let set = (key::stat(&bucket), Some(encode_stat(&counted)));
            self.miscounted(Recount::Bucket(bucket), FindingKind::WrongCount, words, set);
        }
        Ok(())
    }

    async fn check_job_leases(&mut self) -> Result<(), Error> {
        self.each(Tag::JobLease, |_, key, row| {
            decode_job_lease(key::text_after(key, &[Tag::JobLease as u8])?, row).map(drop)
        })
        .await
    }

    async fn check_nonces(&mut self) -> Result<(), Error> {
        self.each(Tag::Nonce, |_, _, row| decode_nonce(row).map(drop)).await
    }

    async fn check_secrets(&mut self) -> Result<(), Error> {
        self.each(Tag::Secret, |_, _, row| decode_secret(row).map(drop)).await
    }

    async fn check_nodes(&mut self) -> Result<(), Error> {
        self.each(Tag::Node, |_, key, row| {
            decode_node(key::text_after(key, &[Tag::Node as u8])?, row).map(drop)
        })
        .await
    }

    async fn check_deliveries(&mut self) -> Result<(), Error> {
        let mut counted = DeliveryCounts::default();
        let mut pages = self.rows_of(Tag::Delivery);
        loop {
            let rows = pages.next().await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                match self.check_delivery(key, row, &mut counted).await {
                    Err(Error::Corrupt { what }) => self.add(FindingKind::DamagedRow, what),
                    other => other?,
                }
            }
        }
        for tag in [Tag::DeliveryTime, Tag::DeliveryDue] {
            self.check_order(tag).await?;
        }
        let said = counts_in(self.rows.get(&key::delivery_counts()).await?.as_deref())?;
        if said != counted {
            let words =
                format!("there are {} deliveries, said to be {}", in_words(&counted), in_words(&said));
            let set = (key::delivery_counts(), Some(encode_counts(&counted)));
            self.miscounted(Recount::Deliveries, FindingKind::WrongCount, words, set);
        }
        Ok(())
    }

    async fn check_delivery(
        &mut self,
        key: &Bytes,
        row: &Bytes,
        counted: &mut DeliveryCounts,
    ) -> Result<(), Error> {
        let id = key::text_after(key, &[Tag::Delivery as u8])?.to_owned();
        let delivery = decode_delivery(&id, row)?;
        self.survey.report.deliveries += 1;
        counted.change(delivery.state, delivery.scheduled_ms().is_some(), 1);
        let by_time = key::delivery_time(delivery.created_ms, &id);
        let expected = DeliveryIndex::of(&delivery).encode();
        if self.rows.get(&by_time).await?.as_ref() != Some(&expected) {
            self.add(FindingKind::DanglingRow, format!("the delivery {id} is not in the order by time"));
            self.rewrite(by_time, Some(expected));
        }
        let value = scheduled_value(&delivery);
        if let Some(scheduled_ms) = delivery.scheduled_ms()
            && self.rows.get(&key::delivery_due(scheduled_ms, &id)).await?.as_ref() != Some(&value)
        {
            self.add(FindingKind::DanglingRow, format!("the delivery {id} is not in the order by due time"));
            self.rewrite(key::delivery_due(scheduled_ms, &id), Some(value));
        }
        Ok(())
    }

    /// Finds rows in an order of deliveries whose delivery does not exist.
    async fn check_order(&mut self, tag: Tag) -> Result<(), Error> {
        let mut pages = self.rows_of(tag);
        loop {
            let keys = pages.next_keys().await?;
            if keys.is_empty() {
                return Ok(());
            }
            for key in &keys {
                let id = match due_id(key) {
                    Err(Error::Corrupt { what }) => {
                        self.add(FindingKind::DamagedRow, what);
                        continue;
                    }
                    id => id?,
                };
                if self.rows.get(&key::delivery(id)).await?.is_none() {
                    let what = format!("an order names a delivery {id} there is not");
                    self.add(FindingKind::DanglingRow, what);
                    self.rewrite(key.clone(), None);
                }
            }
        }
    }
}

fn note(references: &mut HashMap<DataId, Reference>, id: DataId, length: u64, by: &str) {
    let reference =
        references.entry(id).or_insert_with(|| Reference { by: by.to_owned(), ..Reference::default() });
    reference.count += 1;
    reference.length = reference.length.max(length);
}

pub(super) fn in_words(counts: &DeliveryCounts) -> String {
    let DeliveryCounts { pending, delivered, failed, abandoned, scheduled } = counts;
    format!(
        "{} ({pending} pending, {delivered} delivered, {failed} failed, {abandoned} abandoned; {scheduled} scheduled)",
        counts.total()
    )
}
