//! Whether what a store is kept in answers.

use super::Store;
use crate::Error;
use crate::query::Reach;

impl Store {
    /// Asks the database, or the folder, for a row.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it is out of reach.
    pub async fn reach_metadata(&self) -> Result<(), Error> {
        self.parts.engine.query(Reach).await
    }

    /// Asks the place for content, where nodes share one, whether it is there and this store's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it is out of reach.
    pub async fn reach_content(&self) -> Result<(), Error> {
        self.parts.blobs.reach().await
    }
}
