//! `PutObject`: stores the body under a key, and calls back if asked.

use ossicle_protocol::ETag;
use ossicle_store::{Bucket, Object, PutObject};

use crate::callback::answer::CallbackResponder;
use crate::callback::image::Source;
use crate::callback::prepare::{Facts, Prepared};
use crate::callback::requested;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes::{self, base64_md5};
use crate::oss::call::Call;
use crate::oss::conditions::forbids_overwrite;
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::upload_body::{Received, receive};

/// Runs `PutObject`.
pub(crate) async fn put_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let (bucket, key) = (call.bucket_name()?, call.key()?);
    let wanted = requested::from_request(call).await?;
    let attributes = attributes::from_headers(&call.head.headers, key)?;
    let forbid_overwrite = forbids_overwrite(call)?;
    let encryption = encryption::of_new(call).await?;
    let Received { data, delay } = receive(call, body, encryption.as_ref()).await?;
    let holder = call.bucket()?;
    let answer = move |object: &Object| delay.show_on(success_reply(holder, object));
    let etag = ETag::of_content(data.md5());
    let prepared = match wanted {
        None => None,
        Some(wanted) => {
            let facts = Facts {
                bucket: bucket.as_str(),
                object: key.as_str(),
                etag: etag.as_str(),
                size: data.size(),
                mime_type: &attributes.content_type,
                crc64: data.crc64(),
                content_md5: Some(&base64_md5(&data.md5())),
                operation: "PutObject",
                source: Source::New(&data),
            };
            Some(wanted.prepare(call, &facts).await?)
        }
    };
    let put = PutObject {
        attributes,
        forbid_overwrite,
        journal: prepared.as_ref().map(Prepared::journal).transpose()?,
        ..PutObject::new(bucket.as_str(), key.as_str(), data, call.now.unix_millis())
    };
    let object = call.app.store.put_object(put).await?;
    match prepared {
        None => Ok(answer(&object)),
        Some(prepared) => Ok(CallbackResponder::of(call).deliver(prepared, answer(&object)).await),
    }
}

/// Makes the answer without a callback. It has no body: one SDK takes any body for a callback's.
fn success_reply(bucket: &Bucket, object: &Object) -> Reply {
    attributes::identify(Reply::ok(), bucket, object)
}
