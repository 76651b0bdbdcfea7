//! Reads of objects.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::bucket::{FEW, require_bucket};
use super::content::small_contents;
use super::listing::{Step, Walk, Walked, name};
use crate::blobs::Blobs;
use crate::data::AtHand;
use crate::engine::{Query, View};
use crate::extent::DataRef;
use crate::key;
use crate::record::{decode_listed, decode_object};
use crate::{Error, ListObjects, Listing, Object, ObjectFields, ObjectPage};

/// What is kept of an object, without its content.
pub(crate) struct ObjectOf {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl ObjectOf {
    /// Returns the key of its row.
    pub(super) fn row(&self) -> Bytes {
        key::object(&self.bucket, &self.key)
    }
}

impl Query for ObjectOf {
    type Output = Option<ObjectFields>;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = view.get(&self.row()).await?;
        row.map(|row| decode_object(&self.bucket, &self.key, &row)).transpose()
    }
}

/// An object to be read: small content comes along, large content is pinned.
pub(crate) struct OpenObject {
    pub(crate) object: ObjectOf,
    pub(crate) blobs: Blobs,
}

impl Query for OpenObject {
    type Output = Option<Object>;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = self.object.row();
        view.prefetch(std::slice::from_ref(&row), Some(&row)).await?;
        match self.object.run(view).await? {
            Some(fields) => open(view, &self.blobs, fields).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Makes an object of what is kept of it, to be read.
pub(super) async fn open(view: &View, blobs: &Blobs, fields: ObjectFields) -> Result<Object, Error> {
    // While the view lives nothing that it refers to is reclaimed; afterwards the pin sees to that.
    let pin = blobs.pin(fields.data.pinned_ids());
    let contents = match &fields.data {
        DataRef::Extents(extents) => small_contents(view, extents).await?,
        DataRef::Manifest(_) => Vec::new(),
    };
    Ok(Object { fields, at_hand: Some(Arc::new(AtHand::new(contents, pin))) })
}

/// Objects and common prefixes in byte order.
pub(crate) struct Objects {
    pub(crate) which: ListObjects,
}

impl Query for Objects {
    type Output = Listing;

    fn is_long(&self) -> bool {
        looks_at_many(&self.which)
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let bucket = &self.which.bucket;
        let (base, walked) = walk(view, &self.which).await?;
        let mut listing = Listing { truncated: walked.truncated, ..Listing::default() };
        listing.next = next(&walked, &base)?.map(str::to_owned);
        for step in walked.steps {
            match step {
                Step::Row { key, value } => {
                    listing.objects.push(decode_object(bucket, name(&key, &base, 0)?, &value)?);
                }
                Step::CommonPrefix(prefix) => listing.common_prefixes.push(prefix),
            }
        }
        Ok(listing)
    }
}

/// Makes something of a page, on the thread that reads it.
pub(crate) type Render<T> = Box<dyn Fn(&ObjectPage<'_>) -> T + Send + Sync>;

/// What is made of objects and common prefixes in byte order.
pub(crate) struct RenderedObjects<T> {
    pub(crate) which: ListObjects,
    pub(crate) render: Render<T>,
}

impl<T: Send + 'static> Query for RenderedObjects<T> {
    type Output = T;

    fn is_long(&self) -> bool {
        looks_at_many(&self.which)
    }

    async fn run(&self, view: &View) -> Result<T, Error> {
        let bucket = &self.which.bucket;
        let (base, walked) = walk(view, &self.which).await?;
        let mut page = ObjectPage {
            objects: Vec::with_capacity(walked.steps.len()),
            common_prefixes: Vec::new(),
            next: next(&walked, &base)?,
        };
        for step in &walked.steps {
            match step {
                Step::Row { key, value } => {
                    page.objects.push(decode_listed(bucket, name(key, &base, 0)?, value)?);
                }
                Step::CommonPrefix(prefix) => page.common_prefixes.push(prefix),
            }
        }
        Ok((self.render)(&page))
    }
}

/// Tells whether a listing may look at many rows, which takes a while.
fn looks_at_many(which: &ListObjects) -> bool {
    which.max > FEW || !which.delimiter.is_empty()
}

/// Finds what is listed, and what the keys of its rows have before the names.
async fn walk(view: &View, which: &ListObjects) -> Result<(Bytes, Walked), Error> {
    require_bucket(view, &which.bucket).await?;
    let start = if which.after.is_empty() {
        Bound::Unbounded
    } else {
        Bound::Excluded(key::object(&which.bucket, &which.after))
    };
    let base = key::object(&which.bucket, "");
    let walk = Walk {
        view,
        base: base.clone(),
        suffix: 0,
        prefix: &which.prefix,
        delimiter: &which.delimiter,
        start,
        common_prefix_before: &which.after,
        max: which.max,
    };
    Ok((base, walk.walk().await?))
}

/// Returns the last key or common prefix if there are more.
fn next<'a>(walked: &'a Walked, base: &[u8]) -> Result<Option<&'a str>, Error> {
    match walked.steps.last().filter(|_| walked.truncated) {
        Some(Step::Row { key, .. }) => name(key, base, 0).map(Some),
        Some(Step::CommonPrefix(prefix)) => Ok(Some(prefix)),
        None => Ok(None),
    }
}
