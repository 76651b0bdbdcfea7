//! `Contents`, `Version` and `CommonPrefixes`, which the listings of objects and versions share.

use super::KeyEncoding;
use super::writer::Content;
use crate::{RestoreInfo, Timestamp};

/// An object in a listing.
#[derive(Clone, Copy, Debug)]
pub struct ListedObject<'a> {
    /// Its key.
    pub key: &'a str,
    /// When it was last written.
    pub last_modified: Timestamp,
    /// Its tag, without quotes.
    pub etag: &'a str,
    /// `Normal`, `Multipart`, `Appendable` or `Symlink`.
    pub object_type: &'a str,
    /// Its length in bytes.
    pub size: u64,
    /// `Standard` and so on.
    pub storage_class: &'a str,
    /// Whether it is being restored or was, if it is archived.
    pub restore: Option<RestoreInfo>,
    /// The id of its owner, if the listing tells owners.
    pub owner: Option<&'a str>,
}

impl ListedObject<'_> {
    /// A guess at the bytes that one object takes in a listing, to allocate once.
    pub(super) const LENGTH: usize = 384;

    pub(super) fn write(&self, c: &mut Content, encoding: KeyEncoding) {
        c.nested("Contents", |c| {
            c.key("Key", self.key, encoding);
            self.write_properties(c);
        });
    }

    /// Writes the object as a version of its key.
    pub(super) fn write_version(&self, c: &mut Content, encoding: KeyEncoding, id: &str, is_latest: bool) {
        c.nested("Version", |c| {
            c.key("Key", self.key, encoding);
            c.text("VersionId", id);
            c.flag("IsLatest", is_latest);
            self.write_properties(c);
        });
    }

    fn write_properties(&self, c: &mut Content) {
        c.time("LastModified", self.last_modified);
        c.etag(self.etag);
        c.text("Type", self.object_type);
        c.number("Size", self.size);
        c.text("StorageClass", self.storage_class);
        if let Some(restore) = self.restore {
            c.text("RestoreInfo", &restore.to_string());
        }
        if let Some(owner) = self.owner {
            c.owner(owner);
        }
    }
}

/// Writes what the delimiter rolls up.
pub(super) fn write_common_prefixes(c: &mut Content, prefixes: &[&str], encoding: KeyEncoding) {
    for prefix in prefixes {
        c.nested("CommonPrefixes", |c| c.key("Prefix", prefix, encoding));
    }
}
