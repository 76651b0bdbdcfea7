//! What lifecycle rules do: objects that expire or move to colder classes, uploads that are aborted. A day lasts a second
//! here, so that what is due after one day is due within two seconds.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ossicle_store::{BucketDocument, Store, StoreOptions};
use serde_json::Value;

use super::bucket_lifecycle::{configuration, expire, rule};
use super::bucket_versioning::set as set_versioning;
use crate::harness::server::folder;
use crate::harness::{Bucket, Server, Setup};

/// A server that carries out rules when it is asked to.
fn server() -> Arc<Server> {
    Arc::new(
        Setup::new()
            .set("OSSICLE_LIFECYCLE_EVERY_S", "0")
            .set("OSSICLE_TESTING_LIFECYCLE_DAY_S", "1")
            .start(),
    )
}

fn set(bucket: &Bucket, rules: &str) {
    bucket.root("PUT", "?lifecycle").body(configuration(rules)).send().expect(200);
}

/// Carries out the rules once a day has passed.
fn run(server: &Server, query: &str) -> Value {
    thread::sleep(Duration::from_millis(2100));
    let answer = server.post_console(&format!("/api/lifecycle/run{query}")).expect(200);
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn objects_expire_by_their_rules() {
    let server = server();
    let bucket = Bucket::on(&server);
    let tag = format!("{}<Tag><Key>k</Key><Value>v</Value></Tag>", expire(1));
    let filter = |inside: &str| format!("{}<Filter>{inside}</Filter>", expire(1));
    let size = "<ObjectSizeGreaterThan>2</ObjectSizeGreaterThan><ObjectSizeLessThan>5</ObjectSizeLessThan>";
    let not = "<Not><Prefix>not/x</Prefix></Not><Not><Prefix>not/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Not>";
    let future = "<CreatedBeforeDate>2099-01-01T00:00:00.000Z</CreatedBeforeDate>";
    let past = "<Date>2020-01-01T00:00:00.000Z</Date>";
    set(
        &bucket,
        &[
            rule("all", "all/", &expire(1)),
            rule("later", "later/", &expire(3600)),
            rule("off", "off/", &expire(1)).replace("Enabled", "Disabled"),
            rule("tag", "tag/", &tag),
            rule("size", "size/", &filter(size)),
            rule("not", "not/", &filter(not)),
            rule("future", "future/", &format!("<Expiration>{future}</Expiration>")),
            rule("past", "past/", &format!("<Expiration>{past}</Expiration>")),
        ]
        .concat(),
    );
    for key in [
        "all/1", "all/2", "all", "later/1", "off/1", "tag/none", "not/x", "not/y", "other", "future/1",
        "past/1",
    ] {
        bucket.put(key, "12");
    }
    for key in ["tag/v", "not/tag"] {
        bucket.key("PUT", key).header("x-oss-tagging", "k=v&more").body("12").send().expect(200);
    }
    for size in [2, 3, 4, 5] {
        bucket.put(&format!("size/{size}"), vec![b'x'; size]);
    }
    let report = run(&server, "");
    let kept = [
        "all", "future/1", "later/1", "not/tag", "not/x", "off/1", "other", "past/1", "size/2", "size/5",
        "tag/none",
    ];
    bucket.assert_keys(&kept);
    assert_eq!(report["sums"]["expired"]["count"], 6, "{report}");
    assert_eq!(bucket.root("GET", "?stat").send().expect(200).element("ObjectCount"), "11");
    // Nothing is left to do.
    assert_eq!(run(&server, "")["sums"]["expired"]["count"], 0);
}

#[test]
fn objects_move_to_colder_classes() {
    let server = server();
    let bucket = Bucket::on(&server);
    let transition = |days: u32, class: &str, more: &str| {
        format!("<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass>{more}</Transition>")
    };
    let far = "<CreatedBeforeDate>2099-01-01T00:00:00.000Z</CreatedBeforeDate>";
    set(
        &bucket,
        &[
            rule("ia", "ia/", &(transition(1, "IA", "") + &transition(3600, "Archive", ""))),
            rule("small", "small/", &transition(1, "IA", "<AllowSmallFile>false</AllowSmallFile>")),
            rule("far", "far/", &format!("<Transition>{far}<StorageClass>IA</StorageClass></Transition>")),
        ]
        .concat(),
    );
    let class = |key: &str| {
        let answer = bucket.key("HEAD", key).send().expect(200);
        (answer.must("x-oss-storage-class").to_owned(), answer.must("Last-Modified").to_owned())
    };
    for key in ["ia/1", "small/1", "far/1", "other"] {
        bucket.put(key, "content");
    }
    bucket.put("small/2", vec![b'x'; 64 * 1024]);
    bucket.key("PUT", "ia/cold").header("x-oss-storage-class", "Archive").body("cold").send().expect(200);
    let written = class("ia/1").1;
    let report = run(&server, "");
    assert_eq!(report["sums"]["transitioned"]["count"], 2, "{report}");
    // What is moved keeps its time and content.
    assert_eq!(class("ia/1"), ("IA".to_owned(), written));
    assert_eq!(bucket.get("ia/1"), b"content");
    assert_eq!(class("small/2").0, "IA");
    for (key, expected) in
        [("small/1", "Standard"), ("far/1", "Standard"), ("other", "Standard"), ("ia/cold", "Archive")]
    {
        assert_eq!(class(key).0, expected, "{key}");
    }
    let stat = bucket.root("GET", "?stat").send().expect(200);
    assert_eq!(stat.element("InfrequentAccessObjectCount"), "2", "{stat:?}");
}

/// Carries out the rules at once.
fn run_now(server: &Server, query: &str) -> Value {
    let answer = server.post_console(&format!("/api/lifecycle/run{query}")).expect(200);
    serde_json::from_slice(&answer.body).unwrap()
}

const NONCURRENT: &str =
    "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>";

/// The keys and ids of all versions that are listed, delete markers too.
fn versions(bucket: &Bucket) -> Vec<(String, String)> {
    let answer = bucket.root("GET", "?versions&max-keys=1000").send().expect(200);
    answer.elements("Key").into_iter().zip(answer.elements("VersionId")).collect()
}

fn counts(report: &Value) -> [u64; 4] {
    ["expired", "expired_versions", "removed_markers", "transitioned"]
        .map(|name| report["sums"][name]["count"].as_u64().unwrap())
}

#[test]
fn versions_expire_when_they_have_not_been_the_latest_for_long() {
    let server = server();
    let bucket = Bucket::on(&server);
    set_versioning(&bucket, "Enabled");
    let tag = format!("{NONCURRENT}<Tag><Key>k</Key><Value>v</Value></Tag>");
    set(&bucket, &(rule("old", "old/", NONCURRENT) + &rule("tag", "tag/", &tag)));
    let id = |key: &str, content: &str| bucket.put(key, content).must("x-oss-version-id").to_owned();
    let first = id("old/1", "first");
    for key in ["old/1", "tag/1", "kept/1"] {
        id(key, "second");
    }
    bucket.key("PUT", "tag/2").header("x-oss-tagging", "k=v").body("x").send().expect(200);
    let dry = run(&server, "?dry_run=true");
    assert_eq!((counts(&dry), &dry["actions"][0]["version_id"]), ([0, 1, 0, 0], &first.as_str().into()));
    // What was the latest for long and is replaced now has its days before it.
    let second = bucket.key("HEAD", "old/1").send().must("x-oss-version-id").to_owned();
    id("old/1", "third");
    for key in ["tag/1", "tag/2", "kept/1"] {
        id(key, "third");
    }
    let report = run_now(&server, "");
    assert_eq!((counts(&report), &report["actions"][0]["action"]), ([0, 1, 0, 0], &"expire_version".into()));
    bucket.key("GET", "old/1").query("versionId", &first).send().expect_error(404, "NoSuchVersion");
    assert_eq!(bucket.key("GET", "old/1").query("versionId", &second).send().expect(200).body, b"second");
    assert_eq!(counts(&run(&server, "")), [0, 2, 0, 0]);
    let left: Vec<String> = versions(&bucket).into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["kept/1", "kept/1", "old/1", "tag/1", "tag/1", "tag/2"]);
    assert_eq!(bucket.get("old/1"), b"third");
    let metrics = server.ask_console("/metrics").expect(200);
    assert!(metrics.text().contains("ossicle_lifecycle_actions_total{action=\"expire_version\"} 3"));
}

