//! The Alibaba Cloud OSS wire protocol as pure functions and types.
//!
//! This crate owns what a byte on the wire means: names, addresses, operations, signatures, error codes,
//! documents. It does no I/O, reads no clock and knows nothing of storage; time and secrets arrive as
//! arguments.

#![forbid(unsafe_code)]

mod acl;
mod address;
mod conditional;
mod cors;
mod echo;
mod error;
mod error_code;
mod etag;
pub mod form;
pub mod inputs;
mod lifecycle;
mod media_type;
mod names;
mod operation;
pub mod post_policy;
mod query;
mod range;
mod referer;
mod restore;
pub mod sign;
mod sse;
mod storage_class;
pub mod sts;
mod tags;
mod time;
mod traffic_limit;
pub mod xml;
mod xml_text;

pub use acl::{BucketAcl, ObjectAcl};
pub use address::{AddressStyle, Addressed, Addressing, Target};
pub use conditional::{Conditions, Verdict};
pub use cors::{CorsAnswer, CorsRule, CorsRules, PreflightRequest};
pub use echo::shortened;
pub use error::Error;
pub use error_code::ErrorCode;
pub use etag::ETag;
pub use lifecycle::{Candidate, LifecycleRules, LifecycleTime, LifecycleVerdict};
pub use media_type::media_type_for;
pub use names::{BucketName, ObjectKey};
pub use operation::{
    Access, Body, Grant, Level, NotRouted, Operation, Pattern, Resource, configurations, route,
};
pub use query::{Query, percent_decode, percent_encode, percent_encode_path};
pub use range::ByteRange;
pub use referer::RefererConfiguration;
pub use restore::{RestoreInfo, RestoreTier};
pub use sign::SecretKey;
pub use sse::Sse;
pub use storage_class::{DataRedundancyType, StorageClass};
pub use tags::{BucketTags, Tags};
pub use time::Timestamp;
pub use traffic_limit::TrafficLimit;
