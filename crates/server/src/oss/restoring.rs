//! Archived objects: whether one can be read, and what a request to restore it does. Which of its states an object is in follows
//! from the times that are kept with it and the clock, so that nothing has to be done when one ends.

use ossicle_protocol::xml::RestoreRequest;
use ossicle_protocol::{Error, ErrorCode, RestoreInfo, RestoreTier, StorageClass, Timestamp};
use ossicle_store::{Bucket, Object, ObjectKind, Restore};

use crate::config::{Config, RestoreSettings};
use crate::http::reply::Reply;
use crate::oss::attributes::storage_class_of;
use crate::oss::call::Call;
use crate::oss::settings::BucketSettings;

/// Returns the class that an object has in its bucket.
fn class_of(bucket: &Bucket, object: &Object) -> StorageClass {
    StorageClass::parse(storage_class_of(bucket, &object.attributes.storage_class)).unwrap_or_default()
}

/// Returns whether objects of the class are frozen until they are restored.
fn is_archive(class: StorageClass) -> bool {
    match class {
        StorageClass::Standard | StorageClass::InfrequentAccess => false,
        StorageClass::Archive | StorageClass::ColdArchive | StorageClass::DeepColdArchive => true,
    }
}

/// Refuses to read the content of an object that is frozen, or being restored. The settings are those of its bucket.
pub(crate) fn demand_readable(call: &Call, settings: &BucketSettings, object: &Object) -> Result<(), Error> {
    let class = class_of(settings.bucket(), object);
    // A link has no content that could be frozen.
    let is_read_at_once =
        !is_archive(class) || object.kind == ObjectKind::Symlink || !call.app.config.restore.required;
    let is_readable = is_read_at_once
        || matches!(told(object.attributes.restore, call.now), Some(RestoreInfo::Restored(_)))
        || (class == StorageClass::Archive && settings.archive_direct_read()?.is_some_and(|it| it.enabled));
    match is_readable {
        true => Ok(()),
        false => {
            let error = Error::new(ErrorCode::InvalidObjectState);
            Err(error.with_detail("ObjectName", object.key.clone()))
        }
    }
}

/// Returns what is told of a request to restore an object, which is nothing once it is frozen again.
pub(crate) fn told(restore: Option<Restore>, now: Timestamp) -> Option<RestoreInfo> {
    let restore = restore.filter(|restore| now.unix_millis() < restore.expires_ms)?;
    match now.unix_millis() < restore.readable_ms {
        true => Some(RestoreInfo::Ongoing),
        false => Some(RestoreInfo::Restored(Timestamp::from_unix_millis(restore.expires_ms))),
    }
}

/// Adds what is told of a request to restore an object.
pub(crate) fn show(reply: Reply, object: &Object, now: Timestamp) -> Reply {
    match told(object.attributes.restore, now) {
        Some(told) => reply.with_named("x-oss-restore", &told.to_string()),
        None => reply,
    }
}

/// Refuses an object that is not archived, and returns the class of one that is.
pub(crate) fn archive_of(bucket: &Bucket, object: &Object) -> Result<StorageClass, Error> {
    let class = class_of(bucket, object);
    match is_archive(class) && object.kind != ObjectKind::Symlink {
        true => Ok(class),
        false => Err(Error::new(ErrorCode::OperationNotSupported).with_ec("0016-00000702")),
    }
}

/// What a request to restore an object comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restoring {
    /// What is kept with the object from now on.
    pub(crate) restore: Restore,
    /// Whether it can be read already, and will be for longer.
    pub(crate) is_prolonged: bool,
}

/// Restores a frozen object, hurries one that is being restored if the request is more urgent, and lets one that is restored be
/// read for longer.
pub(crate) fn restore(
    config: &Config,
    present: Option<Restore>,
    class: StorageClass,
    request: RestoreRequest,
    now: Timestamp,
) -> Result<Restoring, Error> {
    let day_ms = config.testing.restore_day_ms();
    let length_ms = day_ms * i64::from(request.days);
    let urgency = urgency(request.tier);
    let readable_ms = now.unix_millis() + wait_ms(&config.restore, class, request.tier);
    let begun = |readable_ms| Restoring {
        restore: Restore { readable_ms, expires_ms: readable_ms + length_ms, urgency },
        is_prolonged: false,
    };
    match (told(present, now), present) {
        (Some(RestoreInfo::Ongoing), Some(present)) if urgency > present.urgency => {
            Ok(begun(readable_ms.min(present.readable_ms)))
        }
        (Some(RestoreInfo::Ongoing), Some(present)) => {
            let error = Error::new(ErrorCode::RestoreAlreadyInProgress);
            // What is less urgent has a detail code of its own.
            Err(if urgency < present.urgency { error.with_ec("0016-00000715") } else { error })
        }
        (Some(RestoreInfo::Restored(_)), Some(present)) => {
            let most = present.readable_ms + day_ms * i64::from(RestoreRequest::most_days(class));
            let expires_ms = (present.expires_ms + length_ms).min(most).max(present.expires_ms);
            Ok(Restoring { restore: Restore { expires_ms, ..present }, is_prolonged: true })
        }
        (None, _) | (Some(_), None) => Ok(begun(readable_ms)),
    }
}

/// Returns how urgent a tier is, as the store keeps it.
fn urgency(tier: Option<RestoreTier>) -> u8 {
    match tier {
        None => 0,
        Some(RestoreTier::Bulk) => 1,
        Some(RestoreTier::Standard) => 2,
        Some(RestoreTier::Expedited) => 3,
    }
}

/// Returns how long it takes until an object can be read.
fn wait_ms(settings: &RestoreSettings, class: StorageClass, tier: Option<RestoreTier>) -> i64 {
    let seconds = match (class, tier.unwrap_or_default()) {
        (StorageClass::DeepColdArchive, RestoreTier::Expedited) => settings.deep_cold_archive_expedited_s,
        (StorageClass::DeepColdArchive, _) => settings.deep_cold_archive_standard_s,
        (StorageClass::ColdArchive, RestoreTier::Expedited) => settings.cold_archive_expedited_s,
        (StorageClass::ColdArchive, RestoreTier::Standard) => settings.cold_archive_standard_s,
        (StorageClass::ColdArchive, RestoreTier::Bulk) => settings.cold_archive_bulk_s,
        (StorageClass::Archive | StorageClass::Standard | StorageClass::InfrequentAccess, _) => {
            settings.archive_s
        }
    };
    i64::try_from(seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000)
}
