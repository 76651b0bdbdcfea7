//! Whether this node can serve: the database and the place for content answer. Whoever asks within a second of another gets
//! the same answer, so that many questions are no load, and no answer takes longer than what is asked may.

use std::time::{Duration, Instant};

use ossicle_store::Error;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::ThisNode;
use crate::app::App;

/// An answer is given again for this long.
const KEPT: Duration = Duration::from_secs(1);

/// What has not answered for this long is out of reach.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What this node was last found to be missing.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<(Instant, Option<Missing>)>>,
}

/// What keeps a node from serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The database does not answer.
    Database,
    /// The database answers, and takes no heartbeat.
    Commits,
    /// The place for content does not answer, or is not this cluster's.
    Content,
}

impl Missing {
    /// Says it without a word of where that is: whoever asks may be a stranger.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Database => "the metadata database is out of reach",
            Self::Commits => "the metadata database takes no changes",
            Self::Content => "the place for content is out of reach",
        }
    }
}

impl Readiness {
    /// Tells what this node is missing. A server with a folder of its own has what it needs.
    pub(crate) async fn missing(&self, app: &App) -> Option<Missing> {
        if !app.store.is_shared() {
            return None;
        }
        let mut last = self.last.lock().await;
        if let Some((at, missing)) = *last
            && at.elapsed() < KEPT
        {
            return missing;
        }
        let before = last.as_ref().and_then(|(_, missing)| *missing);
        let (database, content) = tokio::join!(
            timeout(PATIENCE, app.store.reach_metadata()),
            timeout(PATIENCE, app.store.reach_content()),
        );
        let missing = find_missing(&database, &content, &app.node);
        if missing != before {
            tell(missing, &database, &content);
        }
        *last = Some((Instant::now(), missing));
        missing
    }
}

/// What came of a question.
type Answer = Result<Result<(), Error>, tokio::time::error::Elapsed>;

fn find_missing(database: &Answer, content: &Answer, node: &ThisNode) -> Option<Missing> {
    match (database, content) {
        (Ok(Ok(())), Ok(Ok(()))) => (!node.is_heard()).then_some(Missing::Commits),
        (Ok(Ok(())), _) => Some(Missing::Content),
        _ => Some(Missing::Database),
    }
}

/// Writes a line for the operator, with the cause.
fn tell(missing: Option<Missing>, database: &Answer, content: &Answer) {
    let Some(missing) = missing else {
        tracing::info!("this node is ready again");
        return;
    };
    let cause = match if missing == Missing::Content { content } else { database } {
        Ok(Ok(())) => String::new(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} ms", PATIENCE.as_millis()),
    };
    tracing::warn!(cause, "this node is not ready: {}", missing.in_words());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_missing() {
        let fine = || Ok(Ok(()));
        let failed = || Ok(Err(Error::Busy));
        let silent = timeout(PATIENCE, std::future::pending()).await;
        let node = ThisNode::new("a", "http", "10.0.0.5:9000".parse().unwrap(), 0);
        assert_eq!(find_missing(&fine(), &fine(), &node), None);
        assert_eq!(find_missing(&fine(), &failed(), &node), Some(Missing::Content));
        assert_eq!(find_missing(&fine(), &silent, &node), Some(Missing::Content));
        assert_eq!(find_missing(&failed(), &fine(), &node), Some(Missing::Database));
        assert_eq!(find_missing(&silent, &failed(), &node), Some(Missing::Database));
        node.note_heard(false);
        assert_eq!(find_missing(&fine(), &fine(), &node), Some(Missing::Commits));
        assert_eq!(find_missing(&fine(), &failed(), &node), Some(Missing::Content));
        node.note_heard(true);
        assert_eq!(find_missing(&fine(), &fine(), &node), None);
    }
}