#[test]
fn objects_that_expire_leave_delete_markers_which_go_when_nothing_is_behind_them() {
    // OSS manual, "Configuration elements", versioned buckets.
    let server = server();
    let bucket = Bucket::on(&server);
    let markers = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
    set_versioning(&bucket, "Enabled");
    set(
        &bucket,
        &[
            rule("expire", "a/", &expire(1)),
            rule("clean", "b/", &(NONCURRENT.to_owned() + markers)),
            rule("old", "c/", NONCURRENT),
        ]
        .concat(),
    );
    for key in ["a/1", "b/1", "b/2", "c/1"] {
        bucket.put(key, "12");
    }
    for key in ["b/1", "c/1", "c/1"] {
        bucket.key("DELETE", key).send().expect(204);
    }
    // The object of `a/`; of `b/` and `c/` the objects behind their markers, and a marker behind another.
    assert_eq!(counts(&run(&server, "")), [1, 2, 1, 0]);
    bucket.key("GET", "a/1").send().expect_error(404, "NoSuchKey");
    let left: Vec<String> = versions(&bucket).into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["a/1", "a/1", "b/1", "b/2", "c/1"]);
    let report = run_now(&server, "");
    assert_eq!((counts(&report), &report["actions"][0]["key"]), ([0, 0, 1, 0], &"b/1".into()));
    let left: Vec<String> = versions(&bucket).into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["a/1", "a/1", "b/2", "c/1"]);
    assert_eq!(counts(&run(&server, "")), [0, 0, 0, 0]);
    assert_eq!(bucket.get("b/2"), b"12");
}

