//! The tags of objects: where they are kept, and what a copy has of them. What tags may be is the protocol's.

use bytes::Bytes;
use ossicle_protocol::{Error, Tags};
use ossicle_store::{Attributes, Object};

use crate::http::body::RequestBody;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::versions;

/// Reads the body of a request that sets tags.
pub(crate) async fn read(call: &Call, body: RequestBody) -> Result<Bytes, Failure> {
    let body = body.read(Tags::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    Ok(body)
}

/// Returns the tags that are stored with an object.
pub(crate) fn of_object(attributes: &Attributes) -> Tags {
    Tags::from_header(&attributes.tags).unwrap_or_default()
}

/// Replaces the tags of the object in the version that the call names.
pub(crate) async fn set_on_object(call: &Call, object: &Object, tags: &Tags) -> Result<(), Failure> {
    Ok(call
        .app
        .store
        .set_object_tags(&object.bucket, &object.key, versions::of(call)?, tags.to_header())
        .await?)
}

/// Whose tags a copy gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    /// Those of its source.
    Copy,
    /// Those of the request.
    Replace,
}

impl Directive {
    /// Reads `x-oss-tagging-directive`; without it the source's tags count, whatever the request says.
    pub(crate) fn of(call: &Call) -> Result<Directive, Error> {
        let name = "x-oss-tagging-directive";
        match call.header("x-oss-tagging-directive")? {
            None => Ok(Directive::Copy),
            Some(text) if text.eq_ignore_ascii_case("COPY") => Ok(Directive::Copy),
            Some(text) if text.eq_ignore_ascii_case("REPLACE") => Ok(Directive::Replace),
            Some(text) => Err(Error::invalid_argument("Unknown tagging directive.", name, text)),
        }
    }
}

/// Puts the tags of one set of attributes in the place of those of another.
pub(crate) fn take_over(attributes: &mut Attributes, from: &Attributes) {
    attributes.tags.clone_from(&from.tags);
}
