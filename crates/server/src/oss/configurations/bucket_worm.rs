//! The retention policy of a bucket (write once, read many). It is kept with the bucket itself, and the store sees to it that
//! what it keeps is neither deleted nor overwritten, on whatever path.

use ossicle_protocol::configurations::WormConfiguration;
use ossicle_protocol::{Error, ErrorCode, Timestamp};
use ossicle_store::{Retention, RetentionChange};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `InitiateBucketWorm`.
pub(crate) async fn initiate_bucket_worm(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let days = WormConfiguration::parse_initiate(&read(call, body).await?)?;
    let id = format!("{:032X}", rand::random::<u128>());
    change(call, RetentionChange::Begin { id: id.clone(), days }).await?;
    Ok(Reply::ok().with_named("x-oss-worm-id", &id))
}

/// Runs `AbortBucketWorm`.
pub(crate) async fn abort_bucket_worm(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    change(call, RetentionChange::Abort).await?;
    Ok(Reply::no_content())
}

/// Runs `CompleteBucketWorm`.
pub(crate) async fn complete_bucket_worm(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    change(call, RetentionChange::Lock { id: id(call) }).await?;
    Ok(Reply::ok())
}

/// Runs `ExtendBucketWorm`.
pub(crate) async fn extend_bucket_worm(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let days = WormConfiguration::parse_extend(&read(call, body).await?)?;
    change(call, RetentionChange::Extend { id: id(call), days }).await?;
    Ok(Reply::ok())
}

/// Runs `GetBucketWorm`.
pub(crate) async fn get_bucket_worm(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let policy = bucket.retention.as_ref().filter(|policy| policy.is_in_force(call.now.unix_millis()));
    let Some(Retention { id, days, created_ms, is_locked, .. }) = policy else {
        let missing = Error::new(ErrorCode::NoSuchWORMConfiguration);
        return Err(missing.with_detail("BucketName", bucket.name.as_str()).into());
    };
    let created = Timestamp::from_unix_millis(*created_ms);
    let document = WormConfiguration { id, is_locked: *is_locked, days: *days, created };
    Ok(Reply::xml(document.to_xml()))
}

async fn read(call: &Call, body: RequestBody) -> Result<bytes::Bytes, Failure> {
    let body = body.read(WormConfiguration::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    Ok(body)
}

fn id(call: &Call) -> String {
    call.query.get("wormId").unwrap_or("").to_owned()
}

async fn change(call: &Call, change: RetentionChange) -> Result<(), Failure> {
    let bucket = call.bucket_name()?.as_str();
    Ok(call.app.store.change_retention(bucket, change, call.now.unix_millis()).await?)
}
