//! `ListObjectsV2`: objects and common prefixes of a bucket, continued by a token.

use std::sync::Arc;

use ossicle_protocol::Error;
use ossicle_protocol::xml::{ListBucketResultV2, continuation_token, read_continuation_token};
use ossicle_store::ObjectPage;

use super::list_objects::{listed, which};
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::{OBJECTS, Page};

/// Runs `ListObjectsV2`.
pub(crate) async fn list_objects_v2(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let holder = Arc::clone(call.bucket()?);
    let page = Page::of(call, &OBJECTS)?;
    let start_after = OBJECTS.text(call, "start-after")?.to_owned();
    // Some SDKs send an empty token with the first page.
    let token = call.query.get("continuation-token").filter(|token| !token.is_empty()).map(str::to_owned);
    let which = match &token {
        Some(token) => which(call, &page, &read_continuation_token(token)?)?,
        None => which(call, &page, &start_after)?,
    };
    let fetch_owner = fetch_owner(call)?;
    let now = call.now;
    let render = move |found: &ObjectPage<'_>| {
        let next = found.next.map(continuation_token);
        ListBucketResultV2 {
            name: &holder.name,
            prefix: &page.prefix,
            start_after: Some(start_after.as_str()).filter(|start_after| !start_after.is_empty()),
            continuation_token: token.as_deref(),
            max_keys: page.max,
            delimiter: Some(page.delimiter.as_str()).filter(|delimiter| !delimiter.is_empty()),
            encoding: page.encoding,
            next_continuation_token: next.as_deref(),
            contents: listed(&holder, found, fetch_owner.then_some(holder.owner.as_str()), now),
            common_prefixes: found.common_prefixes.clone(),
        }
        .to_xml()
    };
    Ok(Reply::xml(call.app.store.render_objects(which, render).await?))
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
