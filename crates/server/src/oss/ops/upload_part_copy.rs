//! `UploadPartCopy`: a part with bytes of an existing object.

use std::ops::Range;

use http::header::CONTENT_RANGE;
use ossicle_protocol::xml::CopyPartResult;
use ossicle_protocol::{ByteRange, Error, ErrorCode, Timestamp};
use ossicle_store::{Object, StoredData, Upload};

use super::upload_part;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::client_encryption::Sizes;
use crate::oss::copy_source;
use crate::oss::encryption;
use crate::oss::failure::Failure;
use crate::oss::throttle::Throttle;
use crate::oss::upload_body::{SINGLE_UPLOAD_LIMIT, UploadStream};

/// Runs `UploadPartCopy`.
pub(crate) async fn upload_part_copy(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let place = upload_part::place(call)?;
    let mut throttle = Throttle::of(call)?;
    let store = &call.app.store;
    let told = |error| upload_part::of_part(error, || no_such_upload(place.upload_id));
    store.upload_part(&place, None).await.map_err(told)?;
    let found = copy_source::resolve(call).await?;
    let source = &found.object;
    let (range, content_range) = range(call, source)?;
    let length = range.end - range.start;
    let (upload, info) = store.upload_part(&place, Some(length)).await.map_err(told)?;
    if let Some(sizes) = Sizes::of_upload(&info.attributes) {
        sizes.check_part(place.number, length)?;
    }
    let data = read(call, source, range, upload).await?;
    let crc64 = data.crc64();
    let part = upload_part::put(call, &place, data).await.map_err(told)?;
    throttle.hold_up(length, || body.is_finishing()).await;
    let modified = Timestamp::from_unix_millis(part.last_modified_ms);
    let document = CopyPartResult { etag: &part.etag, last_modified: modified };
    let reply = throttle
        .delay()
        .show_on(found.show_on(Reply::xml(document.to_xml())))
        .with_named("etag", &format!("\"{}\"", part.etag))
        .with_named("x-oss-hash-crc64ecma", &crc64.to_string());
    let reply = encryption::show(reply, info.attributes.encryption.as_ref());
    Ok(match content_range {
        Some(content_range) => reply.with_header(CONTENT_RANGE, content_range),
        None => reply,
    })
}

/// Returns the bytes to copy. A range that reaches past the end means the whole object, as in GetObject.
fn range(call: &Call, source: &Object) -> Result<(Range<u64>, Option<String>), Error> {
    let Some(text) = call.header("x-oss-copy-source-range")? else { return Ok((0..source.size, None)) };
    let range = ByteRange::parse(text, source.size, false);
    let bytes = match range {
        ByteRange::Partial { first, last } => first..last + 1,
        ByteRange::Full => 0..source.size,
        ByteRange::Unsatisfiable => {
            return Err(Error::new(ErrorCode::InvalidRange)
                .with_detail("ActualObjectSize", source.size.to_string())
                .with_detail("RangeRequested", text));
        }
    };
    Ok((bytes, range.content_range(source.size)))
}

/// Copies bytes of an object into other data.
pub(super) async fn read(
    call: &Call,
    source: &Object,
    range: Range<u64>,
    upload: Upload,
) -> Result<StoredData, Failure> {
    if range.end - range.start > SINGLE_UPLOAD_LIMIT {
        return Err(ErrorCode::EntityTooLarge.into());
    }
    let mut stream = UploadStream::new(upload);
    let mut reader = call.app.store.read(source, range);
    while let Some(piece) = reader.next().await {
        stream.take(piece?).await?;
    }
    Ok(stream.finish().await?.data)
}

fn no_such_upload(upload_id: &str) -> Error {
    Error::new(ErrorCode::NoSuchUpload).with_ec("0042-00000311").with_detail("UploadId", upload_id)
}
