//! Buckets and their settings.

use super::acl::Acl;
use super::object::ObjectKind;
use super::retention::Retention;
use super::version::Versioning;

/// A bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// Who may do what.
    pub acl: Acl,
    /// Class of storage of objects that name none, such as `Standard`.
    pub storage_class: String,
    /// Kind of redundancy, such as `LRS`.
    pub redundancy: String,
    /// The owner's identifier.
    pub owner: String,
    /// Free text.
    pub comment: String,
    /// Whether what its ACL and those of its objects allow to everybody does not count.
    pub block_public_access: bool,
    /// Whether it keeps the versions of its objects.
    pub versioning: Versioning,
    /// For how long its objects are neither deleted nor overwritten.
    pub retention: Option<Retention>,
}

/// What became of a bucket to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateBucket {
    /// It exists now.
    Created(Bucket),
    /// It existed; nothing was changed. This is the one there is.
    Existed(Bucket),
}

/// The place of a document that is kept verbatim with a bucket. Its number is on disk, so that it belongs to one kind of document
/// for ever; which one is up to whoever uses the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BucketDocument(u8);

impl BucketDocument {
    /// Returns the place with this number.
    #[must_use]
    pub const fn numbered(number: u8) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Which buckets to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListBuckets {
    /// Only names that start with this.
    pub prefix: String,
    /// Only names after this.
    pub marker: String,
    /// Only those of this account.
    pub owner: Option<String>,
    /// At most as many.
    pub max: usize,
}

/// Buckets in order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BucketPage {
    /// The buckets.
    pub buckets: Vec<Bucket>,
    /// The marker to go on with, if there are more.
    pub next_marker: Option<String>,
}

/// How much a bucket holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketStat {
    /// Objects, every version of them.
    pub objects: u64,
    /// Bytes of the objects.
    pub bytes: u64,
    /// Those of the objects that are not the current version.
    pub noncurrent_objects: u64,
    /// Bytes of these.
    pub noncurrent_bytes: u64,
    /// Delete markers.
    pub delete_markers: u64,
    /// Multipart uploads in progress.
    pub uploads: u64,
    /// Objects made by one upload.
    pub normal_objects: u64,
    /// Objects made of parts.
    pub multipart_objects: u64,
    /// Objects made by appending.
    pub appendable_objects: u64,
    /// Those of the objects that name a class of storage, by class; the others have the bucket's.
    pub classes: Vec<ClassStat>,
}

/// How many objects of a bucket name a class of storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassStat {
    /// The class.
    pub class: String,
    /// Objects.
    pub objects: u64,
    /// Bytes of the objects.
    pub bytes: u64,
}

impl BucketStat {
    /// Counts an object in.
    pub(crate) fn add(&mut self, kind: ObjectKind, class: &str, bytes: u64, is_current: bool) {
        self.objects = self.objects.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        if !is_current {
            self.noncurrent_objects = self.noncurrent_objects.saturating_add(1);
            self.noncurrent_bytes = self.noncurrent_bytes.saturating_add(bytes);
        }
        let of_kind = self.of_kind(kind);
        *of_kind = of_kind.saturating_add(1);
        if class.is_empty() {
            return;
        }
        let at = self.classes.binary_search_by(|stat| stat.class.as_str().cmp(class));
        match at.map(|at| self.classes.get_mut(at)) {
            Ok(Some(stat)) => {
                stat.objects = stat.objects.saturating_add(1);
                stat.bytes = stat.bytes.saturating_add(bytes);
            }
            Ok(None) => {}
            Err(at) => self.classes.insert(at, ClassStat { class: class.to_owned(), objects: 1, bytes }),
        }
    }

    /// Counts an object out.
    pub(crate) fn remove(&mut self, kind: ObjectKind, class: &str, bytes: u64, is_current: bool) {
        self.objects = self.objects.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        if !is_current {
            self.noncurrent_objects = self.noncurrent_objects.saturating_sub(1);
            self.noncurrent_bytes = self.noncurrent_bytes.saturating_sub(bytes);
        }
        let of_kind = self.of_kind(kind);
        *of_kind = of_kind.saturating_sub(1);
        if let Some(stat) = self.classes.iter_mut().find(|stat| stat.class == class) {
            stat.objects = stat.objects.saturating_sub(1);
            stat.bytes = stat.bytes.saturating_sub(bytes);
        }
        self.classes.retain(|stat| stat.objects > 0);
    }

    fn of_kind(&mut self, kind: ObjectKind) -> &mut u64 {
        match kind {
            ObjectKind::Normal | ObjectKind::Symlink => &mut self.normal_objects,
            ObjectKind::Multipart => &mut self.multipart_objects,
            ObjectKind::Appendable => &mut self.appendable_objects,
        }
    }
}
