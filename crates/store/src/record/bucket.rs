//! Records of buckets and of what they hold.

use bytes::Bytes;

use super::VERSION;
use super::attributes::{acl_from_u8, acl_to_u8};
use crate::codec::{Decoder, Encoder};
use crate::{Bucket, BucketStat, ClassStat, Error, Retention, Versioning};

/// The form of a bucket's record that ends with flags. A bucket without any keeps the form before it, which programs
/// that do not know flags can read.
const WITH_FLAGS: u8 = 2;

/// The form that has a retention policy after the flags, which no program must overlook.
const WITH_RETENTION: u8 = 3;

/// The flag of a bucket whose public access is blocked.
const BLOCKS_PUBLIC_ACCESS: u8 = 1;
/// The flag of a bucket that makes versions.
const VERSIONING_ENABLED: u8 = 2;
/// The flag of a bucket that made versions, or could have.
const VERSIONING_SUSPENDED: u8 = 4;

pub(crate) fn encode_bucket(bucket: &Bucket) -> Bytes {
    let mut out = Encoder::with_capacity(64);
    let blocks = if bucket.block_public_access { BLOCKS_PUBLIC_ACCESS } else { 0 };
    let versioning = match bucket.versioning {
        Versioning::Unset => 0,
        Versioning::Enabled => VERSIONING_ENABLED,
        Versioning::Suspended => VERSIONING_SUSPENDED,
    };
    let flags = blocks | versioning;
    out.u8(match (&bucket.retention, flags) {
        (Some(_), _) => WITH_RETENTION,
        (None, 0) => VERSION,
        (None, _) => WITH_FLAGS,
    });
    out.u8(acl_to_u8(bucket.acl));
    out.i64(bucket.created_ms);
    out.text(&bucket.storage_class);
    out.text(&bucket.redundancy);
    out.text(&bucket.owner);
    out.text(&bucket.comment);
    if flags != 0 || bucket.retention.is_some() {
        out.u8(flags);
    }
    if let Some(retention) = &bucket.retention {
        out.text(&retention.id);
        out.u32(retention.days);
        out.i64(retention.created_ms);
        out.u8(u8::from(retention.is_locked));
    }
    out.finish()
}

pub(crate) fn decode_bucket(name: &str, row: &[u8]) -> Result<Bucket, Error> {
    let mut from = Decoder::new(row, "a bucket");
    let version = from.u8()?;
    if !matches!(version, VERSION | WITH_FLAGS | WITH_RETENTION) {
        return Err(from.fail());
    }
    let acl = acl_from_u8(&mut from)?;
    let mut bucket = Bucket {
        name: name.to_owned(),
        acl,
        created_ms: from.i64()?,
        storage_class: from.text()?,
        redundancy: from.text()?,
        owner: from.text()?,
        comment: from.text()?,
        block_public_access: false,
        versioning: Versioning::Unset,
        retention: None,
    };
    if version != VERSION {
        let flags = from.u8()?;
        bucket.versioning = match flags & !BLOCKS_PUBLIC_ACCESS {
            0 => Versioning::Unset,
            VERSIONING_ENABLED => Versioning::Enabled,
            VERSIONING_SUSPENDED => Versioning::Suspended,
            _ => return Err(from.fail()),
        };
        bucket.block_public_access = flags & BLOCKS_PUBLIC_ACCESS != 0;
    }
    if version == WITH_RETENTION {
        bucket.retention = Some(Retention {
            id: from.text()?,
            days: from.u32()?,
            created_ms: from.i64()?,
            is_locked: match from.u8()? {
                0 => false,
                1 => true,
                _ => return Err(from.fail()),
            },
        });
    }
    from.end()?;
    Ok(bucket)
}

/// Tells whether the bucket of a record keeps versions and for how long objects, without reading the rest of most.
pub(crate) fn decode_keeping(name: &str, row: &[u8]) -> Result<(Versioning, Option<Retention>), Error> {
    if row.first() == Some(&VERSION) {
        Ok((Versioning::Unset, None))
    } else {
        let bucket = decode_bucket(name, row)?;
        Ok((bucket.versioning, bucket.retention))
    }
}

/// The version of the counters that tells classes apart.
const WITH_CLASSES: u8 = 2;
/// The version of the counters that goes on with versions and delete markers. Without any, the one before is written.
const WITH_VERSIONS: u8 = 3;

pub(crate) fn encode_stat(stat: &BucketStat) -> Bytes {
    let mut out = Encoder::with_capacity(64);
    let of_versions = [stat.noncurrent_objects, stat.noncurrent_bytes, stat.delete_markers];
    let has_versions = of_versions.iter().any(|count| *count > 0);
    out.u8(if has_versions { WITH_VERSIONS } else { WITH_CLASSES });
    out.u64(stat.bytes);
    out.u64(stat.uploads);
    out.u64(stat.normal_objects);
    out.u64(stat.multipart_objects);
    out.u64(stat.appendable_objects);
    out.length(stat.classes.len());
    for class in &stat.classes {
        out.text(&class.class);
        out.u64(class.objects);
        out.u64(class.bytes);
    }
    if has_versions {
        of_versions.iter().for_each(|count| out.u64(*count));
    }
    out.finish()
}

