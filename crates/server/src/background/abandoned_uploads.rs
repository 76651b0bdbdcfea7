//! Multipart uploads that were begun long ago and that nobody has completed or aborted: told at start, and aborted
//! where the operator wants it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ossicle_store::{AbortUpload, Error, PendingPage, PendingUpload, PendingUploads, Store};
use tokio::sync::watch;

use crate::app::{self, App};
use crate::background::{Job, LEASE};
use crate::stop::stopped;

/// Uploads in progress for longer are told at start.
const TOLD_AFTER_DAYS: u32 = 7;

/// How often abandoned uploads are looked for.
const ABORT_EVERY: Duration = Duration::from_secs(60 * 60);

/// Uploads looked at in one go.
const LOOK: usize = 500;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Returns the job that aborts abandoned uploads, if the operator wants it.
pub(crate) fn job(app: &App) -> Option<Job> {
    let run = |app: Arc<App>, stop| async move { abort_old(&app, &stop).await }.boxed();
    let job = Job { name: "abort-abandoned-uploads", every: ABORT_EVERY, lease: LEASE, run };
    (app.config.storage.abort_multipart_days > 0).then_some(job)
}

async fn abort_old(app: &App, stop: &watch::Receiver<bool>) -> Result<(), Error> {
    let now_ms = app.clock.now_ms(app::now().unix_millis());
    abort(&app.store, cutoff_ms(now_ms, app.config.storage.abort_multipart_days), stop).await
}

/// Says once, at the start, what lies in uploads that look abandoned, where nothing aborts them.
pub(crate) async fn tell_at_start(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if app.config.storage.abort_multipart_days > 0 {
        return;
    }
    tokio::select! {
        told = tell(&app.store, app::now().unix_millis()) => if let Err(error) = told {
            tracing::warn!(%error, "cannot look for abandoned multipart uploads");
        },
        () = stopped(&mut stop) => {}
    }
}

/// Returns the time before which an upload must have begun to be that many days old.
fn cutoff_ms(now_ms: i64, days: u32) -> i64 {
    now_ms.saturating_sub(i64::from(days).saturating_mul(DAY_MS))
}

/// Says how much lies in uploads that look abandoned, and what to do about it.
async fn tell(store: &Store, now_ms: i64) -> Result<(), Error> {
    let before_ms = cutoff_ms(now_ms, TOLD_AFTER_DAYS);
    let (mut uploads, mut bytes, mut oldest_ms) = (0_u64, 0_u64, now_ms);
    let mut after = None;
    loop {
        let page = look(store, before_ms, after).await?;
        for upload in page.uploads {
            uploads += 1;
            bytes = bytes.saturating_add(upload.bytes);
            oldest_ms = oldest_ms.min(upload.initiated_ms);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if uploads > 0 {
        let oldest_days = now_ms.saturating_sub(oldest_ms) / DAY_MS;
        tracing::info!(
            uploads,
            bytes,
            oldest_days,
            "multipart uploads were begun more than {TOLD_AFTER_DAYS} days ago and neither completed nor aborted; \
             storage.abort_multipart_days = {TOLD_AFTER_DAYS} aborts such uploads, as does `ossicle fsck --repair \
             --abort-uploads-older-than {TOLD_AFTER_DAYS}d` while the server is stopped"
        );
    }
    Ok(())
}

/// Aborts every upload begun before the time.
async fn abort(store: &Store, before_ms: i64, stop: &watch::Receiver<bool>) -> Result<(), Error> {
    let (mut aborted, mut bytes) = (0_u64, 0_u64);
    let mut after = None;
    loop {
        let page = look(store, before_ms, after).await?;
        for upload in page.uploads {
            if *stop.borrow() {
                return Ok(());
            }
            let outcome = abort_one(store, &upload).await;
            if let Err(error) = &outcome
                && !error.is_retryable()
            {
                // The others may do better.
                tracing::warn!(bucket = upload.bucket, key = upload.key, %error, "cannot abort a multipart upload");
                continue;
            }
            if outcome? {
                tracing::info!(
                    bucket = upload.bucket,
                    key = upload.key,
                    upload_id = upload.upload_id,
                    parts = upload.parts,
                    bytes = upload.bytes,
                    "aborted an abandoned multipart upload"
                );
                aborted += 1;
                bytes = bytes.saturating_add(upload.bytes);
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if aborted > 0 {
        tracing::info!(aborted, bytes, "aborted abandoned multipart uploads");
    }
    Ok(())
}

/// Tells whether the upload was still there to be aborted.
pub(crate) async fn abort_one(store: &Store, upload: &PendingUpload) -> Result<bool, Error> {
    let PendingUpload { bucket, key, upload_id, .. } = upload.clone();
    match store.abort(AbortUpload { bucket, key, upload_id, idle_since_ms: None }).await {
        Ok(()) => Ok(true),
        Err(Error::NoSuchUpload | Error::NoSuchBucket) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a page of old uploads.
async fn look(
    store: &Store,
    before_ms: i64,
    after: Option<ossicle_store::PendingCursor>,
) -> Result<PendingPage, Error> {
    store
        .pending_uploads(&PendingUploads {
            bucket: None,
            begun_before_ms: Some(before_ms),
            after,
            look: LOOK,
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_without_overflow() {
        let cases = [
            (10 * DAY_MS, 7, 3 * DAY_MS),
            (0, 7, -7 * DAY_MS),
            (i64::MIN, 1, i64::MIN),
            (0, u32::MAX, -i64::from(u32::MAX) * DAY_MS),
        ];
        for (now_ms, days, expected) in cases {
            assert_eq!(cutoff_ms(now_ms, days), expected, "{now_ms} {days}");
        }
    }
}
