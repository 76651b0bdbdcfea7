//! `CleanRestoredObject`: freezes an archived object again before its time has come.

use ossicle_protocol::{Error, ErrorCode, RestoreInfo};

use super::restore_object::change;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::restoring::{archive_of, told};

/// Runs `CleanRestoredObject`.
pub(crate) async fn clean_restored_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let reply = change(call, |object| {
        archive_of(bucket, object)?;
        match told(object.attributes.restore, call.now) {
            Some(RestoreInfo::Restored(_)) => Ok((Reply::ok(), None)),
            Some(RestoreInfo::Ongoing) => Err(Error::new(ErrorCode::ArchiveRestoreNotFinished)),
            None => Err(Error::new(ErrorCode::ArchiveRestoreFileStale)),
        }
    });
    reply.await
}
