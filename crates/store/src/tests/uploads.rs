//! Data on its way in: callers that go away, and parts that have to come in order.

use std::time::Duration;

use bytes::Bytes;

use super::support::{Engine, bytes, engines, get, initiate, open, put_part, store, stored};
use crate::{
    AbortUpload, CompleteUpload, Error, NewUpload, PartPlace, Parts, PendingUploads, PutPart, Reader, Store,
};

async fn all(mut reader: Reader) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(piece) = reader.next().await {
        content.extend_from_slice(&piece.unwrap());
    }
    content
}

/// Stretches of a file of this length: its ends, across the middle, nothing, and past the end.
fn stretches(length: u64) -> [std::ops::Range<u64>; 6] {
    let middle = length / 2;
    [
        0..10,
        middle.saturating_sub(5)..middle + 5,
        length.saturating_sub(7)..length + 100,
        0..length,
        3..3,
        length + 5..length + 9,
    ]
}

fn expected(content: &[u8], range: &std::ops::Range<u64>) -> Vec<u8> {
    let place = |place: u64| usize::try_from(place).unwrap().min(content.len());
    content[place(range.start)..place(range.end)].to_vec()
}

#[tokio::test]
async fn new_data_can_be_read_before_it_is_an_objects() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for length in [0, 100, 40_000, 70_000, 3_000_000] {
            let content = bytes(1, length);
            let data = stored(&store, &content).await.unwrap();
            for range in stretches(length as u64) {
                let read = all(store.read_new(&data, range.clone())).await;
                assert!(read == expected(&content, &range), "{length} {range:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_parts_will_make_can_be_read_before_it_is_made() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for count in [1_u32, 5, 30] {
            let upload_id = initiate(&store, "k").await.unwrap();
            let mut content = Vec::new();
            for number in 1..=count {
                let part = bytes(number.into(), if number % 3 == 0 { 700 } else { 90_000 });
                put_part(&store, "k", &upload_id, number, &part).await.unwrap();
                content.extend(part);
            }
            let complete = CompleteUpload::new("b", "k", upload_id, Parts::All, 1);
            let (_complete, object) = store.preview_complete(complete).await.unwrap();
            for range in stretches(content.len() as u64) {
                let read = all(store.read(&object, range.clone())).await;
                assert!(read == expected(&content, &range), "{count} {range:?}");
            }
        }
    }
}

/// Two clients complete the same upload at once, and one of them looks at what it will be before: it is told that the upload is
/// gone, not that its parts are wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_parts_will_make_is_read_from_one_state() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for round in 0..60_u32 {
            let count = if round % 2 == 0 { 2 } else { 12 };
            let upload_id = initiate(&store, "k").await.unwrap();
            for number in 1..=count {
                put_part(&store, "k", &upload_id, number, &bytes(number.into(), 300)).await.unwrap();
            }
            let complete = || CompleteUpload::new("b", "k", upload_id.clone(), Parts::All, 1);
            let looking = tokio::spawn({
                let (store, listed) = (store.clone(), store.preview_complete(complete()).await.unwrap().0);
                async move {
                    loop {
                        let again = CompleteUpload { parts: listed.parts.clone(), ..complete_of(&listed) };
                        match store.preview_complete(again).await {
                            Ok(_) => {}
                            Err(error) => return error,
                        }
                    }
                }
            });
            store.complete(complete()).await.unwrap();
            let told = looking.await.unwrap();
            assert!(matches!(told, Error::NoSuchUpload), "{engine:?}: {told:?}");
        }
        store.close().await;
    }
}

fn complete_of(other: &CompleteUpload) -> CompleteUpload {
    CompleteUpload::new(&other.bucket, &other.key, other.upload_id.clone(), Parts::All, 1)
}

/// An upload whose caller gives up does not end as something shorter, whatever it waits for just then.
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
    let (mut upload, _) = store.upload_part(&place, None).await?;
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
    for engine in engines() {
        let (dir, mut store) = store(engine).await;
        let new = NewUpload { bucket: "b".into(), key: "k".into(), sequential: true, ..NewUpload::default() };
        let id = store.initiate(new).await.unwrap();
        let contents = [bytes(1, 1000), bytes(2, 2_000_003), bytes(3, 1024), bytes(4, 700_000), bytes(5, 1)];
        for (content, number) in contents.iter().zip(1..) {
            assert_eq!(put_next(&store, &id, number + 1, b"x").await, Err(Error::PartNotSequential));
            // Begun in time, and overtaken by another upload of the number.
            let place = PartPlace { bucket: "b", key: "k", upload_id: &id, number };
            let (late, info) = store.upload_part(&place, None).await.unwrap();
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
        let complete = CompleteUpload::new("b", "k", id, Parts::All, 1);
        let object = store.complete(complete).await.unwrap();
        let whole = contents.concat();
        assert_eq!(object.md5, Some(Md5::digest(&whole).into()));
        assert!(object.etag.ends_with("-5"));
        assert!(get(&store, "k").await.unwrap() == whole);
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}

#[tokio::test]
async fn an_upload_that_somebody_works_on_is_not_idle() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        super::support::bucket(&store, "c").await;
        let new = |bucket: &str, now_ms| NewUpload {
            bucket: bucket.into(),
            key: "k".into(),
            now_ms,
            ..NewUpload::default()
        };
        let other = store.initiate(new("c", 10)).await.unwrap();
        let id = store.initiate(new("b", 10)).await.unwrap();
        // Parts are written at the time 1000.
        put_part(&store, "k", &id, 1, &bytes(1, 700)).await.unwrap();
        let of = |bucket: &str| {
            let which = PendingUploads { bucket: Some(bucket.into()), look: 9, ..PendingUploads::default() };
            let store = &store;
            async move {
                let uploads = store.pending_uploads(&which).await.unwrap().uploads;
                uploads.into_iter().map(|upload| (upload.upload_id, upload.active_ms)).collect::<Vec<_>>()
            }
        };
        assert_eq!(of("b").await, [(id.clone(), 1000)]);
        assert_eq!(of("c").await, [(other, 10)]);
        assert_eq!(of("bb").await, []);
        let abort = |idle_since_ms| AbortUpload {
            bucket: "b".into(),
            key: "k".into(),
            upload_id: id.clone(),
            idle_since_ms: Some(idle_since_ms),
        };
        for idle_since_ms in [9, 999] {
            assert_eq!(store.abort(abort(idle_since_ms)).await, Err(Error::PreconditionFailed));
        }
        assert_eq!(of("b").await.len(), 1);
        store.abort(abort(1000)).await.unwrap();
        assert_eq!(of("b").await, []);
    }
}
