//! `ListObjectsV2`: objects and common prefixes of a bucket, continued by a token.

use ossicle_protocol::Error;
use ossicle_protocol::xml::{ListBucketResultV2, continuation_token, read_continuation_token};

use super::list_objects::{list, listed};
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{OBJECTS, Page};

/// Runs `ListObjectsV2`.
pub(crate) async fn list_objects_v2(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = call.bucket()?;
    let page = Page::of(call, &OBJECTS)?;
    let start_after = OBJECTS.text(call, "start-after")?;
    // Some SDKs send an empty token with the first page.
    let token = call.query.get("continuation-token").filter(|token| !token.is_empty());
    let after = match token {
        Some(token) => read_continuation_token(token)?,
        None => start_after.to_owned(),
    };
    let listing = list(call, &page, &after).await?;
    let owner = fetch_owner(call)?.then(|| call.app.owner_id());
    let next = listing.next.as_deref().map(continuation_token);
    let document = ListBucketResultV2 {
        name: call.bucket_name()?.as_str(),
        prefix: page.prefix,
        start_after: Some(start_after).filter(|start_after| !start_after.is_empty()),
        continuation_token: token,
        max_keys: page.max,
        delimiter: Some(page.delimiter).filter(|delimiter| !delimiter.is_empty()),
        encoding: page.encoding,
        next_continuation_token: next.as_deref(),
        contents: listing.objects.iter().map(|object| listed(holder, object, owner)).collect(),
        common_prefixes: listing.common_prefixes.iter().map(String::as_str).collect(),
    };
    Ok(Reply::xml(document.to_xml()))
}

/// Reads whether owners are told.
fn fetch_owner(call: &Call) -> Result<bool, Error> {
    match call.query.get("fetch-owner") {
        None | Some("") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) => Err(Error::invalid_argument("fetch-owner must be true or false.", "fetch-owner", text)),
    }
}
