//! `ListLiveChannel`: there are no live channels, and that is what the list says. SDKs ask for it before they remove a
//! bucket.

use ossicle_protocol::xml::ListLiveChannelResult;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::paging::LIVE_CHANNELS;

/// Runs `ListLiveChannel`.
pub(crate) async fn list_live_channel(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.bucket()?;
    let document = ListLiveChannelResult {
        prefix: LIVE_CHANNELS.text(call, "prefix")?,
        marker: LIVE_CHANNELS.text(call, "marker")?,
        max_keys: LIVE_CHANNELS.max(call)?,
    };
    Ok(Reply::xml(document.to_xml()))
}
