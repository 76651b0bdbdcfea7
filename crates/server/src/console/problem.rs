//! The error documents of the console's API: a status, a word for programs, a sentence for
//! people.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ossicle_protocol::shortened;
use serde_json::json;

use crate::callback::replay::ReplayError;
use crate::oss::failure::{Failure, RETRY_AFTER_S};

/// The longest sentence: some repeat what somebody sent.
const MOST_MESSAGE: usize = 1024;

/// A request that was not done.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    error: String,
    message: String,
    retry_after_s: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        let message = shortened(&message.into(), MOST_MESSAGE).into_owned();
        Self { status, error: error.to_owned(), message, retry_after_s: None }
    }

    /// Reports a parameter that makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", message)
    }

    /// Reports that nobody is logged in.
    pub(super) fn not_logged_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "NotLoggedIn", "Log in with an access key first.")
    }

    /// Reports another wrong key after many of them; `pause` passes until the next is answered.
    pub(super) fn too_many_failures(pause: Duration) -> Self {
        let message = "This access key id and secret do not belong together, or the server does not know them. After so \
                       many failures each further one takes longer to be answered.";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyFailures", message);
        Self { retry_after_s: Some(pause.as_secs().max(1)), ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "message": self.message }));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<ossicle_protocol::Error> for Problem {
    fn from(error: ossicle_protocol::Error) -> Self {
        let problem = Self::new(error.status(), error.code().as_str(), error.message());
        let is_passing = error.status() == StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after_s: is_passing.then_some(RETRY_AFTER_S), ..problem }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        failure.into_oss().into()
    }
}

impl From<ossicle_store::Error> for Problem {
    fn from(error: ossicle_store::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        let message = error.to_string();
        match error {
            ReplayError::NoSuchDelivery => Self::new(StatusCode::NOT_FOUND, "NoSuchDelivery", message),
            ReplayError::UnderWay => Self::new(StatusCode::CONFLICT, "ReplayUnderWay", message),
            ReplayError::Unreadable(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unreadable", message),
            ReplayError::Store(error) => error.into(),
            ReplayError::Lost => Failure::internal("a replay's task ended early", &error).into(),
        }
    }
}
