//! Looking up the object that a call names: once, however many ask for it.

use ossicle_protocol::{Error, ErrorCode, Operation};
use ossicle_store::Object;

use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Looks up the call's object, if there is one. Where the operation reads its data, small content comes along.
pub(crate) async fn find(call: &Call) -> Result<Option<&Object>, Failure> {
    let look_up = || async {
        let (store, bucket, key) = (&call.app.store, call.bucket_name()?.as_str(), call.key()?.as_str());
        Ok::<_, Failure>(match call.operation {
            Operation::GetObject | Operation::ProcessObject => store.open_object(bucket, key).await?,
            _ => store.object(bucket, key).await?,
        })
    };
    Ok(call.object.get_or_try_init(look_up).await?.as_ref())
}

/// Looks up the call's object, which must exist.
pub(crate) async fn require(call: &Call) -> Result<&Object, Failure> {
    let found = find(call).await?;
    Ok(found.ok_or_else(|| {
        Error::new(ErrorCode::NoSuchKey).with_detail("Key", call.key().map_or("", |key| key.as_str()))
    })?)
}
