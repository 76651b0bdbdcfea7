//! Reads of sealed secrets.

use std::ops::Bound;

use bytes::Bytes;

use crate::Error;
use crate::engine::{Query, View};
use crate::key::{self, Tag};
use crate::record::decode_secret;

/// A sealed secret.
pub(crate) struct SecretOf {
    pub(crate) name: String,
}

impl Query for SecretOf {
    type Output = Option<Bytes>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        view.get(&key::secret(&self.name)).await?.map(|row| decode_secret(&row)).transpose()
    }
}

/// Sealed secrets whose names begin with a prefix, in order of their names.
pub(crate) struct Secrets {
    pub(crate) prefix: String,
    pub(crate) max: usize,
}

impl Query for Secrets {
    type Output = Vec<(String, Bytes)>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let from = key::secret(&self.prefix);
        let end = key::after_prefix(&from);
        let rows = view.scan(Bound::Included(&from), Bound::Excluded(&end), self.max).await?;
        let named = rows.iter().map(|(key, row)| {
            Ok((key::text_after(key, &[Tag::Secret as u8])?.to_owned(), decode_secret(row)?))
        });
        named.collect()
    }
}
