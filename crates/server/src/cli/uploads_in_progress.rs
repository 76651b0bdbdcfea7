//! The report of `ossicle fsck` on multipart uploads in progress, and aborting the old ones on request.

use std::fmt::Write as _;
use std::time::Duration;

use ossicle_protocol::Timestamp;
use ossicle_store::{Error, PendingUpload, PendingUploads, Store};
use serde_json::{Value, json};

use crate::background::abandoned_uploads::abort_one;
use crate::terminal::in_a_line;

/// More uploads than this are summed up.
const SHOWN: usize = 100;

/// Uploads looked at in one go.
const LOOK: usize = 500;

/// The interval at which, and the number of times, to see whether the space of what was aborted has been given back.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSES: usize = 600;

/// The uploads that were in progress.
#[derive(Debug, Default)]
pub(super) struct UploadsInProgress {
    shown: Vec<Shown>,
    others: Sum,
    aborted: Sum,
}

#[derive(Debug)]
struct Shown {
    upload: PendingUpload,
    aborted: bool,
}

/// Uploads and bytes.
#[derive(Debug, Default)]
struct Sum {
    uploads: u64,
    bytes: u64,
}

impl Sum {
    fn add(&mut self, upload: &PendingUpload) {
        self.uploads += 1;
        self.bytes = self.bytes.saturating_add(upload.bytes);
    }
}

impl UploadsInProgress {
    /// Finds them all, and aborts those begun before the time.
    pub(super) async fn find(store: &Store, abort_before_ms: Option<i64>) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut after = None;
        loop {
            let page = store
                .pending_uploads(&PendingUploads { after, look: LOOK, ..PendingUploads::default() })
                .await?;
            for upload in page.uploads {
                let is_old = abort_before_ms.is_some_and(|before| upload.initiated_ms < before);
                let aborted = is_old && abort_one(store, &upload).await?;
                found.add(upload, aborted);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if found.aborted.uploads > 0 {
            wait_for_space(store).await?;
        }
        Ok(found)
    }

    fn add(&mut self, upload: PendingUpload, aborted: bool) {
        if aborted {
            self.aborted.add(&upload);
        }
        if self.shown.len() < SHOWN {
            self.shown.push(Shown { upload, aborted });
        } else {
            self.others.add(&upload);
        }
    }

    /// Writes a line for each, and what can be done about them.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        for Shown { upload, aborted } in &self.shown {
            let PendingUpload { bucket, upload_id, parts, bytes, .. } = upload;
            let key = in_a_line(&upload.key);
            let begun = Timestamp::from_unix_millis(upload.initiated_ms).iso8601_millis();
            let what = if *aborted { "aborted" } else { "in progress" };
            let _ = writeln!(
                text,
                "{what}: upload {upload_id} of {bucket}/{key}, begun {begun}, {parts} parts, {bytes} bytes"
            );
        }
        let Sum { uploads, bytes } = &self.others;
        if *uploads > 0 {
            let _ = writeln!(text, "and {uploads} more uploads with {bytes} bytes");
        }
        let Sum { uploads, bytes } = &self.aborted;
        if *uploads > 0 {
            let _ = writeln!(text, "aborted {uploads} uploads with {bytes} bytes");
        } else if !self.shown.is_empty() {
            text.push_str(
                "uploads keep their space until they are completed or aborted; --repair \
                 --abort-uploads-older-than 7d aborts old ones\n",
            );
        }
        text
    }

    /// Writes the same for programs.
    pub(super) fn to_json(&self) -> Value {
        let shown = self.shown.iter().map(|Shown { upload, aborted }| {
            json!({
                "bucket": upload.bucket, "key": upload.key, "upload_id": upload.upload_id,
                "initiated": Timestamp::from_unix_millis(upload.initiated_ms).iso8601_millis(),
                "parts": upload.parts, "bytes": upload.bytes, "aborted": aborted,
            })
        });
        json!({
            "shown": shown.collect::<Vec<_>>(),
            "others": { "uploads": self.others.uploads, "bytes": self.others.bytes },
            "aborted": { "uploads": self.aborted.uploads, "bytes": self.aborted.bytes },
        })
    }
}

/// Waits for files to be removed in the background; what is left after a while is left to the server's next start.
async fn wait_for_space(store: &Store) -> Result<(), Error> {
    for _ in 0..PAUSES {
        if store.reclaim_queue().await? == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
