//! Reading what a request of the API carries, with mistakes told in the API's own form.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use ossicle_protocol::{BucketName, ObjectKey};

use super::problem::Problem;

/// Reads the document in a request's body.
pub(super) fn json<T>(read: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    match read {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => Err(Problem::new(rejection.status(), "InvalidDocument", rejection.body_text())),
    }
}

/// Reads the parameters in a request's query.
pub(super) fn query<T>(read: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    match read {
        Ok(Query(value)) => Ok(value),
        Err(rejection) => Err(Problem::new(rejection.status(), "InvalidArgument", rejection.body_text())),
    }
}

/// Parses the names of an object.
pub(super) fn names(bucket: &str, key: &str) -> Result<(BucketName, ObjectKey), Problem> {
    Ok((BucketName::parse(bucket)?, ObjectKey::parse(key)?))
}

/// Returns a page's size: what was asked for, within bounds.
pub(super) fn limit(asked: Option<usize>, default: usize, most: usize) -> usize {
    asked.unwrap_or(default).clamp(1, most)
}
