//! `GetSymlink`: a symbolic link itself, wherever it leads.

use http::header::LAST_MODIFIED;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::ObjectKind;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::{object_lookup, versions};

/// Runs `GetSymlink`.
pub(crate) async fn get_symlink(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let link = object_lookup::require(call).await?;
    if link.kind != ObjectKind::Symlink {
        return Err(Error::new(ErrorCode::NotSymlink).with_detail("Key", &link.key).into());
    }
    let reply = versions::show(Reply::ok(), call.bucket()?, link);
    let reply = attributes::with_attributes(attributes::with_etag(reply, link), link);
    Ok(reply.with_header(LAST_MODIFIED, attributes::last_modified(link)))
}
