//! Errors that are not the caller's.

use ossicle_protocol::sts::{Fault, FaultCode};

/// Logs what went wrong here, and tells nothing of it.
pub(super) fn internal(error: &dyn std::error::Error) -> Fault {
    tracing::error!(%error, "a request to STS was not done");
    Fault::new(FaultCode::InternalError)
}
