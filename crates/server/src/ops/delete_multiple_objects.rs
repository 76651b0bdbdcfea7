//! `DeleteMultipleObjects`: deletes up to 1,000 objects in one commit. Keys that do not exist count as deleted.

use ossicle_protocol::xml::{DeleteRequest, DeleteResult, DeletedObject, KeyEncoding};
use ossicle_protocol::{Error, ErrorCode};

use crate::call::Call;
use crate::failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::receive::check_document_md5;

/// Runs `DeleteMultipleObjects`.
pub(crate) async fn delete_multiple_objects(call: &Call, body: RequestBody) -> Result<Reply, Error> {
    let body = body.read(DeleteRequest::MAX_BODY, || Error::new(ErrorCode::MalformedXML)).await?;
    check_document_md5(call, &body)?;
    let request = DeleteRequest::parse(&body)?;
    let encoding = KeyEncoding::from_request(&call.query, &call.head.headers)?;
    if request.objects().iter().any(|object| !matches!(object.version_id.as_deref(), None | Some("null"))) {
        return Err(
            Error::new(ErrorCode::NotImplemented).with_message("This server does not implement versioning.")
        );
    }
    let keys: Vec<String> = request.objects().iter().map(|object| object.key.as_str().to_owned()).collect();
    let bucket = call.bucket_name()?.as_str();
    call.app.store.delete_objects(bucket, keys).await.map_err(failure::from_store)?;
    if request.quiet() {
        return Ok(Reply::ok());
    }
    let deleted = request.objects().iter().map(|object| DeletedObject {
        key: object.key.as_str(),
        version_id: None,
        delete_marker_version_id: None,
    });
    Ok(Reply::xml(DeleteResult { encoding, deleted: deleted.collect() }.to_xml()))
}
