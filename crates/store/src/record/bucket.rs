//! Records of buckets and of what they hold.

use bytes::Bytes;

use super::object::{acl_from_u8, acl_to_u8};
use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{Bucket, BucketStat, Error};

pub(crate) fn encode_bucket(bucket: &Bucket) -> Bytes {
    let mut out = Encoder::with_capacity(64);
    out.u8(VERSION);
    out.u8(acl_to_u8(bucket.acl));
    out.i64(bucket.created_ms);
    out.text(&bucket.storage_class);
    out.text(&bucket.redundancy);
    out.text(&bucket.owner);
    out.text(&bucket.comment);
    out.finish()
}

pub(crate) fn decode_bucket(name: &str, row: &[u8]) -> Result<Bucket, Error> {
    let mut from = Decoder::new(row, "a bucket");
    expect_version(&mut from)?;
    let acl = acl_from_u8(&mut from)?;
    let bucket = Bucket {
        name: name.to_owned(),
        acl,
        created_ms: from.i64()?,
        storage_class: from.text()?,
        redundancy: from.text()?,
        owner: from.text()?,
        comment: from.text()?,
    };
    from.end()?;
    Ok(bucket)
}

pub(crate) fn encode_stat(stat: &BucketStat) -> Bytes {
    let mut out = Encoder::with_capacity(41);
    out.u8(VERSION);
    out.u64(stat.bytes);
    out.u64(stat.uploads);
    out.u64(stat.normal_objects);
    out.u64(stat.multipart_objects);
    out.u64(stat.appendable_objects);
    out.finish()
}

pub(crate) fn decode_stat(row: &[u8]) -> Result<BucketStat, Error> {
    let mut from = Decoder::new(row, "what a bucket holds");
    expect_version(&mut from)?;
    let mut stat = BucketStat {
        objects: 0,
        bytes: from.u64()?,
        uploads: from.u64()?,
        normal_objects: from.u64()?,
        multipart_objects: from.u64()?,
        appendable_objects: from.u64()?,
    };
    stat.objects = stat.normal_objects + stat.multipart_objects + stat.appendable_objects;
    from.end()?;
    Ok(stat)
}
