//! What operators see: logs, the access log, metrics, and the ids of requests.

pub(crate) mod access_log;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod request_id;
