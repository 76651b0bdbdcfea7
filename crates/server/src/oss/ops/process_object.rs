//! `POST ?x-oss-process`: of all processing, `trigger/callback`, which calls back for an object that exists. The mobile
//! SDKs use it.

use ossicle_callback::CustomVariables;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::RecordDelivery;

use crate::callback::answer::CallbackResponder;
use crate::callback::image::Source;
use crate::callback::prepare::Facts;
use crate::callback::requested::{self, Given};
use crate::http::body::{BodyError, RequestBody};
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::restoring;
use crate::oss::symlink::Readable;
use crate::oss::versions;

/// The body holds two values of 5 KiB and a few words.
const BODY_LIMIT: usize = 64 * 1024;

/// Runs `ProcessObject`.
pub(crate) async fn process_object(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = match body.read(BODY_LIMIT).await {
        Err(BodyError::TooLong { .. }) => return Err(ErrorCode::EntityTooLarge.into()),
        other => other?,
    };
    check_document_md5(call, &body)?;
    let text = std::str::from_utf8(&body).unwrap_or("");
    let process = text.strip_prefix("x-oss-process=").unwrap_or(text);
    let Some(arguments) = process.strip_prefix("trigger/callback") else {
        return Err(Error::new(ErrorCode::NotImplemented)
            .with_message("This server implements no data processing but trigger/callback.")
            .into());
    };
    let given = given(arguments)?;
    let readable = Readable::of(call).await?;
    let (object, content) = (readable.named, readable.content());
    restoring::demand_readable(call, call.settings()?, content)?;
    let wanted = requested::resolve(call, given, CustomVariables::default())
        .await?
        .ok_or_else(|| missing_callback(given.callback.unwrap_or("")))?;
    let facts = Facts {
        bucket: &object.bucket,
        object: &object.key,
        etag: &content.etag,
        size: content.size,
        mime_type: &object.attributes.content_type,
        crc64: content.crc64,
        content_md5: None,
        operation: "PostProcess",
        source: Source::Object(content),
    };
    let prepared = wanted.prepare(call, &facts).await?;
    let record = RecordDelivery {
        bucket: object.bucket.clone(),
        key: object.key.clone(),
        delivery: prepared.journal()?,
        now_ms: call.now.unix_millis(),
    };
    call.app.store.record_delivery(record).await?;
    let reply = attributes::with_checksums(versions::show(Reply::ok(), call.bucket()?, object), content);
    Ok(CallbackResponder::of(call).deliver(prepared, reply).await)
}

/// Reads `,callback_<base64>,callback-var_<base64>`. Base64 has neither `,` nor `_` in its standard alphabet; in the URL-safe
/// one `_` may follow, so only the first separates.
fn given(arguments: &str) -> Result<Given<'_>, Error> {
    let mut given = Given::default();
    for argument in arguments.split(',').filter(|argument| !argument.is_empty()) {
        match argument.split_once('_') {
            Some(("callback", value)) => given.callback = Some(value),
            Some(("callback-var", value)) => given.callback_var = Some(value),
            _ => {
                let message = "trigger/callback takes callback_<base64> and callback-var_<base64>.";
                return Err(Error::invalid_argument(message, "x-oss-process", argument));
            }
        }
    }
    Ok(given)
}

/// Refuses an empty callback: a trigger without one has no point. Elsewhere an empty callback means none.
fn missing_callback(value: &str) -> Error {
    Error::invalid_argument("The callback configuration is empty.", "callback", value)
        .with_ec("0007-00000004")
}
