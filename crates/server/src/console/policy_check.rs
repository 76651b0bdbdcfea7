//! Checking a policy document before it is set, by what reads it then.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use ossicle_policy::{Policy, PolicyKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::request;
use crate::oss::configurations::bucket_policy;

/// A document to check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Candidate {
    kind: Kind,
    document: String,
    /// The bucket whose policy it is to be.
    bucket: Option<String>,
}

/// What the document is to be attached to.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Ram,
    Trust,
    Session,
    Bucket,
}

/// Handles `POST /api/access/check-policy`: whether the document can be used, or what is wrong with it and in which statement.
pub(super) async fn check(candidate: Result<Json<Candidate>, JsonRejection>) -> Result<Json<Value>, Problem> {
    let Candidate { kind, document, bucket } = request::json(candidate)?;
    let policy = match (kind, bucket) {
        (Kind::Bucket, Some(bucket)) => bucket_policy::parse(&document, &bucket),
        (kind, _) => Policy::parse(kind.into(), &document),
    };
    Ok(Json(match policy {
        Ok(policy) => json!({ "valid": true, "public": policy.is_public() }),
        Err(error) => {
            json!({ "valid": false, "message": error.to_string(), "statement": error.statement() })
        }
    }))
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Ram => Self::Ram,
            Kind::Trust => Self::Trust,
            Kind::Session => Self::Session,
            Kind::Bucket => Self::Bucket,
        }
    }
}
