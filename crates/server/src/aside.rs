//! Work that may take long, such as waiting for the disk: on a blocking thread, since it would hold up the other
//! connections of the thread that serves this one.

use tracing::Span;

use crate::failure::Failure;

/// Does the work on a blocking thread. It must not wait for work of the same kind: their number is limited.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let span = Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
        .await
        .map_err(|error| Failure::internal("work on a blocking thread ended early", &error))
}
