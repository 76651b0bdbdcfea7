//! Callback keys of a cluster while it serves: a node makes another one, and the rest find it in the store, where each looks
//! every few seconds, and at once when somebody asks for a key that it does not know.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ossicle_callback::SigningKey;
use tokio::sync::watch;

use super::{KeyError, sealed};
use crate::app::App;
use crate::stop::stopped;

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// The least time between two, however many ask for keys that there are not.
const NO_SOONER: Duration = Duration::from_millis(500);

/// Looks for keys of other nodes until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if !app.store.is_shared() {
        return;
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stopped(&mut stop) => return,
        }
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "cannot look for callback keys that other nodes made; it is tried again");
        }
    }
}

/// Returns the public key in the file `name`, which another node may have made just now.
pub(crate) async fn public_pem(app: &App, name: &str) -> Option<String> {
    if let Some(pem) = app.callbacks.public_pem(name) {
        return Some(pem);
    }
    super::public_key_url::version_of(name)?;
    if app.store.is_shared()
        && let Err(error) = Box::pin(look(app)).await
    {
        tracing::warn!(%error, "cannot look for a callback key that somebody asks for");
    }
    app.callbacks.public_pem(name)
}

/// Makes another key, with which all nodes sign from a few seconds later on. Returns its version. Of nodes that do so at the
/// same time, all make the same one.
pub(crate) async fn rotate(app: &App) -> Result<u32, KeyError> {
    let newest = sealed::read(&app.store, &app.master_key).await?.map_or(0, |keys| keys.newest());
    let version = newest.saturating_add(1);
    let key = tokio::task::spawn_blocking(SigningKey::generate_rsa_2048).await;
    let key = key.map_err(|error| sealed::unfit(version, &error))?;
    let key = key.map_err(|error| sealed::unfit(version, &error))?;
    sealed::add(&app.store, &app.master_key, version, &key).await?;
    let mut looked = app.callbacks.keys.looked.lock().await;
    *looked = Some(Instant::now());
    load(app).await?;
    Ok(version)
}

/// Looks once, unless somebody has just now.
async fn look(app: &App) -> Result<(), KeyError> {
    let mut looked = app.callbacks.keys.looked.lock().await;
    if looked.is_some_and(|at| at.elapsed() < NO_SOONER) {
        return Ok(());
    }
    *looked = Some(Instant::now());
    let found = sealed::versions(&app.store).await?;
    if app.callbacks.keys.now().has_all_of(found) { Ok(()) } else { load(app).await }
}

/// Takes the keys in the store.
async fn load(app: &App) -> Result<(), KeyError> {
    if let Some(keys) = sealed::read(&app.store, &app.master_key).await? {
        tracing::info!(version = keys.newest(), "callbacks are signed with another key");
        app.callbacks.keys.replace(keys);
    }
    Ok(())
}
