//! `GetBucketStat`: how much a bucket holds.

use ossicle_protocol::Error;
use ossicle_protocol::xml::{BucketStat, ClassStat};

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `GetBucketStat`.
pub(crate) fn get_bucket_stat(call: &Call) -> Result<Reply, Error> {
    let stat = call.app.store.bucket_stat(call.bucket_name()?.as_str()).map_err(failure::from_store)?;
    let document = BucketStat {
        storage: stat.bytes,
        object_count: stat.objects,
        multipart_upload_count: stat.uploads,
        standard: ClassStat { storage: stat.bytes, real_storage: stat.bytes, object_count: stat.objects },
        ..BucketStat::default()
    };
    Ok(Reply::xml(document.to_xml()))
}
