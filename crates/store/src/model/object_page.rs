//! A page of a listing as it lies in the rows.

use super::{ObjectKind, Restore};

/// Objects and common prefixes, each in byte order, with what a listing tells of them and without a copy.
#[derive(Debug)]
#[non_exhaustive]
pub struct ObjectPage<'a> {
    /// The objects.
    pub objects: Vec<ListedObject<'a>>,
    /// The common prefixes, each ending with the delimiter.
    pub common_prefixes: Vec<&'a str>,
    /// What to give as `after` to go on: the last key or common prefix of this page. `None` if there are no more.
    pub next: Option<&'a str>,
}

/// What a listing tells of an object.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ListedObject<'a> {
    /// The key.
    pub key: &'a str,
    /// The ETag.
    pub etag: ListedEtag<'a>,
    /// Bytes.
    pub size: u64,
    /// When it was written last.
    pub last_modified_ms: i64,
    /// How it came to be.
    pub kind: ObjectKind,
    /// Its own class of storage; empty if it has none.
    pub storage_class: &'a str,
    /// When it can be read, if it is archived and somebody asked for that.
    pub restore: Option<Restore>,
}

/// An ETag of a listing.
#[derive(Debug, Clone, Copy)]
pub struct ListedEtag<'a>(pub(crate) EtagText<'a>);

/// An ETag as text, or to be made one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EtagText<'a> {
    /// In hexadecimal.
    Md5([u8; 32]),
    Stored(&'a str),
}

impl ListedEtag<'_> {
    /// Returns the text, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            EtagText::Md5(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            EtagText::Stored(text) => text,
        }
    }
}
