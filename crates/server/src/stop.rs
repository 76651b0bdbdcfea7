//! The sign to stop, which the server gives to everything that runs in it.

use tokio::sync::watch;

/// Waits until the sign is given, or the server that would give it is gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
