//! The tags of a bucket, by which listings of buckets can be narrowed.

use ossicle_protocol::xml::Document as _;
use ossicle_protocol::{BucketTags, Error, ErrorCode, Tags};
use ossicle_store::{BucketPage, ListBuckets, Store};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::kept::{self, Kept};

/// So often the tags are read again because another request changed them meanwhile.
const ATTEMPTS: usize = 10;

/// Buckets that a listing by tags looks at in one go.
const LOOKED_AT: usize = 1000;

/// Runs `DeleteBucketTags`, which removes all tags, or those that `tagging` names; 204 also when there are none.
pub(crate) async fn delete_bucket_tags(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (store, bucket) = (&call.app.store, call.bucket_name()?.as_str());
    let named = call.query.get("tagging").unwrap_or_default();
    let keys: Vec<&str> = named.split(',').filter(|key| !key.is_empty()).collect();
    for _ in 0..ATTEMPTS {
        let present = store.bucket_document(bucket, BucketTags::DOCUMENT).await?;
        let left = match present.as_deref() {
            Some(present) if !keys.is_empty() => {
                Some(BucketTags(BucketTags::parse(present)?.0.without(&keys)))
            }
            _ => None,
        };
        let left = left.filter(|BucketTags(left)| !left.is_empty()).map(|left| left.to_xml().into_bytes());
        let replaced =
            store.replace_bucket_document(bucket, BucketTags::DOCUMENT, present.as_deref(), left).await;
        match replaced {
            Err(ossicle_store::Error::PreconditionFailed) => {}
            other => return Ok(other.map(|()| Reply::no_content())?),
        }
    }
    Err(ErrorCode::ServiceUnavailable.into())
}

async fn tags_of(store: &Store, bucket: &str) -> Result<Tags, Failure> {
    Ok(kept::read::<BucketTags>(store, bucket).await?.unwrap_or_default().0)
}

/// Which buckets a listing is about, by their tags.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    key: Option<String>,
    pairs: Vec<(String, String)>,
}

impl Filter {
    /// Reads `tag-key`, `tag-value` and `tagging`, which is a list such as `"key":"value","key2":"value2"`.
    pub(crate) fn of(call: &Call) -> Result<Filter, Error> {
        let given = |name| call.query.get(name).filter(|value| !value.is_empty());
        let mut filter = Filter::default();
        match (given("tag-key"), given("tag-value")) {
            (Some(key), Some(value)) => filter.pairs.push((key.to_owned(), value.to_owned())),
            (Some(key), None) => filter.key = Some(key.to_owned()),
            (None, None) => {}
            (None, Some(value)) => {
                let message = "A value of a tag needs its key.";
                return Err(Error::invalid_argument(message, "tag-value", value));
            }
        }
        if let Some(text) = given("tagging") {
            let pairs: std::collections::BTreeMap<String, String> =
                serde_json::from_str(&format!("{{{text}}}")).map_err(|_| {
                    let message = "The tags must be given as \"key\":\"value\".";
                    Error::invalid_argument(message, "tagging", text)
                })?;
            filter.pairs.extend(pairs);
        }
        Ok(filter)
    }

    /// Returns whether it leaves nothing out.
    fn is_empty(&self) -> bool {
        self.key.is_none() && self.pairs.is_empty()
    }

    fn fits(&self, tags: &Tags) -> bool {
        let has_key = self.key.as_deref().is_none_or(|key| tags.get(key).is_some());
        has_key && self.pairs.iter().all(|(key, value)| tags.get(key) == Some(value.as_str()))
    }

    /// Lists the buckets that fit.
    pub(crate) async fn list(&self, store: &Store, which: &ListBuckets) -> Result<BucketPage, Failure> {
        if self.is_empty() {
            return Ok(store.list_buckets(which).await?);
        }
        let mut found = BucketPage::default();
        let mut page = ListBuckets { max: LOOKED_AT, ..which.clone() };
        loop {
            let BucketPage { buckets, next_marker } = store.list_buckets(&page).await?;
            for bucket in buckets {
                if !self.fits(&tags_of(store, &bucket.name).await?) {
                    continue;
                }
                if found.buckets.len() == which.max {
                    found.next_marker = found.buckets.last().map(|last| last.name.clone());
                    return Ok(found);
                }
                found.buckets.push(bucket);
            }
            match next_marker {
                Some(marker) => page.marker = marker,
                None => return Ok(found),
            }
        }
    }
}
