//! Operations on the leases of jobs.

use super::Store;
use crate::command::{AcquireJob, RenewJob};
use crate::{Error, JobLease, key};

impl Store {
    /// Takes the lease of a job until a time; `None` if another owner has it. Whoever has it already takes a new one. Times are
    /// of the caller's clock; where nodes share the store, who has the lease goes by a clock that they share as well.
    ///
    /// # Errors
    /// [`Error::InvalidName`], and failures of the disk.
    pub async fn acquire_job(
        &self,
        job: &str,
        owner: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Option<JobLease>, Error> {
        key::check_job(job)?;
        key::check_job(owner)?;
        let (job, owner) = (job.to_owned(), owner.to_owned());
        self.parts.engine.commit(AcquireJob { job, owner, now_ms, until_ms }, None).await
    }

    /// Puts off the end of a lease to that of the one given, which the caller's clock reaches as long after `now_ms`.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if somebody else has taken the job since.
    pub async fn renew_job(&self, lease: JobLease, now_ms: i64) -> Result<(), Error> {
        self.parts.engine.commit(RenewJob { lease, now_ms: Some(now_ms) }, None).await
    }

    /// Ends a lease, so that the job is free at once.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if somebody else has taken the job since.
    pub async fn release_job(&self, lease: JobLease) -> Result<(), Error> {
        self.parts.engine.commit(RenewJob { lease, now_ms: None }, None).await
    }
}
