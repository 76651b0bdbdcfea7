//! The record of a job's lease.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{Error, JobLease};

pub(crate) fn encode_job_lease(lease: &JobLease) -> Bytes {
    let mut out = Encoder::with_capacity(48);
    out.u8(VERSION);
    out.text(&lease.owner);
    out.i64(lease.until_ms);
    out.u64(lease.fencing);
    out.finish()
}

pub(crate) fn decode_job_lease(job: &str, row: &[u8]) -> Result<JobLease, Error> {
    let mut from = Decoder::new(row, "the lease of a job");
    expect_version(&mut from)?;
    let (owner, until_ms, fencing) = (from.text()?, from.i64()?, from.u64()?);
    from.end()?;
    Ok(JobLease { job: job.to_owned(), owner, until_ms, fencing })
}
