//! `RestoreObject`: lets an archived object be read for some days, from some time on.

use http::StatusCode;
use ossicle_protocol::xml::RestoreRequest;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{Object, Restore, SeenObject, VersionEntry};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::restoring::{self, archive_of};
use crate::oss::{object_lookup, versions};

/// How often the object is looked at again because somebody else changed it meanwhile.
const ATTEMPTS: usize = 8;

/// Runs `RestoreObject`.
pub(crate) async fn restore_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(RestoreRequest::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let bucket = call.bucket()?;
    let reply = change(call, |object| {
        let class = archive_of(bucket, object)?;
        let request = RestoreRequest::parse(&body, class)?;
        let config = &call.app.config;
        let outcome = restoring::restore(config, object.attributes.restore, class, request, call.now)?;
        let status = if outcome.is_prolonged { StatusCode::OK } else { StatusCode::ACCEPTED };
        let reply = Reply::new(status);
        let reply = match request.tier {
            Some(tier) => reply.with_named("x-oss-object-restore-priority", tier.as_str()),
            None => reply,
        };
        Ok((reply, Some(outcome.restore)))
    });
    reply.await
}

/// Changes until when the call's object can be read, as is decided from what it is at that moment.
pub(super) async fn change(
    call: &Call,
    decide: impl Fn(&Object) -> Result<(Reply, Option<Restore>), Error>,
) -> Result<Reply, Failure> {
    let (store, bucket, key) = (&call.app.store, call.bucket()?, call.key()?.as_str());
    let version = versions::of(call)?;
    let mut object = object_lookup::require(call).await?.clone();
    for _ in 0..ATTEMPTS {
        let (reply, restore) = decide(&object)?;
        let seen = SeenObject { key: key.to_owned(), generation: object.generation };
        if store.set_restore(&bucket.name, seen, version, restore).await? {
            return Ok(versions::show(reply, bucket, &object));
        }
        object = match store.object_version(&bucket.name, key, version).await? {
            Some(VersionEntry::Object(object)) => *object,
            Some(VersionEntry::DeleteMarker(_)) | None => {
                return Err(Error::new(ErrorCode::NoSuchKey).with_detail("Key", key).into());
            }
        };
    }
    Err(ErrorCode::ServiceUnavailable.into())
}
