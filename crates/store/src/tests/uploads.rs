//! Data on its way in, and callers that go away.

use std::time::Duration;

use bytes::Bytes;

use super::support::{Engine, bytes, store};
use crate::Error;

/// Whatever the upload waits for when its caller gives up, it does not end as something shorter.
#[tokio::test]
async fn an_upload_whose_caller_stopped_waiting_is_lost() {
    let (_dir, store) = store(Engine::Lsm).await;
    let piece = Bytes::from(bytes(1, 1 << 20));
    let mut given_up = Vec::new();
    for patient in 0..4 {
        let mut upload = store.upload(None);
        for _ in 0..patient {
            upload.write(piece.clone()).await.unwrap();
        }
        for _ in 0..8 {
            // Looks once whether the piece is taken.
            if tokio::time::timeout(Duration::ZERO, upload.write(piece.clone())).await.is_err() {
                given_up.push(patient);
                assert!(matches!(upload.write(piece.clone()).await, Err(Error::Closed)));
                assert!(matches!(upload.finish().await, Err(Error::Closed)));
                break;
            }
        }
    }
    assert_eq!(given_up.first(), Some(&0), "the first piece needs a file, which takes a moment");
}
