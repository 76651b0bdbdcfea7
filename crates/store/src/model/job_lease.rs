//! Leases of jobs, so that of several processes that share a store one runs a job at a time.

/// The right to run a job, which nobody else has until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLease {
    /// The job's name.
    pub job: String,
    /// Who has it.
    pub owner: String,
    /// When it ends, in milliseconds since 1970.
    pub until_ms: i64,
    /// A number that grows with every lease of the job: whoever has a smaller one has lost it.
    pub fencing: u64,
}
