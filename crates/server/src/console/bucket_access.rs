//! Who may use a bucket: its ACL and its policy, to see and to set as PutBucketAcl and PutBucketPolicy do, and what else keeps
//! requests out.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use ossicle_policy::Policy;
use ossicle_protocol::configurations::Payer;
use ossicle_protocol::{BucketAcl, BucketName, Error, ErrorCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Console, request};
use crate::access::acl::{bucket_acl, is_blocked};
use crate::oss::configurations::bucket_policy;
use crate::oss::ops::put_bucket_acl;
use crate::oss::settings::BucketSettings;
use crate::oss::stored_policy;

/// A bucket.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    bucket: String,
}

/// An ACL to set.
#[derive(Debug, Deserialize)]
pub(super) struct NewAcl {
    bucket: String,
    acl: String,
}

/// A policy to set.
#[derive(Debug, Deserialize)]
pub(super) struct NewPolicy {
    bucket: String,
    document: String,
}

/// Handles `GET /api/bucket-access`.
pub(super) async fn show(
    State(console): State<Console>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    describe(&console, &request::query(which)?.bucket).await
}

/// Handles `PUT /api/bucket-acl`.
pub(super) async fn set_acl(
    State(console): State<Console>,
    new: Result<Json<NewAcl>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let NewAcl { bucket, acl } = request::json(new)?;
    let settings = console.bucket_settings(&bucket).await?;
    put_bucket_acl::set(&console.app.store, settings.bucket(), BucketAcl::parse(&acl)?).await?;
    tracing::info!(bucket, acl, "the bucket's ACL was set");
    describe(&console, &bucket).await
}

/// Handles `PUT /api/bucket-policy`.
pub(super) async fn set_policy(
    State(console): State<Console>,
    new: Result<Json<NewPolicy>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let NewPolicy { bucket, document } = request::json(new)?;
    let settings = console.bucket_settings(&bucket).await?;
    bucket_policy::set(&console.app.store, settings.bucket(), &document).await?;
    tracing::info!(bucket, "the bucket's policy was set");
    describe(&console, &bucket).await
}

/// Handles `DELETE /api/bucket-policy`.
pub(super) async fn delete_policy(
    State(console): State<Console>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let bucket = request::query(which)?.bucket;
    console.app.store.set_bucket_document(&bucket, stored_policy::PLACE, None).await?;
    tracing::info!(bucket, "the bucket's policy was taken away");
    describe(&console, &bucket).await
}

async fn describe(console: &Console, bucket: &str) -> Result<Json<Value>, Problem> {
    let settings = console.bucket_settings(bucket).await?;
    let bucket = settings.bucket();
    let document = console.app.store.bucket_document(&bucket.name, stored_policy::PLACE).await?;
    let referer = settings.referer()?.map(|referer| {
        json!({
            "allow_empty": referer.allow_empty_referer,
            "allowed": referer.whitelist,
            "refused": referer.blacklist,
        })
    });
    Ok(Json(json!({
        "bucket": bucket.name,
        "owner": bucket.owner,
        "acl": bucket_acl(bucket).as_str(),
        "block_public_access": is_blocked(&console.app.store, &bucket.owner, bucket.block_public_access).await?,
        "policy": document.as_deref().map(String::from_utf8_lossy),
        "policy_is_public": settings.policy().is_some_and(Policy::is_public),
        "referer": referer,
        "requester_pays": requester_pays(&settings)?,
    })))
}

/// Returns whether others than the owner have to say that they would pay.
pub(super) fn requester_pays(settings: &BucketSettings) -> Result<bool, Error> {
    Ok(settings.request_payment()?.is_some_and(|configuration| configuration.payer == Payer::Requester))
}

impl Console {
    /// Looks up a bucket with what is set on it.
    pub(super) async fn bucket_settings(&self, name: &str) -> Result<Arc<BucketSettings>, Problem> {
        BucketName::parse(name)?;
        let settings = self.app.settings.of(&self.app.store, name).await?;
        Ok(settings.ok_or_else(|| Error::new(ErrorCode::NoSuchBucket))?)
    }
}
