//! The OSS front end: a request becomes a call, the call an operation, and its outcome an answer in OSS's words.

pub(crate) mod announced;
pub(crate) mod attributes;
pub(crate) mod call;
pub(crate) mod caller_overrides;
pub(crate) mod client_encryption;
pub(crate) mod conditions;
pub(crate) mod configurations;
pub(crate) mod copy_source;
pub(crate) mod endpoints;
pub(crate) mod failure;
pub(crate) mod form;
pub(crate) mod kept;
pub(crate) mod object_lookup;
pub(crate) mod ops;
pub(crate) mod paging;
pub(crate) mod public_key;
pub(crate) mod request;
pub(crate) mod resource_group;
pub(crate) mod service;
pub(crate) mod settings;
pub(crate) mod stored_policy;
pub(crate) mod symlink;
pub(crate) mod tags;
pub(crate) mod throttle;
pub(crate) mod upload_body;
pub(crate) mod versions;
