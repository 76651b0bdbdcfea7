//! Operations on the secrets that the processes of one store share. They are sealed by the caller; the store knows no key.

use bytes::Bytes;

use super::Store;
use crate::Error;
use crate::command::PutSecretIfAbsent;
use crate::key::check_label;
use crate::query::{SecretOf, Secrets};

impl Store {
    /// Looks up a sealed secret.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and failures of the disk.
    pub async fn secret(&self, name: &str) -> Result<Option<Bytes>, Error> {
        check_label(name)?;
        self.parts.engine.query(SecretOf { name: name.to_owned() }).await
    }

    /// Keeps a sealed secret, unless there is one of that name. Returns the one that is kept: of several processes that make
    /// one at the same time, all get the same.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and failures of the disk.
    pub async fn put_secret_if_absent(&self, name: &str, sealed: Bytes) -> Result<Bytes, Error> {
        check_label(name)?;
        self.parts.engine.commit(PutSecretIfAbsent { name: name.to_owned(), sealed }, None).await
    }

    /// Lists up to so many sealed secrets whose names begin with a prefix, in order of their names.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn secrets(&self, prefix: &str, max: usize) -> Result<Vec<(String, Bytes)>, Error> {
        self.parts.engine.query(Secrets { prefix: prefix.to_owned(), max }).await
    }
}
