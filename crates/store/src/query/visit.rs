//! What a request about a bucket looks at first, in one look.

use std::sync::Arc;

use super::bucket::BucketOf;
use super::object::OpenObject;
use super::version::AtVersion;
use crate::engine::{Query, View};
use crate::record::decode_version;
use crate::version_row::VersionRow;
use crate::{Bucket, Error, Object, key};

/// A bucket that is known perhaps, an object that is asked for perhaps, and the version of all identities.
pub(crate) struct Visiting {
    pub(crate) bucket: AtVersion<BucketOf>,
    pub(crate) object: Option<OpenObject>,
    /// Whether the object's content is wanted, too.
    pub(crate) reads: bool,
}

/// What there was.
pub(crate) struct Seen {
    pub(crate) settings_version: u64,
    pub(crate) bucket: Option<Arc<Bucket>>,
    pub(crate) identity_version: u64,
    pub(crate) object: Option<Object>,
}

impl Query for Visiting {
    type Output = Seen;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Seen, Error> {
        let identities = VersionRow::Identities.key();
        let object = self.object.as_ref().map(|sought| sought.object.row());
        let name = &self.bucket.query.name;
        let mut keys = vec![self.bucket.row.key(), identities.clone(), key::bucket(name)];
        keys.extend(object.clone());
        view.prefetch(&keys, object.as_ref().filter(|_| self.reads)).await?;
        let (settings_version, bucket) = self.bucket.run(view).await?;
        let identity_version = decode_version(view.get(&identities).await?.as_deref())?;
        let object = match &self.object {
            Some(sought) if self.reads => sought.run(view).await?,
            Some(sought) => sought.object.run(view).await?.map(|fields| Object { fields, at_hand: None }),
            None => None,
        };
        Ok(Seen { settings_version, bucket, identity_version, object })
    }
}
