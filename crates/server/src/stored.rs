//! Looking up the object that a call names.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::Object;

use crate::call::Call;
use crate::failure;

/// The call's object, which must exist.
pub(crate) fn object(call: &Call) -> Result<Object, Error> {
    refuse_versions(call)?;
    let (bucket, key) = (call.bucket_name()?.as_str(), call.key()?.as_str());
    let found = call.app.store.object(bucket, key).map_err(failure::from_store)?;
    found.ok_or_else(|| Error::new(ErrorCode::NoSuchKey).with_detail("Key", key))
}

/// Buckets here have no versions yet; "null" names the only one there is.
pub(crate) fn refuse_versions(call: &Call) -> Result<(), Error> {
    match call.query.get("versionId") {
        None | Some("null") => Ok(()),
        Some(_) => {
            Err(Error::new(ErrorCode::NotImplemented)
                .with_message("This server does not implement versioning."))
        }
    }
}
