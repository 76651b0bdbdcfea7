//! `PutSymlink`: makes a symbolic link. Whether there is anything at its target is seen when it is read.

use md5::{Digest as _, Md5};
use ossicle_protocol::{ETag, Error, ErrorCode, ObjectKey, percent_decode};
use ossicle_store::PutObject;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes::{self, SYMLINK_TARGET};
use crate::oss::call::Call;
use crate::oss::conditions::forbids_overwrite;
use crate::oss::failure::Failure;
use crate::oss::versions;

/// Runs `PutSymlink`.
pub(crate) async fn put_symlink(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (bucket, key) = (call.bucket_name()?, call.key()?);
    let mut attributes = attributes::from_headers(&call.head.headers, key)?;
    attributes.symlink_target = target(call)?;
    let etag = ETag::of_content(Md5::digest(&attributes.symlink_target).into());
    let nothing = call.app.store.upload(Some(0)).finish().await?;
    let put = PutObject {
        attributes,
        etag: Some(etag.as_str().to_owned()),
        forbid_overwrite: forbids_overwrite(call)?,
        ..PutObject::new(bucket.as_str(), key.as_str(), nothing, call.now.unix_millis())
    };
    let link = call.app.store.put_object(put).await?;
    let reply = versions::show(Reply::ok(), call.bucket()?, &link);
    Ok(attributes::with_etag(reply, &link))
}

/// Reads the target, a key that is percent-encoded. A plus stands for a blank, as some SDKs write it.
fn target(call: &Call) -> Result<String, Error> {
    let missing = || Error::new(ErrorCode::MissingArgument).with_detail("ArgumentName", SYMLINK_TARGET);
    let text = call.header(SYMLINK_TARGET)?.ok_or_else(missing)?;
    let blanks = text.replace('+', " ");
    Ok(ObjectKey::parse(&percent_decode(&blanks)?)?.as_str().to_owned())
}