#[test]
fn versions_move_to_colder_classes() {
    let server = server();
    let bucket = Bucket::on(&server);
    set_versioning(&bucket, "Enabled");
    let to_ia = "<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>IA</StorageClass>\
                 </NoncurrentVersionTransition>";
    let end = "</NoncurrentVersionTransition>";
    let large = to_ia.replace(end, &format!("<AllowSmallFile>false</AllowSmallFile>{end}"));
    set(&bucket, &(rule("ia", "ia/", to_ia) + &rule("large", "large/", &large)));
    for key in ["ia/1", "large/1"] {
        bucket.put(key, "first");
        bucket.put(key, "second");
    }
    assert_eq!(counts(&run(&server, "")), [0, 0, 0, 1]);
    assert_eq!(counts(&run_now(&server, "")), [0, 0, 0, 0]);
    let class = |version: &(String, String)| {
        let answer = bucket.key("HEAD", &version.0).query("versionId", &version.1).send().expect(200);
        answer.must("x-oss-storage-class").to_owned()
    };
    let classes: Vec<String> = versions(&bucket).iter().map(class).collect();
    assert_eq!(classes, ["Standard", "IA", "Standard", "Standard"]);
    assert_eq!(bucket.get("ia/1"), b"second");
    let stat = bucket.root("GET", "?stat").send().expect(200);
    assert_eq!(stat.element("InfrequentAccessObjectCount"), "1", "{stat:?}");
}

#[test]
fn more_versions_of_a_key_than_a_page_has() {
    let server = server();
    let bucket = Bucket::on(&server);
    set_versioning(&bucket, "Enabled");
    set(&bucket, &rule("r", "", NONCURRENT));
    for number in 0..1102 {
        bucket.put("k", number.to_string());
    }
    bucket.put("l", "");
    let report = run(&server, "");
    assert_eq!(counts(&report), [0, 1101, 0, 0], "{}", report["sums"]);
    assert_eq!((bucket.get("k"), versions(&bucket).len()), (b"1101".to_vec(), 2));
}

#[test]
fn uploads_are_aborted() {
    let server = server();
    let bucket = Bucket::on(&server);
    let abort = "<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>";
    let before = "<AbortMultipartUpload><CreatedBeforeDate>2099-01-01T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>";
    set(&bucket, &(rule("abort", "a/", abort) + &rule("before", "b/", before)));
    let uploads: Vec<String> =
        ["a/1", "a/busy", "b/1", "c/1"].iter().map(|key| bucket.initiate(key)).collect();
    bucket.part("a/1", &uploads[0], 1, b"content");
    thread::sleep(Duration::from_millis(2100));
    // It was begun long ago and somebody still works on it.
    bucket.part("a/busy", &uploads[1], 1, b"content");
    let answer = server.post_console("/api/lifecycle/run").expect(200);
    let report: Value = serde_json::from_slice(&answer.body).unwrap();
    let left = bucket.root("GET", "?uploads").send().expect(200);
    assert_eq!(left.elements("Key"), ["a/busy", "b/1", "c/1"], "{report}");
    assert_eq!(report["sums"]["aborted"]["bytes"], 7, "{report}");
    assert_eq!(report["actions"][0]["upload_id"], uploads[0], "{report}");
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let server = server();
    let bucket = Bucket::on(&server);
    set(&bucket, &rule("r", "a/", &expire(1)));
    bucket.put("a/1", "12");
    let report = run(&server, "?dry_run=true");
    assert_eq!(report["dry_run"], true);
    let action = &report["actions"][0];
    assert_eq!(
        (&action["action"], &action["bucket"], &action["key"], &action["rule"], &action["bytes"]),
        (&"expire".into(), &bucket.name.as_str().into(), &"a/1".into(), &"r".into(), &2.into()),
        "{report}"
    );
    bucket.assert_keys(&["a/1"]);
    let metrics = server.ask_console("/metrics").expect(200);
    assert!(metrics.text().contains("ossicle_lifecycle_actions_total{action=\"expire\"} 0"));
}

