//! Buckets: listing them with what they hold, and creating one.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use http::StatusCode;
use ossicle_policy::Policy;
use ossicle_protocol::configurations::BucketCallbackPolicy;
use ossicle_protocol::{BucketAcl, BucketName, CorsRules, DataRedundancyType, StorageClass};
use ossicle_store::{Bucket, CreateBucket, ListBuckets};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Console, request};
use crate::access::acl::{bucket_acl, is_blocked, refuse_public_bucket, stored_bucket_acl};
use crate::app;
use crate::oss::kept::Kept as _;

/// The query for a list of buckets.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    after: String,
    limit: Option<usize>,
}

/// A bucket to create.
#[derive(Debug, Deserialize)]
pub(super) struct New {
    name: String,
    acl: Option<String>,
}

/// Handles `GET /api/buckets`.
pub(super) async fn list(
    State(console): State<Console>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let which = request::query(which)?;
    let max = request::limit(which.limit, 100, 1000);
    let page = console
        .app
        .store
        .list_buckets(&ListBuckets { prefix: which.prefix, marker: which.after, max, owner: None })
        .await?;
    let mut buckets = Vec::with_capacity(page.buckets.len());
    for bucket in &page.buckets {
        buckets.push(describe(&console, bucket).await?);
    }
    Ok(Json(json!({ "buckets": buckets, "next": page.next_marker })))
}

/// Handles `POST /api/buckets`.
pub(super) async fn create(
    State(console): State<Console>,
    new: Result<Json<New>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let new = request::json(new)?;
    let name = BucketName::parse(&new.name)?;
    let acl = new.acl.as_deref().map(BucketAcl::parse).transpose()?.unwrap_or(BucketAcl::Private);
    let block_public_access = console.app.config.access.block_public_access;
    refuse_public_bucket(
        is_blocked(&console.app.store, console.app.owner_id(), block_public_access).await?,
        acl,
    )?;
    let bucket = Bucket {
        name: name.as_str().to_owned(),
        acl: stored_bucket_acl(acl),
        storage_class: StorageClass::default().as_str().to_owned(),
        redundancy: DataRedundancyType::default().as_str().to_owned(),
        owner: console.app.owner_id().to_owned(),
        comment: String::new(),
        block_public_access,
        created_ms: app::now().unix_millis(),
        ..Bucket::default()
    };
    match console.app.store.create_bucket(bucket).await? {
        CreateBucket::Created(bucket) => Ok(Json(describe(&console, &bucket).await?)),
        CreateBucket::Existed(_) => {
            let message = format!("There is a bucket \"{name}\" already.");
            Err(Problem::new(StatusCode::CONFLICT, "BucketAlreadyExists", message))
        }
    }
}

async fn describe(console: &Console, bucket: &Bucket) -> Result<Value, Problem> {
    let store = &console.app.store;
    let settings = console.app.settings.of(store, &bucket.name).await?;
    let policy = settings.as_ref().and_then(|settings| settings.policy());
    let stat = store.bucket_stat(&bucket.name).await?;
    let has =
        async |document| store.bucket_document(&bucket.name, document).await.map(|found| found.is_some());
    Ok(json!({
        "name": bucket.name,
        "created_ms": bucket.created_ms,
        "acl": bucket_acl(bucket).as_str(),
        "block_public_access": is_blocked(&console.app.store, &bucket.owner, bucket.block_public_access).await?,
        "policy_is_public": policy.is_some_and(Policy::is_public),
        "storage_class": bucket.storage_class,
        "objects": stat.objects,
        "bytes": stat.bytes,
        "uploads": stat.uploads,
        "has_cors": has(CorsRules::DOCUMENT).await?,
        "has_callback_policy": has(BucketCallbackPolicy::DOCUMENT).await?,
    }))
}
