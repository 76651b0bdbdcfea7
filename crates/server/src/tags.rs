//! The tags of objects and buckets: where they are kept, and what a copy has of them. What tags may be is the protocol's.

use bytes::Bytes;
use ossicle_protocol::{Error, Tags};
use ossicle_store::{Attributes, BucketDocument, BucketPage, ListBuckets, Object, Store};

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;

/// Buckets that a listing by tags looks at in one go.
const LOOKED_AT: usize = 1000;

/// Reads the body of a request that sets tags.
pub(crate) async fn read(call: &Call, body: RequestBody) -> Result<Bytes, Failure> {
    let body = body.read(Tags::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    Ok(body)
}

/// The tags that are stored with an object.
pub(crate) fn of_object(attributes: &Attributes) -> Tags {
    let stored = attributes.headers.iter().find(|(name, _)| name == Tags::HEADER);
    let text = stored.and_then(|(_, value)| std::str::from_utf8(value).ok());
    text.and_then(|text| Tags::from_header(text).ok()).unwrap_or_default()
}

/// The tags of a bucket.
pub(crate) async fn of_bucket(store: &Store, bucket: &str) -> Result<Tags, Failure> {
    let document = store.bucket_document(bucket, BucketDocument::Tags).await?;
    Ok(document.map_or_else(|| Ok(Tags::default()), |document| Tags::of_bucket(&document))?)
}

/// Replaces the tags of an object.
pub(crate) async fn set_on_object(call: &Call, object: &Object, tags: &Tags) -> Result<(), Failure> {
    let value = (!tags.is_empty()).then(|| tags.to_header().into_bytes());
    let set =
        call.app.store.set_object_header(object.bucket.as_str(), object.key.as_str(), Tags::HEADER, value);
    Ok(set.await?)
}

/// Whose tags a copy gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    /// Those of its source.
    Copy,
    /// Those of the request.
    Replace,
}

impl Directive {
    /// Reads `x-oss-tagging-directive`; without it the source's tags count, whatever the request says.
    pub(crate) fn of(call: &Call) -> Result<Directive, Error> {
        let name = "x-oss-tagging-directive";
        match call.header("x-oss-tagging-directive")? {
            None => Ok(Directive::Copy),
            Some(text) if text.eq_ignore_ascii_case("COPY") => Ok(Directive::Copy),
            Some(text) if text.eq_ignore_ascii_case("REPLACE") => Ok(Directive::Replace),
            Some(text) => Err(Error::invalid_argument("Unknown tagging directive.", name, text)),
        }
    }
}

/// Puts the tags of one set of attributes in the place of those of another.
pub(crate) fn take_over(attributes: &mut Attributes, from: &Attributes) {
    attributes.headers.retain(|(name, _)| name != Tags::HEADER);
    attributes.headers.extend(from.headers.iter().filter(|(name, _)| name == Tags::HEADER).cloned());
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
                if !self.fits(&of_bucket(store, &bucket.name).await?) {
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
