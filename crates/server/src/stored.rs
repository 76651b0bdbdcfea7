//! Looking up and reading the object that a call names: on the spot while that takes microseconds, aside while it waits
//! for the disk.

use std::ops::Range;

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{Object, Reader, Store};

use crate::aside::aside;
use crate::call::Call;
use crate::failure::Failure;

/// The call's object, which must exist.
pub(crate) async fn object(call: &Call) -> Result<Object, Failure> {
    let (store, bucket, key) = (&call.app.store, call.bucket_name()?.as_str(), call.key()?.as_str());
    let found = if store.waits_for_disk() {
        let (store, bucket, key) = (store.clone(), bucket.to_owned(), key.to_owned());
        aside(move || store.object(&bucket, &key)).await?
    } else {
        store.object(bucket, key)
    };
    Ok(found?.ok_or_else(|| Error::new(ErrorCode::NoSuchKey).with_detail("Key", key))?)
}

/// Begins to read a range of an object, which for small content is all there is to read.
pub(crate) async fn read(store: &Store, object: &Object, range: Range<u64>) -> Result<Reader, Failure> {
    if store.waits_for_disk() {
        let (store, object) = (store.clone(), object.clone());
        aside(move || store.read(&object, range)).await
    } else {
        Ok(store.read(object, range))
    }
}
