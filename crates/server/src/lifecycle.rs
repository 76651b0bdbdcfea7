//! What lifecycle rules of buckets do: they are told with objects that will expire, and carried out by runs over all buckets.
//! What a rule means is the protocol's.

mod candidate;
pub(crate) mod expiration;
pub(crate) mod report;
pub(crate) mod run;
mod versions;
