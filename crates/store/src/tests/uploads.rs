//! Data on its way in: callers that go away, and parts that have to come in order.

use std::time::Duration;

use bytes::Bytes;

use super::support::{ENGINES, Engine, bytes, get, open, put_part, store};
use crate::{CompleteUpload, Error, NewUpload, PartPlace, Parts, PutPart, Store};

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

async fn put_next(store: &Store, upload_id: &str, number: u32, content: &[u8]) -> Result<(), Error> {
    let place = PartPlace { bucket: "b", key: "k", upload_id, number };
    let (mut upload, _) = store.upload_part(&place, None)?;
    for piece in content.chunks(100_000) {
        upload.write(Bytes::copy_from_slice(piece)).await?;
    }
    let data = upload.finish().await?;
    let upload_id = upload_id.to_owned();
    let part = PutPart { bucket: "b".into(), key: "k".into(), upload_id, number, data, now_ms: 1 };
    store.put_part(part).await.map(drop)
}

#[tokio::test]
async fn parts_in_order_give_the_md5_of_the_whole() {
    use md5::{Digest as _, Md5};
    for engine in ENGINES {
        let (dir, mut store) = store(engine).await;
        let new = NewUpload { bucket: "b".into(), key: "k".into(), sequential: true, ..NewUpload::default() };
        let id = store.initiate(new).await.unwrap();
        let contents = [bytes(1, 1000), bytes(2, 2_000_003), bytes(3, 1024), bytes(4, 700_000), bytes(5, 1)];
        for (content, number) in contents.iter().zip(1..) {
            assert_eq!(put_next(&store, &id, number + 1, b"x").await, Err(Error::PartNotSequential));
            // Begun in time, and overtaken by another upload of the number.
            let place = PartPlace { bucket: "b", key: "k", upload_id: &id, number };
            let (late, info) = store.upload_part(&place, None).unwrap();
            assert!(info.sequential);
            put_next(&store, &id, number, content).await.unwrap();
            let data = late.finish().await.unwrap();
            let part = PutPart {
                bucket: "b".into(),
                key: "k".into(),
                upload_id: id.clone(),
                number,
                data,
                now_ms: 1,
            };
            assert!(matches!(store.put_part(part).await, Err(Error::PartExists { .. })));
            assert!(matches!(put_next(&store, &id, number, b"x").await, Err(Error::PartExists { .. })));
            // What came without continuing the hash is no part of it.
            let refused = put_part(&store, "k", &id, number + 1, b"x").await.unwrap_err();
            assert_eq!(refused, Error::PartNotSequential);
            store.close().await;
            drop(store);
            store = open(dir.path(), engine);
        }
        let complete = CompleteUpload {
            bucket: "b".into(),
            key: "k".into(),
            upload_id: id,
            parts: Parts::All,
            min_part_size: 0,
            forbid_overwrite: false,
            acl: None,
            size: None,
            crc64: None,
            now_ms: 1,
            journal: None,
        };
        let object = store.complete(complete).await.unwrap();
        let whole = contents.concat();
        assert_eq!(object.md5, Some(Md5::digest(&whole).into()));
        assert!(object.etag.ends_with("-5"));
        assert!(get(&store, "k").await.unwrap() == whole);
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}
