//! `UploadPart`: stores the body as one part of an upload. Callback parameters are ignored here, as OSS does: the C SDK
//! sends them with every step.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{self as store, Part, PartPlace, PutPart, StoredData};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes::base64_md5;
use crate::oss::call::Call;
use crate::oss::client_encryption::{self, Sizes};
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::upload_body::{Received, receive_into};

/// The highest part number.
const MAX_PART_NUMBER: u32 = 10_000;

/// Runs `UploadPart`.
pub(crate) async fn upload_part(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let place = place(call)?;
    let told = |error| of_part(error, || no_such_upload(place.upload_id));
    let (upload, info) = call.app.store.upload_part(&place, body.announced()).await.map_err(told)?;
    client_encryption::check_repeated(&call.head.headers, &info.attributes)?;
    let sizes = Sizes::of_upload(&info.attributes);
    if let (Some(sizes), Some(length)) = (sizes, body.announced()) {
        sizes.check_part(place.number, length)?;
    }
    let Received { data, delay } = receive_into(call, body, upload).await?;
    if let Some(sizes) = sizes {
        sizes.check_part(place.number, data.size())?;
    }
    let (md5, crc64) = (base64_md5(&data.md5()), data.crc64());
    let part = put(call, &place, data).await.map_err(told)?;
    let reply = Reply::ok()
        .with_named("etag", &format!("\"{}\"", part.etag))
        .with_named("content-md5", &md5)
        .with_named("x-oss-hash-crc64ecma", &crc64.to_string());
    Ok(delay.show_on(encryption::show(reply, info.attributes.encryption.as_ref())))
}

/// Reads which part of which upload the call is about.
pub(super) fn place(call: &Call) -> Result<PartPlace<'_>, Error> {
    Ok(PartPlace {
        bucket: call.bucket_name()?.as_str(),
        key: call.key()?.as_str(),
        upload_id: call.query.get("uploadId").unwrap_or(""),
        number: part_number(call)?,
    })
}

/// Stores the data as the part.
pub(super) async fn put(call: &Call, place: &PartPlace<'_>, data: StoredData) -> Result<Part, store::Error> {
    let part = PutPart {
        bucket: place.bucket.to_owned(),
        key: place.key.to_owned(),
        upload_id: place.upload_id.to_owned(),
        number: place.number,
        data,
        now_ms: call.now.unix_millis(),
    };
    call.app.store.put_part(part).await
}

/// Returns what a failure to store a part means; each operation has a detail code of its own for an upload that is not there.
pub(super) fn of_part(error: store::Error, no_such_upload: impl FnOnce() -> Error) -> Failure {
    match error {
        store::Error::NoSuchUpload => no_such_upload().into(),
        error => error.into(),
    }
}

/// Reads `partNumber`, from 1 to 10,000. Messages, arguments and ECs as the manual shows them (0017-00000219, -220).
fn part_number(call: &Call) -> Result<u32, Error> {
    let text = call.query.get("partNumber").unwrap_or("");
    if text.is_empty() {
        let message = "Unexpected query string parameter";
        return Err(Error::invalid_argument(message, "ResourceType", "partNumber").with_ec("0017-00000219"));
    }
    text.parse().ok().filter(|number| (1..=MAX_PART_NUMBER).contains(number)).ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive.";
        Error::invalid_argument(message, "PartNumber", text).with_ec("0017-00000220")
    })
}

fn no_such_upload(upload_id: &str) -> Error {
    Error::new(ErrorCode::NoSuchUpload).with_ec("0042-00000104").with_detail("UploadId", upload_id)
}
