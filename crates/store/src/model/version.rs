//! Versions of objects: their identifiers, delete markers, and lists of both.

use std::fmt;

use md5::{Digest, Md5};

use super::object::Object;

/// Whether a bucket keeps the versions of its objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Versioning {
    /// It never did: an object that is replaced or deleted is gone.
    #[default]
    Unset,
    /// Every write makes a version with an identifier of its own.
    Enabled,
    /// Writes replace the version without identifier, and leave the others alone.
    Suspended,
}

/// Sets identifiers apart from other digests of numbers.
const DIGESTED: &[u8] = b"ossicle version ";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// The identifier of a version; later versions of a key have greater ones. As text it is 64 characters like those of OSS:
/// Base64, in an alphabet that URLs take as it is, of a small message that holds its number and a digest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(u64);

impl VersionId {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// Reads an identifier from what its `Display` writes; nothing else is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The number is in bytes 3 to 13 of the message, and those in these characters.
        let mut bits: u128 = 0;
        for character in text.as_bytes().get(4..20)? {
            let digit = BASE64.iter().position(|digit| digit == character)?;
            bits = bits << 6 | u128::try_from(digit).ok()?;
        }
        let message = bits.to_be_bytes();
        let [_, _, _, _, high, _, groups @ .., _] = message;
        let mut number = u64::from(high & 1);
        for group in groups.iter().rev() {
            number = number << 7 | u64::from(group & 0x7F);
        }
        let id = Self(number);
        (id.to_string() == text).then_some(id)
    }

    /// Returns the message that the text is made of: 1 and a small number that tells the highest bit, the other bits in groups
    /// of seven, lowest first, and a digest as 32 hexadecimal digits.
    fn message(self) -> [u8; 48] {
        let mut out = [0; 48];
        let head = [0x08, 0x01, 0x10, 0x36 | u8::try_from(self.0 >> 63).unwrap_or(0), 0x18];
        let groups = (0..9).map(|group| {
            let bits = u8::try_from(self.0 >> (7 * group) & 0x7F).unwrap_or(0);
            if group < 8 { bits | 0x80 } else { bits }
        });
        let digest = Md5::digest([DIGESTED, &self.0.to_be_bytes()].concat());
        let hex = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex = hex.map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
        let bytes = head.into_iter().chain(groups).chain([0x22, 32]).chain(hex);
        for (place, byte) in out.iter_mut().zip(bytes) {
            *place = byte;
        }
        out
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for [a, b, c] in self.message().as_chunks::<3>().0 {
            let bits = u32::from_be_bytes([0, *a, *b, *c]);
            for shift in [18, 12, 6, 0] {
                let digit = BASE64.get(usize::try_from(bits >> shift & 63).unwrap_or(0));
                write!(f, "{}", char::from(digit.copied().unwrap_or(b'A')))?;
            }
        }
        Ok(())
    }
}

/// One of the versions of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// The latest.
    #[default]
    Current,
    /// The one without an identifier, which is called `null`.
    Null,
    /// The one of this identifier.
    Id(VersionId),
}

impl VersionRef {
    /// Reads what names a version on the wire: `null` or an identifier.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" { Some(Self::Null) } else { VersionId::parse(text).map(Self::Id) }
    }

    /// Names the version of that identifier, or the one without.
    #[must_use]
    pub fn of(id: Option<VersionId>) -> Self {
        id.map_or(Self::Null, Self::Id)
    }
}

/// A version that says that the object was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteMarker {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Its identifier; `None` for the null version.
    pub version_id: Option<VersionId>,
    /// When the object was deleted.
    pub last_modified_ms: i64,
}

/// A version: an object, or a delete marker.
#[derive(Debug, Clone)]
pub enum VersionEntry {
    /// An object.
    Object(Box<Object>),
    /// A delete marker.
    DeleteMarker(DeleteMarker),
}

impl VersionEntry {
    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::DeleteMarker(marker) => &marker.key,
        }
    }

    /// Returns the identifier; `None` for the null version.
    #[must_use]
    pub fn version_id(&self) -> Option<VersionId> {
        match self {
            Self::Object(object) => object.version_id,
            Self::DeleteMarker(marker) => marker.version_id,
        }
    }
}

/// A key to delete, or one version of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteKey {
    /// The key.
    pub key: String,
    /// Deletes this version for good; without it the object is deleted, which leaves a delete marker where versions are kept.
    pub version: Option<VersionRef>,
}

/// What a deletion did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// Whether there was such an object, or such a version.
    pub existed: bool,
    /// The delete marker that was made.
    pub marker: Option<DeleteMarker>,
    /// The delete marker that was deleted for good.
    pub removed_marker: Option<DeleteMarker>,
    /// It was not deleted: a retention policy keeps it.
    pub is_retained: bool,
}

/// A version that is not the latest, or a delete marker without any other version, as somebody saw it: to change it only if
/// it is still that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenVersion {
    /// The key.
    pub key: String,
    /// Which of its versions.
    pub version: VersionRef,
    /// What it was.
    pub state: SeenState,
}

/// What a version was that somebody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenState {
    /// An object that was not the latest version.
    Object {
        /// Its [generation](crate::ObjectFields::generation).
        generation: u64,
    },
    /// A delete marker that was not the latest version.
    DeleteMarker {
        /// When the object was deleted.
        last_modified_ms: i64,
    },
    /// A delete marker that was the only version.
    LoneMarker {
        /// When the object was deleted.
        last_modified_ms: i64,
    },
}

/// Which versions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListVersions {
    /// The bucket's name.
    pub bucket: String,
    /// Only keys that start with this.
    pub prefix: String,
    /// Keys that hold this after the prefix are rolled up into one common prefix; none if empty.
    pub delimiter: String,
    /// Only keys (and common prefixes) after this, and of this one what `version_marker` says.
    pub key_marker: String,
    /// Of the key `key_marker` only versions older than this one; without it, none of them.
    pub version_marker: Option<VersionRef>,
    /// At most as many, versions and common prefixes together.
    pub max: usize,
}

/// A version in a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedVersion {
    /// What it is.
    pub entry: VersionEntry,
    /// Whether it is the latest of its key.
    pub is_latest: bool,
}

/// Versions by key and then newest first, and common prefixes in byte order.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct VersionPage {
    /// The versions.
    pub versions: Vec<ListedVersion>,
    /// The common prefixes, each ending with the delimiter.
    pub common_prefixes: Vec<String>,
    /// What to give as `key_marker` and `version_marker` to go on, if there are more.
    pub next: Option<(String, Option<VersionRef>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID_LENGTH: usize = 64;

    #[test]
    fn an_identifier_is_read_from_its_text_and_from_nothing_else() {
        for number in [0, 1, 127, 128, 1_764_487_000_123_456_789, 1 << 62, 1 << 63, u64::MAX] {
            let text = VersionId(number).to_string();
            assert_eq!(text.len(), ID_LENGTH, "{text}");
            assert!(text.starts_with("CAEQN"), "{text}");
            assert_eq!(VersionId::parse(&text), Some(VersionId(number)), "{text}");
            for at in 0..ID_LENGTH {
                let mut changed = text.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                assert_eq!(VersionId::parse(&String::from_utf8(changed).unwrap()), None);
            }
        }
        for text in ["", "null", "CAEQ", &"é".repeat(32), &"=".repeat(64), &"A".repeat(65)] {
            assert_eq!(VersionId::parse(text), None, "{text}");
        }
    }
}