#[test]
fn more_objects_than_a_page_has() {
    let server = server();
    let bucket = Bucket::on(&server);
    set(&bucket, &rule("r", "a/", &expire(1)));
    for n in 0..1203 {
        bucket.put(&format!("a/{n}"), "");
    }
    bucket.put("b", "");
    let report = run(&server, "");
    assert_eq!(report["sums"]["expired"]["count"], 1203, "{}", report["sums"]);
    assert_eq!(report["actions"].as_array().unwrap().len(), 1000);
    bucket.assert_keys(&["b"]);
}

#[test]
fn rules_are_carried_out_in_the_background() {
    let server = Arc::new(
        Setup::new()
            .set("OSSICLE_LIFECYCLE_EVERY_S", "1")
            .set("OSSICLE_TESTING_LIFECYCLE_DAY_S", "1")
            .start(),
    );
    let bucket = Bucket::on(&server);
    set(&bucket, &rule("r", "", &expire(1)));
    bucket.put("a", "12");
    let deadline = Instant::now() + Duration::from_secs(20);
    while bucket.key("HEAD", "a").send().status == 200 {
        assert!(Instant::now() < deadline, "the object is still there");
        thread::sleep(Duration::from_millis(50));
    }
    server.wait_for_log("carried out lifecycle rules");
    let metrics = server.ask_console("/metrics").expect(200);
    assert!(metrics.text().contains("ossicle_lifecycle_actions_total{action=\"expire\"} 1"));
}

#[test]
fn an_object_that_will_expire_says_when() {
    // OSS manual, GetObject and HeadObject, x-oss-expiration.
    let bucket = Bucket::new();
    set(&bucket, &(rule("r 1", "a/", &expire(3)) + &rule("规则", "b/", &expire(3))));
    for key in ["a/1", "b/1", "c/1"] {
        bucket.put(key, "12");
    }
    for method in ["GET", "HEAD"] {
        let told = |key: &str| {
            let answer = bucket.key(method, key).send().expect(200);
            answer.header("x-oss-expiration").map(str::to_owned)
        };
        let of_a = told("a/1").unwrap();
        assert!(
            of_a.starts_with("expiry-date=\"") && of_a.ends_with(" 00:00:00 GMT\", rule-id=\"r 1\""),
            "{of_a}"
        );
        assert!(told("b/1").unwrap().ends_with("rule-id=\"%E8%A7%84%E5%88%99\""));
        assert_eq!(told("c/1"), None);
    }
    bucket.root("DELETE", "?lifecycle").send().expect(204);
    assert_eq!(bucket.key("HEAD", "a/1").send().expect(200).header("x-oss-expiration"), None);
}

#[test]
fn rules_that_cannot_be_read_do_not_keep_anything_else_from_being_done() {
    let folder = folder();
    let data = folder.path().join("data");
    // As a damaged folder would have it, or one of another version.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&data, StoreOptions::default()).unwrap();
        store
            .create_bucket(ossicle_store::Bucket { name: "a-damaged".into(), ..Default::default() })
            .await
            .unwrap();
        let rules = Some(b"<LifecycleConfiguration>".to_vec());
        store.set_bucket_document("a-damaged", BucketDocument::numbered(5), rules).await.unwrap();
        store.close().await;
    });
    let setup =
        Setup::new().set("OSSICLE_LIFECYCLE_EVERY_S", "0").set("OSSICLE_TESTING_LIFECYCLE_DAY_S", "1");
    let server = Arc::new(setup.data(&data).start());
    let bucket = Bucket::on(&server);
    set(&bucket, &rule("r", "", &expire(1)));
    bucket.put("k", "12");
    server.request("PUT", "/a-damaged/k").body("12").send().expect(200);
    let report = run(&server, "");
    assert_eq!((&report["failed_buckets"], &report["sums"]["expired"]["count"]), (&1.into(), &1.into()));
    assert!(server.log().contains("cannot read the lifecycle rules"), "{}", server.log());
    assert_eq!(server.request("GET", "/a-damaged/k").send().expect(200).body, b"12");
    // Setting them anew repairs it.
    let anew = configuration(&rule("r", "", &expire(1)));
    server.request("PUT", "/a-damaged?lifecycle").body(anew).send().expect(200);
    assert_eq!(run(&server, "")["failed_buckets"], 0);
}
