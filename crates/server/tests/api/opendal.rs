//! Apache OpenDAL, whose service `oss` is a client of OSS that is none of OSS's own: it signs, asks and reads by itself.

use std::sync::LazyLock;
use std::time::Duration;

use opendal::services::Oss;
use opendal::{EntryMode, ErrorKind, Operator};
use tokio::runtime::Runtime;

use crate::bucket_versioning::set;
use crate::harness::Bucket;
use crate::harness::signing::root_key;

fn operator(bucket: &Bucket) -> Operator {
    opendal::install_default();
    let key = root_key();
    let endpoint = format!("http://{}", bucket.server.address());
    let service = Oss::default()
        .root("/")
        .bucket(&bucket.name)
        .endpoint(&endpoint)
        .addressing_style("path")
        .presign_endpoint(&endpoint)
        .presign_addressing_style("path")
        .access_key_id(&key.id)
        .access_key_secret(&key.secret);
    Operator::new(service).unwrap()
}

/// All tests have one runtime, since OpenDAL's connections are one pool and belong to it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs what OpenDAL does on a bucket.
fn on_bucket<F: Future<Output = ()>>(run: impl FnOnce(Bucket, Operator) -> F) {
    let bucket = Bucket::new();
    let operator = operator(&bucket);
    RUNTIME.block_on(run(bucket, operator));
}

#[test]
fn writes_reads_and_tells_what_there_is() {
    on_bucket(|bucket, operator| async move {
        let key = "folder/ä b+c%2F/1.txt";
        let written = operator
            .write_with(key, "0123456789")
            .content_type("text/plain")
            .cache_control("no-cache")
            .user_metadata([("colour".to_owned(), "blue".to_owned())])
            .await
            .unwrap();
        assert_eq!(bucket.get(key), b"0123456789");
        let stat = operator.stat(key).await.unwrap();
        assert_eq!((stat.mode(), stat.content_length()), (EntryMode::FILE, 10));
        assert_eq!((stat.content_type(), stat.cache_control()), (Some("text/plain"), Some("no-cache")));
        assert_eq!(stat.user_metadata().unwrap().get("colour"), Some("blue"));
        assert_eq!((stat.etag(), stat.version()), (written.etag(), None));
        assert_eq!(operator.read(key).await.unwrap().to_bytes(), "0123456789");
        assert_eq!(operator.read_with(key).range(2..5).await.unwrap().to_bytes(), "234");
        let missing = operator.stat("none").await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        operator.create_dir("empty/").await.unwrap();
        assert_eq!(operator.stat("empty/").await.unwrap().mode(), EntryMode::DIR);
        operator.write("nothing", "").await.unwrap();
        assert_eq!(operator.stat("nothing").await.unwrap().content_length(), 0);
    });
}

#[test]
fn writes_in_parts_and_appends() {
    on_bucket(|bucket, operator| async move {
        let piece = vec![b'x'; 100 * 1024];
        let mut writer = operator.writer_with("parts").chunk(piece.len()).concurrent(2).await.unwrap();
        for _ in 0..3 {
            writer.write(piece.clone()).await.unwrap();
        }
        writer.write("end").await.unwrap();
        writer.close().await.unwrap();
        let head = bucket.key("HEAD", "parts").send().expect(200);
        assert_eq!((head.must("x-oss-object-type"), head.must("Content-Length")), ("Multipart", "307203"));
        let mut given_up = operator.writer_with("given-up").chunk(piece.len()).await.unwrap();
        given_up.write(piece.repeat(3)).await.unwrap();
        given_up.abort().await.unwrap();
        assert!(bucket.root("GET", "?uploads").send().expect(200).elements("Key").is_empty());
        for text in ["one, ", "two"] {
            operator.write_with("log", text).append(true).await.unwrap();
        }
        assert_eq!(bucket.get("log"), b"one, two");
        assert_eq!(bucket.key("HEAD", "log").send().must("x-oss-object-type"), "Appendable");
    });
}

#[test]
fn lists_copies_and_deletes() {
    on_bucket(|bucket, operator| async move {
        for number in 0..25 {
            operator.write(&format!("d/{number:02}"), "x").await.unwrap();
        }
        operator.write("d/e/f", "x").await.unwrap();
        let paths = |entries: Vec<opendal::Entry>| -> Vec<String> {
            entries.iter().map(|entry| entry.path().to_owned()).collect()
        };
        let listed = paths(operator.list_with("d/").limit(7).await.unwrap());
        assert_eq!((listed.len(), listed.contains(&"d/e/".to_owned())), (26, true), "{listed:?}");
        let all = paths(operator.list_with("d/").recursive(true).limit(7).await.unwrap());
        assert_eq!((all.len(), all.last().map(String::as_str)), (26, Some("d/e/f")), "{all:?}");
        let after = operator.list_with("d/").start_after("d/22").await.unwrap();
        assert_eq!(paths(after), ["d/e/", "d/23", "d/24"]);
        operator.copy("d/00", "copy").await.unwrap();
        assert_eq!(bucket.get("copy"), b"x");
        operator.delete("copy").await.unwrap();
        operator.delete("none").await.unwrap();
        // Several at once.
        operator.delete_iter(all.into_iter().filter(|path| path != "d/03")).await.unwrap();
        bucket.assert_keys(&["d/03"]);
    });
}