/// Reads either version; the first says nothing of classes, see [`counts_classes`].
pub(crate) fn decode_stat(row: &[u8]) -> Result<BucketStat, Error> {
    let mut from = Decoder::new(row, "what a bucket holds");
    let version = from.u8()?;
    if !matches!(version, VERSION | WITH_CLASSES | WITH_VERSIONS) {
        return Err(from.fail());
    }
    let mut stat = BucketStat {
        objects: 0,
        bytes: from.u64()?,
        uploads: from.u64()?,
        normal_objects: from.u64()?,
        multipart_objects: from.u64()?,
        appendable_objects: from.u64()?,
        ..BucketStat::default()
    };
    stat.objects = stat.normal_objects + stat.multipart_objects + stat.appendable_objects;
    if version != VERSION {
        for _ in 0..from.length()? {
            stat.classes.push(ClassStat { class: from.text()?, objects: from.u64()?, bytes: from.u64()? });
        }
    }
    if version == WITH_VERSIONS {
        stat.noncurrent_objects = from.u64()?;
        stat.noncurrent_bytes = from.u64()?;
        stat.delete_markers = from.u64()?;
    }
    from.end()?;
    Ok(stat)
}

/// Tells whether counters are of the version that counts by class.
pub(crate) fn counts_classes(row: &[u8]) -> bool {
    matches!(row.first(), Some(&(WITH_CLASSES | WITH_VERSIONS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Acl;

    /// The record of a bucket in the first form, which has no flags.
    const FIRST_FORM: &[u8] = b"\x01\x02\x07\0\0\0\0\0\0\0\x08Standard\x03LRS\x0510000\x04test";

    fn bucket(block_public_access: bool) -> Bucket {
        Bucket {
            name: "b".to_owned(),
            created_ms: 7,
            acl: Acl::PublicRead,
            storage_class: "Standard".to_owned(),
            redundancy: "LRS".to_owned(),
            owner: "10000".to_owned(),
            comment: "test".to_owned(),
            block_public_access,
            versioning: Versioning::Unset,
            retention: None,
        }
    }

    #[test]
    fn a_bucket_of_either_form_is_read() {
        assert_eq!(decode_bucket("b", FIRST_FORM).unwrap(), bucket(false));
        let flagged = [&[2], &FIRST_FORM[1..], &[1]].concat();
        assert_eq!(decode_bucket("b", &flagged).unwrap(), bucket(true));
    }

    #[test]
    fn a_bucket_without_flags_is_written_in_the_first_form() {
        assert_eq!(encode_bucket(&bucket(false)), FIRST_FORM);
        assert_eq!(encode_bucket(&bucket(true)), [&[2], &FIRST_FORM[1..], &[1]].concat());
    }

    #[test]
    fn a_bucket_tells_whether_it_keeps_versions() {
        for (versioning, flag) in [(Versioning::Enabled, 2), (Versioning::Suspended, 4)] {
            let row = encode_bucket(&Bucket { versioning, ..bucket(true) });
            assert_eq!(row, [&[2], &FIRST_FORM[1..], &[flag | 1]].concat());
            assert_eq!(decode_bucket("b", &row).unwrap(), Bucket { versioning, ..bucket(true) });
            assert_eq!(decode_keeping("b", &row).unwrap(), (versioning, None));
        }
        assert_eq!(decode_keeping("b", FIRST_FORM).unwrap(), (Versioning::Unset, None));
    }

    #[test]
    fn a_bucket_tells_for_how_long_it_keeps_objects() {
        let retention = Retention { id: "i".into(), days: 2, created_ms: 3, is_locked: true };
        for block in [false, true] {
            let kept = Bucket { retention: Some(retention.clone()), ..bucket(block) };
            let row = encode_bucket(&kept);
            let policy = [u8::from(block), 1, b'i', 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1];
            assert_eq!(row, [&[3], &FIRST_FORM[1..], &policy].concat());
            assert_eq!(decode_bucket("b", &row).unwrap(), kept);
            assert_eq!(decode_keeping("b", &row).unwrap(), (Versioning::Unset, Some(retention.clone())));
        }
    }

    #[test]
    fn unknown_forms_and_flags_are_refused() {
        let with = |version: u8, rest: &[u8]| [&[version], &FIRST_FORM[1..], rest].concat();
        for row in [
            with(0, &[]),
            with(3, &[1]),
            with(3, &[0, 1, b'i', 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
            with(4, &[0]),
            with(1, &[1]),
            with(2, &[]),
            with(2, &[8]),
            with(2, &[6]),
            with(2, &[1, 0]),
        ] {
            assert!(decode_bucket("b", &row).is_err(), "{row:?}");
        }
    }
}
