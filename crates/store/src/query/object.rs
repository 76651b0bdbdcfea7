//! Reads of objects.

use std::ops::Bound;
use std::sync::Arc;

use super::bucket::{FEW, require_bucket};
use super::content::small_contents;
use super::listing::{Step, Walk};
use crate::blobs::Blobs;
use crate::data::AtHand;
use crate::engine::{Query, View};
use crate::extent::DataRef;
use crate::key;
use crate::record::decode_object;
use crate::{Error, ListObjects, Listing, Object, ObjectFields};

/// What is kept of an object, without its content.
pub(crate) struct ObjectOf {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Query for ObjectOf {
    type Output = Option<ObjectFields>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = view.get(&key::object(&self.bucket, &self.key)).await?;
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

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Some(fields) = self.object.run(view).await? else { return Ok(None) };
        // While the view lives nothing that it refers to is reclaimed; afterwards the pin sees to that.
        let pin = self.blobs.pin(fields.data.pinned_ids());
        let contents = match &fields.data {
            DataRef::Extents(extents) => small_contents(view, extents).await?,
            DataRef::Manifest(_) => Vec::new(),
        };
        Ok(Some(Object { fields, at_hand: Some(Arc::new(AtHand::new(contents, pin))) }))
    }
}

/// Objects and common prefixes in byte order.
pub(crate) struct Objects {
    pub(crate) which: ListObjects,
}

impl Query for Objects {
    type Output = Listing;

    fn is_long(&self) -> bool {
        self.which.max > FEW || !self.which.delimiter.is_empty()
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let which = &self.which;
        require_bucket(view, &which.bucket).await?;
        let start = if which.after.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(key::object(&which.bucket, &which.after))
        };
        let walk = Walk {
            view,
            base: key::object(&which.bucket, ""),
            suffix: 0,
            prefix: &which.prefix,
            delimiter: &which.delimiter,
            start,
            common_prefix_before: &which.after,
            max: which.max,
        };
        let walked = walk.walk().await?;
        let mut listing = Listing { truncated: walked.truncated, ..Listing::default() };
        let mut last = String::new();
        for step in walked.steps {
            match step {
                Step::Row { name, value, .. } => {
                    let object = decode_object(&which.bucket, &name, &value)?;
                    last = name;
                    listing.objects.push(object);
                }
                Step::CommonPrefix(prefix) => {
                    last.clone_from(&prefix);
                    listing.common_prefixes.push(prefix);
                }
            }
        }
        listing.next = listing.truncated.then_some(last);
        Ok(listing)
    }
}
