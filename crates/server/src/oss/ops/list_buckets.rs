//! `ListBuckets` (`GetService`): the account's buckets in order of their names.

use ossicle_protocol::xml::{BucketsPage, ListAllMyBucketsResult, ListedBucket};
use ossicle_protocol::{Error, Timestamp};
use ossicle_store::{BucketPage, ListBuckets};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::configurations::bucket_tags::Filter;
use crate::oss::endpoints::Endpoints;
use crate::oss::failure::Failure;
use crate::oss::paging::BUCKETS;
use crate::oss::resource_group;

/// Runs `ListBuckets`.
pub(crate) async fn list_buckets(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (prefix, marker) = (BUCKETS.text(call, "prefix")?, BUCKETS.text(call, "marker")?);
    let max = BUCKETS.max(call)?;
    refuse_bad_prefix(prefix)?;
    let which = ListBuckets {
        prefix: prefix.to_owned(),
        marker: marker.to_owned(),
        max: max as usize,
        owner: Some(call.owner().to_owned()),
    };
    let tagged = Filter::of(call)?;
    let page = if resource_group::is_another(call)? {
        BucketPage::default()
    } else {
        tagged.list(&call.app.store, &which).await?
    };
    let endpoints = Endpoints::of(&call.app);
    let listed = page.buckets.iter().map(|bucket| ListedBucket {
        comment: &bucket.comment,
        creation_date: Timestamp::from_unix_millis(bucket.created_ms),
        extranet_endpoint: &endpoints.extranet,
        intranet_endpoint: &endpoints.intranet,
        location: &endpoints.location,
        name: &bucket.name,
        region: &call.app.config.server.region,
        resource_group_id: resource_group::DEFAULT,
        storage_class: &bucket.storage_class,
    });
    // OSS names prefix, marker and the rest only for a listing that asks for a page or does not fit one.
    let paged = ["prefix", "marker", "max-keys"].iter().any(|name| call.query.contains(name));
    let described = (paged || page.next_marker.is_some()).then_some(BucketsPage {
        prefix,
        marker,
        max_keys: max,
        next_marker: page.next_marker.as_deref(),
    });
    let document = ListAllMyBucketsResult { owner: call.owner(), page: described, buckets: listed.collect() };
    Ok(Reply::xml(document.to_xml()))
}

/// Refuses a prefix that no bucket name can have: it is a mistake.
fn refuse_bad_prefix(prefix: &str) -> Result<(), Error> {
    if prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Ok(());
    }
    Err(Error::invalid_argument("The prefix is not valid for bucket names.", "prefix", prefix))
}
