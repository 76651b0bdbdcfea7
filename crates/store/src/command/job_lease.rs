//! Commands of the leases of jobs. A row stays when its lease ends, so that fencing numbers never go back.

use bytes::Bytes;

use super::data::scan_prefix;
use crate::engine::{Command, Txn};
use crate::key::{self, Tag};
use crate::lease_clock::ClockShift;
use crate::record::{decode_job_lease, encode_job_lease};
use crate::{Error, JobLease};

/// Takes the lease of a job unless somebody else has it.
#[derive(Debug)]
pub(crate) struct AcquireJob {
    pub(crate) job: String,
    pub(crate) owner: String,
    pub(crate) now_ms: i64,
    pub(crate) until_ms: i64,
}

/// A lease that would last so many times as long as a new one was taken by a clock that was far ahead.
const LONGEST: i64 = 4;

impl AcquireJob {
    fn may_last(&self, held: &JobLease, now_ms: i64) -> bool {
        let length = self.until_ms.saturating_sub(self.now_ms);
        held.until_ms.saturating_sub(now_ms) <= length.saturating_mul(LONGEST)
    }
}

impl Command for AcquireJob {
    type Output = Option<JobLease>;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::job_lease(&self.job));
    }

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Option<JobLease>, Error> {
        let shift = ClockShift::within(txn, self.now_ms).await?;
        let now_ms = shift.kept(self.now_ms);
        let held = get(txn, &self.job).await?;
        let is_held = |held: &JobLease| held.until_ms > now_ms && self.may_last(held, now_ms);
        if held.as_ref().is_some_and(|held| held.owner != self.owner && is_held(held)) {
            return Ok(None);
        }
        let lease = JobLease {
            job: self.job.clone(),
            owner: self.owner.clone(),
            until_ms: shift.kept(self.until_ms),
            fencing: held.map_or(0, |held| held.fencing).saturating_add(1),
        };
        txn.put(key::job_lease(&self.job), encode_job_lease(&lease));
        Ok(Some(JobLease { until_ms: self.until_ms, ..lease }))
    }
}

/// Puts off the end of a lease, or ends it.
#[derive(Debug)]
pub(crate) struct RenewJob {
    pub(crate) lease: JobLease,
    /// Without a time the lease ends.
    pub(crate) now_ms: Option<i64>,
}

impl Command for RenewJob {
    type Output = ();
    const GROWS: bool = false;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::job_lease(&self.lease.job));
    }

    fn asks_time(&self) -> bool {
        self.now_ms.is_some()
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let held = get(txn, &self.lease.job).await?;
        if held.is_none_or(|held| held.fencing != self.lease.fencing) {
            return Err(Error::LeaseLost);
        }
        let until_ms = match self.now_ms {
            Some(now_ms) => ClockShift::within(txn, now_ms).await?.kept(self.lease.until_ms),
            None => ENDED,
        };
        let lease = JobLease { until_ms, ..self.lease.clone() };
        txn.put(key::job_lease(&self.lease.job), encode_job_lease(&lease));
        Ok(())
    }
}

/// Ends the leases of all jobs, whose holders are gone.
#[derive(Debug)]
pub(crate) struct ReleaseJobs;

impl Command for ReleaseJobs {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let base = key::whole(Tag::JobLease);
        for (key, row) in scan_prefix(txn, &base, usize::MAX).await? {
            let Ok(lease) = decode_job_lease(key::text_after(&key, &base)?, &row) else { continue };
            if lease.until_ms > ENDED {
                txn.put(key, encode_job_lease(&JobLease { until_ms: ENDED, ..lease }));
            }
        }
        Ok(())
    }
}

/// The end of a lease that nobody has.
pub(crate) const ENDED: i64 = 0;

async fn get<T: Txn>(txn: &mut T, job: &str) -> Result<Option<JobLease>, Error> {
    let row = txn.get(&key::job_lease(job)).await?;
    row.map(|row| decode_job_lease(job, &row)).transpose()
}
