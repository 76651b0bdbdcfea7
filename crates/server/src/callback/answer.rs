//! The client's answer to an upload with a callback: the application server's words, or 203.

use std::sync::Arc;

use bytes::Bytes;
use ossicle_protocol::{Error, ErrorCode};

use super::prepare::Prepared;
use super::record::Told;
use crate::call::Call;
use crate::http::reply::Reply;
use crate::request_id::RequestId;

/// Who asked, for the error document of a failed callback.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    request_id: RequestId,
    host_id: Arc<str>,
}

impl Asker {
    pub(crate) fn of(call: &Call) -> Self {
        Self { request_id: call.request_id, host_id: Arc::clone(&call.host_id) }
    }

    /// Delivers, and turns `usual`, the operation's own answer with its headers, into the one for this outcome.
    pub(crate) async fn deliver(&self, prepared: Prepared, usual: Reply) -> Reply {
        self.dress(usual, prepared.deliver().await)
    }

    fn dress(&self, usual: Reply, outcome: Result<Bytes, Told>) -> Reply {
        match outcome {
            // One SDK compares the type with exactly this, whatever the application server said.
            Ok(body) => usual.with_status(http::StatusCode::OK).with_body("application/json", body),
            Err(told) => {
                let error = Error::new(ErrorCode::CallbackFailed).with_message(told.message).with_ec(told.ec);
                let document = error.to_xml(&self.request_id.to_string(), &self.host_id);
                usual
                    .with_status(error.status())
                    .with_named("x-oss-ec", error.ec())
                    .with_body("application/xml", document)
            }
        }
    }
}
