//! How many files the process may have open: connections, data files that are read, and the files of the index.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More are never needed, and some systems refuse "without limit".
const MOST: u64 = 1 << 20;

/// Raises the limit to what the system allows. Shells and service managers set it low, to 1,024 as a rule, for the sake of
/// old programs; it is for others to raise it.
pub(crate) fn allow_many() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => tracing::debug!(limit = wanted, "raised the limit of open files"),
        Err(error) => tracing::warn!(
            %error,
            limit = current,
            "could not raise the limit of open files; `ulimit -n` before the start does, if there are many connections"
        ),
    }
}
