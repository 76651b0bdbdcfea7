//! Symbolic links: what is read where a link is named. Whatever does not read content is about the link itself.

use ossicle_policy::Right;
use ossicle_protocol::{Error, ErrorCode, Operation};
use ossicle_store::{Object, ObjectKind};

use crate::access::authorize::{Needed, ObjectAt, demand};
use crate::access::context::Brought;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::settings::BucketSettings;

/// An object that is read, and through it, where it is a symbolic link, another one.
pub(crate) struct Readable<'a> {
    /// The object that the call names.
    pub(crate) named: &'a Object,
    target: Option<Object>,
}

impl<'a> Readable<'a> {
    /// Looks up the call's object, which must exist, and where it leads.
    pub(crate) async fn of(call: &'a Call) -> Result<Self, Failure> {
        let named = object_lookup::require(call).await?;
        Ok(Self { named, target: follow(call, call.settings.as_deref(), named).await? })
    }

    /// Returns the object whose content is read.
    pub(crate) fn content(&self) -> &Object {
        self.target.as_ref().unwrap_or(self.named)
    }

    /// Returns when the link or its target changed last.
    pub(crate) fn last_modified_ms(&self) -> i64 {
        self.named.last_modified_ms.max(self.content().last_modified_ms)
    }
}

/// Returns the target of a symbolic link, which must exist, be no link itself, and may be read by the caller as if it were named;
/// none if the object is no link.
pub(crate) async fn follow(
    call: &Call,
    settings: Option<&BucketSettings>,
    object: &Object,
) -> Result<Option<Object>, Failure> {
    if object.kind != ObjectKind::Symlink {
        return Ok(None);
    }
    let (store, bucket, key) = (&call.app.store, &object.bucket, &object.attributes.symlink_target);
    let target = match call.operation {
        Operation::GetObject | Operation::ProcessObject | Operation::UploadPartCopy => {
            store.open_object(bucket, key).await?
        }
        _ => store.object(bucket, key).await?,
    };
    let needed = Needed {
        action: "oss:GetObject",
        right: Some(Right::Read),
        settings,
        key: Some(key),
        object: ObjectAt::Known(target.as_deref()),
        brought: &Brought::default(),
    };
    demand(call, &needed).await?;
    let target = target.ok_or_else(|| Error::new(ErrorCode::SymlinkTargetNotExist))?;
    match target.kind {
        ObjectKind::Symlink => Err(Error::new(ErrorCode::InvalidTargetType).into()),
        _ => Ok(Some(target)),
    }
}
