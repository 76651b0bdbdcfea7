//! `CompleteMultipartUpload`: makes an object of parts, and calls back if asked.

use std::sync::Arc;

use ossicle_protocol::xml::{CompleteMultipartUpload, CompleteMultipartUploadResult, KeyEncoding};
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{self as store, Bucket, CompleteUpload, Object, Parts};

use crate::callback::answer::CallbackResponder;
use crate::callback::image::Source;
use crate::callback::prepare::{Facts, Prepared};
use crate::callback::requested::{self, Wanted};
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::{Announced, check_document_md5};
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::client_encryption::{Sizes, wrong_data_size};
use crate::oss::conditions::forbids_overwrite;
use crate::oss::failure::Failure;

/// The least that a part other than the last must have, 100 KiB.
const MIN_PART_SIZE: u64 = 100 * 1024;

/// Runs `CompleteMultipartUpload`.
pub(crate) async fn complete_multipart_upload(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let wanted = requested::from_request(call).await?;
    let encoding = KeyEncoding::from_query(&call.query)?;
    let body = body.read(CompleteMultipartUpload::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let announced = Announced::of_object(call)?;
    let upload_id = call.query.get("uploadId").unwrap_or("");
    let (bucket, key) = (call.bucket_name()?.as_str(), call.key()?.as_str());
    let upload = call.app.store.upload_info(bucket, key, upload_id).await?;
    let upload =
        upload.ok_or_else(|| Error::new(ErrorCode::NoSuchUpload).with_detail("UploadId", upload_id))?;
    let parts = parts(call, &body)?;
    let sizes = Sizes::of_upload(&upload.attributes);
    if let (Some(sizes), Parts::Listed(listed)) = (sizes, &parts) {
        sizes.check_count(listed.len())?;
    }
    let complete = CompleteUpload {
        min_part_size: MIN_PART_SIZE,
        forbid_overwrite: forbids_overwrite(call)?,
        acl: attributes::requested_object_acl(call)?,
        size: sizes.map(Sizes::data),
        crc64: announced.crc64(),
        ..CompleteUpload::new(bucket, key, upload_id, parts, call.now.unix_millis())
    };
    let complete = check_sha1(call, complete, &announced).await?;
    let success = SuccessReply::of(call, encoding)?;
    let store = &call.app.store;
    let Some(wanted) = wanted else {
        let object = store.complete(complete).await.map_err(of_complete)?;
        return Ok(success.reply(&object));
    };
    let (complete, prepared) = prepare(call, wanted, complete).await?;
    let object = store.complete(complete).await.map_err(of_complete)?;
    Ok(CallbackResponder::of(call).deliver(prepared, success.reply(&object)).await)
}

/// Reads which parts the client names: all of them by header, or those in the body.
fn parts(call: &Call, body: &[u8]) -> Result<Parts, Error> {
    match call.header("x-oss-complete-all")? {
        None => {}
        Some(text) if text.eq_ignore_ascii_case("yes") => {
            if !body.is_empty() {
                return Err(Error::new(ErrorCode::InvalidArgument)
                    .with_message("Should not speficy both complete all header and http body.")
                    .with_ec("0042-00000216"));
            }
            return Ok(Parts::All);
        }
        Some(text) => {
            let message = "The value of x-oss-complete-all must be yes.";
            return Err(Error::invalid_argument(message, "x-oss-complete-all", text));
        }
    }
    let document = CompleteMultipartUpload::parse(body)?;
    Ok(Parts::Listed(
        document.parts().iter().map(|(number, etag)| (*number, etag.as_str().to_owned())).collect(),
    ))
}

/// Returns what a failure to make the object means. Only client-side encryption ties an object to a size.
fn of_complete(error: store::Error) -> Failure {
    match error {
        store::Error::SizeMismatch { actual } => wrong_data_size(actual).into(),
        error => error.into(),
    }
}

/// Reads what is to be the object where its SHA-1 was announced, and ties the commit to exactly that.
async fn check_sha1(
    call: &Call,
    complete: CompleteUpload,
    announced: &Announced,
) -> Result<CompleteUpload, Failure> {
    let Some(mut sha1) = announced.sha1() else { return Ok(complete) };
    let store = &call.app.store;
    let (complete, object) = store.preview_complete(complete).await.map_err(of_complete)?;
    store.visit_parts(&complete, object.size, |piece| sha1.take(piece)).await?;
    sha1.check()?;
    Ok(complete)
}

/// Renders the callback from the object as it will be, and ties the commit to exactly that.
async fn prepare(
    call: &Call,
    wanted: Wanted,
    complete: CompleteUpload,
) -> Result<(CompleteUpload, Prepared), Failure> {
    let store = &call.app.store;
    let (mut complete, object) = store.preview_complete(complete).await.map_err(of_complete)?;
    let facts = Facts {
        bucket: &object.bucket,
        object: &object.key,
        etag: &object.etag,
        size: object.size,
        mime_type: &object.attributes.content_type,
        crc64: object.crc64,
        content_md5: None,
        operation: "CompleteMultipartUpload",
        source: Source::Object(&object),
    };
    let prepared = wanted.prepare(call, &facts).await?;
    complete.journal = Some(prepared.journal()?);
    Ok((complete, prepared))
}

/// What the answer needs besides the object.
struct SuccessReply {
    holder: Arc<Bucket>,
    encoding: KeyEncoding,
    location: String,
}

impl SuccessReply {
    fn of(call: &Call, encoding: KeyEncoding) -> Result<Self, Error> {
        Ok(Self { holder: Arc::clone(call.bucket()?), encoding, location: call.url_of(call.key()?)? })
    }

    fn reply(&self, object: &Object) -> Reply {
        let document = CompleteMultipartUploadResult {
            encoding: self.encoding,
            location: &self.location,
            bucket: &object.bucket,
            key: &object.key,
            etag: &object.etag,
        };
        attributes::identify(Reply::xml(document.to_xml()), &self.holder, object)
    }
}
