//! Configurations of buckets and of the account: documents that are set, asked for and taken away as a whole by operations that
//! are the same for all. Where a document is kept stands in `ops`; what a configuration does, if that is its own business, and
//! how it is kept otherwise, in a file below.

pub(crate) mod bucket_cors;
pub(crate) mod bucket_https_config;
pub(crate) mod bucket_lifecycle;
pub(crate) mod bucket_overwrite_config;
pub(crate) mod bucket_policy;
mod bucket_public_access_block;
pub(crate) mod bucket_referer;
pub(crate) mod bucket_request_payment;
mod bucket_resource_group;
pub(crate) mod bucket_style;
pub(crate) mod bucket_tags;
pub(crate) mod bucket_versioning;
pub(crate) mod bucket_website;
pub(crate) mod bucket_worm;
pub(crate) mod public_access_block;

use ossicle_protocol::xml::Document;
use ossicle_protocol::{BucketName, Error, ErrorCode};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::kept::{self, Kept};

/// A configuration of buckets or of the account.
pub(crate) trait Configuration: Document + Send + Sync {
    /// Reads what is set on the call's target.
    fn load(call: &Call) -> impl Future<Output = Result<Option<Self>, Failure>> + Send;

    /// Sets it on the call's target, or takes it away.
    fn save(call: &Call, new: Option<&Self>) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl<C: Kept> Configuration for C {
    async fn load(call: &Call) -> Result<Option<Self>, Failure> {
        kept::read(&call.app.store, call.bucket_name()?.as_str()).await
    }

    async fn save(call: &Call, new: Option<&Self>) -> Result<(), Failure> {
        let document = new.map(|new| new.to_xml().into_bytes());
        if document.as_ref().is_some_and(|document| document.len() > Self::MAX_BODY) {
            // Written anew, what needs escapes is longer than it may have come, and it has to be read again.
            let detail = format!("The document has more than {} bytes with its escapes.", Self::MAX_BODY);
            return Err(Error::new(ErrorCode::MalformedXML).with_detail("ErrorDetail", detail).into());
        }
        let bucket = call.bucket_name()?.as_str();
        Ok(call.app.store.set_bucket_document(bucket, Self::DOCUMENT, document).await?)
    }
}

/// Runs the operation that sets a configuration.
pub(crate) async fn put<C: Configuration>(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(C::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    C::save(call, Some(&C::parse(&body)?)).await?;
    Ok(Reply::ok())
}

/// Runs the operation that asks for a configuration.
pub(crate) async fn get<C: Configuration>(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let set = C::load(call).await?;
    let bucket = call.target.bucket().map_or("", BucketName::as_str);
    let unset = || C::unset().map_err(|code| Error::new(code).with_detail("BucketName", bucket));
    Ok(Reply::xml(set.map_or_else(unset, Ok)?.to_xml()))
}

/// Runs the operation that takes a configuration away; 204 also where there is none.
pub(crate) async fn delete<C: Configuration>(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    C::save(call, None).await?;
    Ok(Reply::no_content())
}
