//! The job that deletes the rows of nonces that are over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;

use crate::app::{self, App};
use crate::background::{Job, LEASE};

/// How often the rows of nonces that are over are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(15 * 60);

/// Returns the job that forgets nonces of requests that are not valid any more.
pub(crate) fn job() -> Job {
    let run = |app: Arc<App>, stop: watch::Receiver<bool>| {
        async move {
            let now_ms = app.clock.now_ms(app::now().unix_millis());
            app.store.forget_nonces(now_ms, || *stop.borrow()).await
        }
        .boxed()
    };
    Job { name: "forget-nonces", every: FORGET_EVERY, lease: LEASE, run }
}
