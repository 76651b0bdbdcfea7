//! The client's answer to an upload with a callback: the application server's words, or 203.

use std::sync::Arc;

use bytes::Bytes;
use ossicle_protocol::{Error, ErrorCode};

use super::prepare::Prepared;
use super::record::FailureMessage;
use crate::http::reply::Reply;
use crate::observe::request_id::RequestId;
use crate::oss::call::Call;

/// The responder to an upload with a callback: it knows the request for the error document of a failed callback.
#[derive(Debug, Clone)]
pub(crate) struct CallbackResponder {
    request_id: RequestId,
    host_id: Arc<str>,
}

impl CallbackResponder {
    /// Makes the responder to the request of `call`.
    pub(crate) fn of(call: &Call) -> Self {
        Self { request_id: call.request_id, host_id: Arc::clone(&call.host_id) }
    }

    /// Delivers the callback, and turns the operation's own reply with its headers into the one for this outcome.
    pub(crate) async fn deliver(&self, prepared: Prepared, success_reply: Reply) -> Reply {
        self.apply(prepared.deliver().await, success_reply)
    }

    fn apply(&self, outcome: Result<Bytes, FailureMessage>, success_reply: Reply) -> Reply {
        match outcome {
            // One SDK compares the type with exactly this, whatever the application server said.
            Ok(body) => success_reply.with_status(http::StatusCode::OK).with_body("application/json", body),
            Err(FailureMessage { message, ec }) => {
                let error = Error::new(ErrorCode::CallbackFailed).with_message(message).with_ec(ec);
                let document = error.to_xml(&self.request_id.to_string(), &self.host_id);
                success_reply
                    .with_status(error.status())
                    .with_named("x-oss-ec", error.ec())
                    .with_body("application/xml", document)
            }
        }
    }
}