#[test]
fn conditions_decide_what_is_read_and_written() {
    on_bucket(|_, operator| async move {
        operator.write("k", "one").await.unwrap();
        let etag = operator.stat("k").await.unwrap().etag().unwrap().to_owned();
        assert_eq!(operator.read_with("k").if_match(&etag).await.unwrap().to_bytes(), "one");
        let other = "\"5D41402ABC4B2A76B9719D911017C592\"";
        let refused = |result: opendal::Result<()>| result.unwrap_err().kind();
        let read = operator.read_with("k").if_match(other).await.map(drop);
        assert_eq!(refused(read), ErrorKind::ConditionNotMatch);
        let read = operator.read_with("k").if_none_match(&etag).await.map(drop);
        assert_eq!(refused(read), ErrorKind::ConditionNotMatch);
        let stat = operator.stat_with("k").if_match(other).await.map(drop);
        assert_eq!(refused(stat), ErrorKind::ConditionNotMatch);
        let write = operator.write_with("k", "two").if_not_exists(true).await.map(drop);
        assert_eq!(refused(write), ErrorKind::ConditionNotMatch);
        operator.write_with("new", "two").if_not_exists(true).await.unwrap();
        assert_eq!(operator.read("k").await.unwrap().to_bytes(), "one");
    });
}

#[test]
fn versions_are_read_listed_and_deleted() {
    on_bucket(|bucket, operator| async move {
        set(&bucket, "Enabled");
        for content in ["one", "two", "six"] {
            operator.write("d/k", content).await.unwrap();
        }
        operator.write("d/gone", "x").await.unwrap();
        operator.delete("d/gone").await.unwrap();
        assert_eq!(operator.stat("d/gone").await.unwrap_err().kind(), ErrorKind::NotFound);
        let listed = operator.list_with("d/").versions(true).limit(2).await.unwrap();
        let of_k: Vec<_> = listed.iter().filter(|entry| entry.path() == "d/k").collect();
        let current: Vec<_> = of_k.iter().map(|entry| entry.metadata().is_current()).collect();
        assert_eq!(current, [Some(true), Some(false), Some(false)], "{listed:?}");
        let mut contents = Vec::new();
        for entry in &of_k {
            let version = entry.metadata().version().unwrap();
            contents.push(operator.read_with("d/k").version(version).await.unwrap().to_bytes());
            let stat = operator.stat_with("d/k").version(version).await.unwrap();
            assert_eq!((stat.version(), stat.content_length()), (Some(version), 3));
        }
        assert_eq!(contents, ["six", "two", "one"]);
        let deleted = operator.list_with("d/").versions(true).deleted(true).await.unwrap();
        let markers: Vec<_> = deleted.iter().filter(|entry| entry.metadata().is_deleted()).collect();
        assert_eq!(markers.iter().map(|entry| entry.path()).collect::<Vec<_>>(), ["d/gone"]);
        // Without its delete marker the object is there again.
        let marker = markers[0].metadata().version().unwrap();
        operator.delete_with("d/gone").version(marker).await.unwrap();
        assert_eq!(operator.read("d/gone").await.unwrap().to_bytes(), "x");
        operator.delete_with("d/k").version(of_k[0].metadata().version().unwrap()).await.unwrap();
        assert_eq!(operator.read("d/k").await.unwrap().to_bytes(), "two");
    });
}

#[test]
fn presigned_requests_are_answered() {
    on_bucket(|bucket, operator| async move {
        let hour = Duration::from_secs(3600);
        bucket.put("k", "content");
        let send = |request: opendal::raw::PresignedRequest, method: &str, body: &str| {
            assert_eq!(request.method().as_str(), method);
            let target = request.uri().path_and_query().unwrap().as_str().to_owned();
            bucket.server.request(method, &target).anonymous().body(body).send()
        };
        let read = operator.presign_read("k", hour).await.unwrap();
        assert_eq!(send(read, "GET", "").expect(200).body, b"content");
        let stat = operator.presign_stat("k", hour).await.unwrap();
        assert_eq!(send(stat, "HEAD", "").expect(200).must("Content-Length"), "7");
        let write = operator.presign_write("w", hour).await.unwrap();
        send(write, "PUT", "new").expect(200);
        assert_eq!(bucket.get("w"), b"new");
    });
}
