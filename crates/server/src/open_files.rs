//! How many files the process may have open, and what they are for: connections, data files that are read or written, and
//! the files of the index.

use anyhow::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More are never needed, and some systems refuse "without limit".
const MOST: u64 = 1 << 20;

/// What the process needs for itself: the log, the runtimes, the listeners, connections that are told that there are too
/// many, and connections to application servers that are kept.
const RESERVE: u64 = 256;

/// A quarter of the limit, and no more than this, is for files that the index keeps open.
const MOST_OF_INDEX: u64 = 8192;

/// Connections that are not limited by the number of files: what they take of memory counts then.
const MOST_CONNECTIONS: u64 = 16_384;
const MOST_CONSOLE_CONNECTIONS: u64 = 4096;

/// The fewest connections, however few files there may be.
const FEWEST_CONNECTIONS: u64 = 16;

/// Connections at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    pub(crate) api: usize,
    pub(crate) console: usize,
}

/// Raises the limit to what the system allows, and returns it. Shells and service managers set it low, to 1,024 as a rule,
/// for the sake of old programs; it is for others to raise it.
pub(crate) fn allow_many() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    if let Some(current) = current.filter(|current| *current >= wanted) {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => {
            tracing::debug!(limit = wanted, "raised the limit of open files");
            wanted
        }
        Err(error) => {
            tracing::warn!(
                %error,
                limit = current,
                "could not raise the limit of open files; `ulimit -n` before the start does, if there are many \
                 connections"
            );
            current.unwrap_or(wanted)
        }
    }
}

/// Divides up the files that may be open. Each connection of the API may have a data file besides, so that uploads and
/// downloads of large objects work however many connections there are. 0 stands for what there is room for.
pub(crate) fn connection_limits(files: u64, api: usize, console: usize) -> anyhow::Result<ConnectionLimits> {
    let index = (files / 4).min(MOST_OF_INDEX);
    let others = index + RESERVE.min(files / 4);
    let console = match console as u64 {
        0 => (files / 8).clamp(FEWEST_CONNECTIONS, MOST_CONSOLE_CONNECTIONS),
        console => console,
    };
    let api = match api as u64 {
        0 => (files.saturating_sub(others + console) / 2).clamp(FEWEST_CONNECTIONS, MOST_CONNECTIONS),
        api => api,
    };
    let needed = others.saturating_add(console).saturating_add(api.saturating_mul(2));
    if needed > files.max(FEWEST_CONNECTIONS * 8) {
        bail!(
            "server.max_connections ({api}) and server.max_console_connections ({console}) may need {needed} open \
             files, and the system allows {files}: lower them, set them to 0, or raise the limit (`ulimit -n`, \
             LimitNOFILE= in a systemd unit)"
        );
    }
    Ok(ConnectionLimits { api: usize::try_from(api)?, console: usize::try_from(console)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_divided_up() {
        let limits = |files, api, console| {
            connection_limits(files, api, console).ok().map(|limits| (limits.api, limits.console))
        };
        let cases = [
            (1 << 20, 0, 0, Some((16_384, 4096))),
            (65_536, 0, 0, Some((16_384, 4096))),
            (20_000, 0, 0, Some((6122, 2500))),
            (1024, 0, 0, Some((192, 128))),
            (64, 0, 0, Some((16, 16))),
            (1024, 200, 50, Some((200, 50))),
            (1024, 300, 0, None),
            (1024, 0, 600, None),
            (1 << 20, usize::MAX, 0, None),
        ];
        for (files, api, console, expected) in cases {
            assert_eq!(limits(files, api, console), expected, "{files} {api} {console}");
        }
    }
}
