//! `GetBucketStat`: how much a bucket holds, in all and by storage class.

use ossicle_protocol::StorageClass;
use ossicle_protocol::xml::{BucketStat, ClassStat};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `GetBucketStat`.
pub(crate) async fn get_bucket_stat(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let stat = call.app.store.bucket_stat(call.bucket_name()?.as_str()).await?;
    let mut document = BucketStat {
        storage: stat.bytes,
        object_count: stat.objects,
        multipart_upload_count: stat.uploads,
        delete_marker_count: stat.delete_markers,
        last_modified_time: u64::try_from(call.now.unix_seconds()).unwrap_or_default(),
        ..BucketStat::default()
    };
    let (mut objects, mut bytes) = (stat.objects, stat.bytes);
    for named in &stat.classes {
        objects = objects.saturating_sub(named.objects);
        bytes = bytes.saturating_sub(named.bytes);
        add(of_class(&mut document, &named.class), named.objects, named.bytes);
    }
    // All others have the bucket's class.
    add(of_class(&mut document, &call.bucket()?.storage_class), objects, bytes);
    Ok(Reply::xml(document.to_xml()))
}

fn of_class<'a>(document: &'a mut BucketStat, class: &str) -> &'a mut ClassStat {
    match StorageClass::parse(class).unwrap_or_default() {
        StorageClass::Standard => &mut document.standard,
        StorageClass::InfrequentAccess => &mut document.infrequent_access,
        StorageClass::Archive => &mut document.archive,
        StorageClass::ColdArchive => &mut document.cold_archive,
        StorageClass::DeepColdArchive => &mut document.deep_cold_archive,
    }
}

/// Adds to both sizes alike: what is charged is what is there, as objects have no minimum billable size here.
fn add(stat: &mut ClassStat, objects: u64, bytes: u64) {
    stat.object_count += objects;
    stat.storage += bytes;
    stat.real_storage += bytes;
}
