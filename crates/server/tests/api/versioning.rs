//! What changes where a bucket keeps versions of its objects.

use serde_json::json;

use crate::bucket_versioning::set;
use crate::harness::application::Reply;
use crate::harness::form::{Form, Policy};
use crate::harness::signing::Key;
use crate::harness::upload::callback;
use crate::harness::{Answer, Application, Bucket, Setup};

/// A bucket that keeps versions.
fn versioned() -> Bucket {
    let bucket = Bucket::new();
    set(&bucket, "Enabled");
    bucket
}

/// Stores an object, and tells the id of its version.
#[track_caller]
fn put(bucket: &Bucket, key: &str, content: &str) -> String {
    id(&bucket.put(key, content))
}

#[track_caller]
fn id(answer: &Answer) -> String {
    answer.must("x-oss-version-id").to_owned()
}

#[track_caller]
fn get(bucket: &Bucket, key: &str, version: &str) -> Answer {
    let answer = bucket.key("GET", key).query("versionId", version).send().expect(200);
    assert_eq!(answer.must("x-oss-version-id"), version);
    answer
}

/// Deletes the object, and tells the id of the delete marker.
#[track_caller]
fn delete(bucket: &Bucket, key: &str) -> String {
    let answer = bucket.key("DELETE", key).send().expect(204);
    assert_eq!(answer.must("x-oss-delete-marker"), "true");
    id(&answer)
}

/// Deletes a version for good, and tells whether it was a delete marker.
#[track_caller]
fn remove(bucket: &Bucket, key: &str, version: &str) -> bool {
    let answer = bucket.key("DELETE", key).query("versionId", version).send().expect(204);
    assert_eq!(answer.must("x-oss-version-id"), version);
    answer.header("x-oss-delete-marker") == Some("true")
}

/// Every version that is listed: its key and id, whether it is the latest, and whether it is a delete marker.
#[track_caller]
fn versions(bucket: &Bucket) -> Vec<(String, String, bool, bool)> {
    let answer = bucket.root("GET", "?versions&max-keys=1000").send().expect(200);
    let markers: Vec<String> = answer.elements("DeleteMarker");
    let all = answer.elements("Key").into_iter().zip(answer.elements("VersionId"));
    all.zip(answer.elements("IsLatest"))
        .map(|((key, id), latest)| {
            let named = format!("<Key>{key}</Key><VersionId>{id}</VersionId>");
            let is_marker = markers.iter().any(|marker| marker.contains(&named));
            (key, id, latest == "true", is_marker)
        })
        .collect()
}

#[test]
fn every_write_makes_a_version() {
    let bucket = Bucket::new();
    let before = bucket.put("k", "zero");
    assert_eq!(before.header("x-oss-version-id"), None);
    set(&bucket, "Enabled");
    let (one, two) = (put(&bucket, "k", "one"), put(&bucket, "k", "two"));
    assert_ne!(one, two);
    assert_eq!(bucket.get("k"), b"two");
    for (version, content) in [("null", "zero"), (&one, "one"), (&two, "two")] {
        assert_eq!(get(&bucket, "k", version).body, content.as_bytes());
        let of_version = |method: &str, query: &str| {
            bucket.key(method, "k").query(query, "").query("versionId", version).send().expect(200)
        };
        assert_eq!(of_version("HEAD", "objectMeta").must("Content-Length"), content.len().to_string());
        let head = bucket.key("HEAD", "k").query("versionId", version).send().expect(200);
        assert_eq!((head.must("x-oss-version-id"), head.must("x-oss-object-type")), (version, "Normal"));
        assert_eq!(
            head.must("x-oss-hash-crc64ecma"),
            of_version("GET", "objectMeta").must("x-oss-hash-crc64ecma")
        );
    }
    assert_eq!(bucket.key("GET", "k").send().expect(200).must("x-oss-version-id"), two);
    let listed = |id: &str, latest| ("k".to_owned(), id.to_owned(), latest, false);
    assert_eq!(versions(&bucket), [listed(&two, true), listed(&one, false), listed("null", false)]);
    bucket.assert_keys(&["k"]);
}

#[test]
fn a_deleted_object_comes_back_when_its_delete_marker_is_deleted() {
    // OSS manual, DeleteObject and GetObject.
    let bucket = versioned();
    let one = put(&bucket, "k", "one");
    let marker = delete(&bucket, "k");
    for method in ["GET", "HEAD"] {
        let gone = bucket.key(method, "k").send();
        let gone = if method == "GET" { gone.expect_error(404, "NoSuchKey") } else { gone.expect(404) };
        assert_eq!((gone.must("x-oss-delete-marker"), gone.must("x-oss-version-id")), ("true", &*marker));
    }
    for rest in ["", "&objectMeta", "&acl", "&tagging"] {
        let answer = bucket.at("GET", &format!("k?versionId={marker}{rest}")).send();
        let answer = answer.expect_error(405, "MethodNotAllowed").with("ResourceType", "DeleteMarker");
        assert_eq!((answer.must("x-oss-delete-marker"), answer.must("Allow")), ("true", "DELETE"), "{rest}");
    }
    assert_eq!(get(&bucket, "k", &one).body, b"one");
    bucket.assert_keys(&[]);
    let listed = |id: &str, latest, is_marker| ("k".to_owned(), id.to_owned(), latest, is_marker);
    assert_eq!(versions(&bucket), [listed(&marker, true, true), listed(&one, false, false)]);
    let second = delete(&bucket, "k");
    assert!(remove(&bucket, "k", &second) && remove(&bucket, "k", &marker));
    assert_eq!(bucket.key("GET", "k").send().expect(200).must("x-oss-version-id"), one);
    bucket.root("DELETE", "").send().expect_error(409, "BucketNotEmpty");
    assert!(!remove(&bucket, "k", &one));
    bucket.key("GET", "k").send().expect_error(404, "NoSuchKey");
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn the_newest_version_that_is_left_is_the_latest() {
    let bucket = versioned();
    let (one, two) = (put(&bucket, "k", "one"), put(&bucket, "k", "two"));
    assert!(!remove(&bucket, "k", &two));
    assert_eq!(bucket.get("k"), b"one");
    bucket.key("GET", "k").query("versionId", &two).send().expect_error(404, "NoSuchVersion");
    // What does not exist can be deleted as well.
    assert!(!remove(&bucket, "k", &two));
    assert!(!remove(&bucket, "k", &one));
    assert_eq!(versions(&bucket), []);
}

#[test]
fn suspended_versioning_replaces_the_version_null_alone() {
    let bucket = versioned();
    let one = put(&bucket, "k", "one");
    set(&bucket, "Suspended");
    assert_eq!((put(&bucket, "k", "two"), put(&bucket, "k", "three")), ("null".into(), "null".into()));
    assert_eq!((bucket.get("k"), get(&bucket, "k", &one).body), (b"three".to_vec(), b"one".to_vec()));
    assert_eq!(delete(&bucket, "k"), "null");
    let listed = |id: &str, latest, is_marker| ("k".to_owned(), id.to_owned(), latest, is_marker);
    assert_eq!(versions(&bucket), [listed("null", true, true), listed(&one, false, false)]);
    assert!(remove(&bucket, "k", "null"));
    assert_eq!(bucket.get("k"), b"one");
}

#[test]
fn versions_that_cannot_be_named() {
    let bucket = versioned();
    let one = put(&bucket, "k", "one");
    let other = put(&bucket, "other", "x");
    let tags = "<Tagging><TagSet/></Tagging>";
    for (method, rest, body) in [
        ("GET", "k?", ""),
        ("HEAD", "k?", ""),
        ("HEAD", "k?objectMeta&", ""),
        ("GET", "k?acl&", ""),
        ("PUT", "k?acl&", ""),
        ("GET", "k?tagging&", ""),
        ("PUT", "k?tagging&", tags),
        ("DELETE", "k?tagging&", ""),
        ("DELETE", "k?", ""),
    ] {
        let ask = |id: &str| bucket.at(method, &format!("{rest}versionId={id}")).body(body).send();
        let check = |answer: Answer, status: u16, code: &str| match method {
            "HEAD" => answer.expect_head_error(status, code),
            _ => answer.expect_error(status, code),
        };
        for (id, ec) in [("", "0012-00000201"), ("IllegalVersion", "0012-00000202")] {
            let answer = check(ask(id), 400, "InvalidArgument");
            assert_eq!(answer.must("x-oss-ec"), ec);
        }
        if (method, rest) != ("DELETE", "k?") {
            for id in [other.as_str(), "null"] {
                check(ask(id), 404, "NoSuchVersion");
            }
        }
    }
    for (method, rest) in [("PUT", "k?"), ("POST", "k?append&position=3&"), ("POST", "k?uploads&")] {
        let answer = bucket.at(method, &format!("{rest}versionId={one}")).body("y").send();
        answer.expect_error(400, "InvalidArgument").with("ArgumentName", "versionId");
    }
    assert_eq!(versions(&bucket).len(), 2);
    assert_eq!(bucket.get("k"), b"one");
}

#[test]
fn acls_and_tags_are_those_of_a_version() {
    let bucket = versioned();
    let (one, two) = (put(&bucket, "k", "one"), put(&bucket, "k", "two"));
    let at = |method: &str, query: &str, version: &str| {
        bucket.at(method, &format!("k?{query}&versionId={version}"))
    };
    let acl = |version: &str| at("GET", "acl", version).send().expect(200).element("Grant");
    let answer = at("PUT", "acl", &one).header("x-oss-object-acl", "public-read").send().expect(200);
    assert_eq!((id(&answer), acl(&one), acl(&two)), (one.clone(), "public-read".into(), "default".into()));
    // Who may read a version its own ACL says.
    bucket.key("GET", "k").query("versionId", &one).anonymous().send().expect(200);
    bucket.key("GET", "k").query("versionId", &two).anonymous().send().expect_error(403, "AccessDenied");
    bucket.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    let tags = |value: &str| {
        format!("<Tagging><TagSet><Tag><Key>a</Key><Value>{value}</Value></Tag></TagSet></Tagging>")
    };
    let value = |version: &str| at("GET", "tagging", version).send().expect(200).elements("Value");
    assert_eq!(id(&at("PUT", "tagging", &one).body(tags("1")).send().expect(200)), one);
    assert_eq!(id(&bucket.at("PUT", "k?tagging").body(tags("2")).send().expect(200)), two);
    assert_eq!((value(&one), value(&two)), (vec!["1".to_owned()], vec!["2".to_owned()]));
    assert_eq!(id(&at("DELETE", "tagging", &one).send().expect(204)), one);
    assert_eq!((value(&one), value(&two)), (vec![], vec!["2".to_owned()]));
    assert_eq!(versions(&bucket).len(), 2);
}

#[test]
fn copies_of_a_version() {
    let bucket = versioned();
    let (one, two) = (put(&bucket, "k", "one"), put(&bucket, "k", "two"));
    let marker = delete(&bucket, "gone");
    let copy = |source: &str, key: &str| {
        let source = format!("/{}/{source}", bucket.name);
        bucket.key("PUT", key).header("x-oss-copy-source", &source)
    };
    let answer = copy(&format!("k?versionId={one}"), "copy").send().expect(200);
    assert_eq!(answer.must("x-oss-copy-source-version-id"), one);
    assert_eq!(get(&bucket, "copy", &id(&answer)).body, b"one");
    let answer = copy("k", "copy").send().expect(200);
    assert_eq!((answer.must("x-oss-copy-source-version-id"), bucket.get("copy")), (&*two, b"two".to_vec()));
    // An older version becomes the latest by a copy onto itself, which keeps the headers.
    let headed = bucket.key("PUT", "h").header("x-oss-meta-a", "1").body("one").send().expect(200);
    put(&bucket, "h", "two");
    copy(&format!("h?versionId={}", id(&headed)), "h").send().expect(200);
    let restored = bucket.key("GET", "h").send().expect(200);
    assert_eq!((restored.must("x-oss-meta-a"), restored.body.as_slice()), ("1", &b"one"[..]));
    assert_eq!(versions(&bucket).iter().filter(|(key, ..)| key == "h").count(), 3);
    copy(&format!("gone?versionId={marker}"), "copy")
        .send()
        .expect_error(404, "NoSuchKey")
        .with_ec("0016-00000307");
    copy("k?versionId=null", "copy").send().expect_error(404, "NoSuchVersion").with_ec("0012-00000203");
    copy("k?versionId=x", "copy").send().expect_error(400, "InvalidArgument").with_ec("0012-00000202");
    // `upload_part_copy` of the Python SDK names the version in the query as well.
    let upload = bucket.initiate("parts");
    let part = format!("parts?partNumber=1&uploadId={upload}&versionId={one}");
    let source = format!("/{}/k?versionId={one}", bucket.name);
    let part = bucket.at("PUT", &part).header("x-oss-copy-source", &source).send().expect(200);
    assert_eq!(part.must("x-oss-copy-source-version-id"), one);
    let whole = bucket.complete("parts", &upload, &[(1, part.must("ETag").to_owned())]).send().expect(200);
    assert_eq!(get(&bucket, "parts", &id(&whole)).body, b"one");
}

#[test]
fn overwriting_loses_nothing_and_is_not_forbidden() {
    // OSS manual: x-oss-forbid-overwrite does not take effect while versioning is enabled or suspended.
    let bucket = versioned();
    let one = put(&bucket, "k", "one");
    for status in ["Enabled", "Suspended"] {
        set(&bucket, status);
        let forbid =
            |method: &str, rest: &str| bucket.at(method, rest).header("x-oss-forbid-overwrite", "true");
        forbid("PUT", "k").body("two").send().expect(200);
        forbid("POST", "k?uploads").send().expect(200);
    }
    assert_eq!(get(&bucket, "k", &one).body, b"one");
}

#[test]
fn several_versions_are_deleted_at_once() {
    let bucket = versioned();
    let (one, two) = (put(&bucket, "a", "one"), put(&bucket, "a", "two"));
    put(&bucket, "b", "b");
    let delete =
        |objects: &str| bucket.root("POST", "?delete").body(format!("<Delete>{objects}</Delete>")).send();
    let object = |key: &str, version: &str| {
        format!("<Object><Key>{key}</Key><VersionId>{version}</VersionId></Object>")
    };
    let markers = delete("<Object><Key>b</Key></Object><Object><Key>a</Key></Object>").expect(200);
    assert_eq!(markers.elements("Key"), ["b", "a"]);
    assert_eq!(markers.elements("DeleteMarker"), ["true", "true"]);
    assert!(markers.elements("VersionId").is_empty());
    bucket.assert_keys(&[]);
    let marker = markers.elements("DeleteMarkerVersionId")[1].clone();
    let answer = delete(&[object("a", &one), object("a", &marker), object("a", &two)].concat()).expect(200);
    assert_eq!(answer.elements("VersionId"), [one, marker.clone(), two]);
    assert_eq!(answer.elements("DeleteMarkerVersionId"), [marker]);
    assert!(versions(&bucket).iter().all(|(key, ..)| key == "b"));
    // Nothing is deleted where anything cannot be read (Python SDK, test_object_versioning.py).
    let wrong = format!("<Object><Key>b</Key></Object>{}", object("b", "234"));
    delete(&wrong).expect_error(400, "InvalidArgument").with_ec("0012-00000202");
    assert_eq!(versions(&bucket).len(), 2);
}

#[test]
fn appends_add_to_the_latest_version_and_make_none() {
    // OSS manual, AppendObject.
    let bucket = versioned();
    let append = |key: &str, position: usize| {
        bucket
            .key("POST", key)
            .query("append", "")
            .query("position", &position.to_string())
            .body("abc")
            .send()
    };
    let (first, second) = (append("k", 0).expect(200), append("k", 3).expect(200));
    assert_eq!(id(&first), id(&second));
    assert_eq!(versions(&bucket).len(), 1);
    assert_eq!(bucket.get("k"), b"abcabc");
    delete(&bucket, "k");
    assert_ne!(id(&append("k", 0).expect(200)), id(&first));
    assert_eq!(get(&bucket, "k", &id(&first)).body, b"abcabc");
    put(&bucket, "normal", "abc");
    append("normal", 3).expect_error(409, "ObjectNotAppendable");
}

#[test]
fn uploads_tell_their_version_also_when_the_callback_fails() {
    let bucket = versioned();
    let application = Application::always(Reply::new("500 Internal Server Error", &[], b"{}"));
    let answer = bucket.key("PUT", "k").header("x-oss-callback", &callback(&application.url("/"))).body("x");
    let answer = answer.send().expect_error(203, "CallbackFailed");
    assert_eq!(get(&bucket, "k", &id(&answer)).body, b"x");
    let policy = Policy::new().condition(&json!({ "bucket": bucket.name }).to_string());
    let form = Form::new().fields(policy.v4()).field("key", "form").file("f", "y");
    let answer = form.onto(bucket.root("POST", "")).send().expect(204);
    assert_eq!(get(&bucket, "form", &id(&answer)).body, b"y");
}

#[test]
fn a_listing_goes_on_within_the_versions_of_a_key() {
    // Python SDK, test_bucket_versioning.py, test_list_object_versions_truncated.
    let bucket = versioned();
    for key in ["d/a/x", "d/b/x", "e"] {
        put(&bucket, key, "x");
    }
    let newest_last: Vec<String> = (0..7).map(|number| put(&bucket, "d/k", &number.to_string())).collect();
    let marker = delete(&bucket, "e");
    let expected: Vec<String> = newest_last.into_iter().rev().collect();
    for size in 1..9 {
        let (mut key, mut version, mut seen, mut prefixes) = (String::new(), String::new(), vec![], vec![]);
        loop {
            let page = bucket.root("GET", "?versions&prefix=d/&delimiter=/");
            let page = page.query("max-keys", &size.to_string());
            let page = page.query("key-marker", &key).query("version-id-marker", &version).send().expect(200);
            let listed = page.elements("Version").len() + page.elements("CommonPrefixes").len();
            assert!((1..=size).contains(&listed), "{listed} of {size}");
            seen.extend(page.elements("VersionId"));
            prefixes.extend(page.elements("CommonPrefixes"));
            if page.element("IsTruncated") == "false" {
                break;
            }
            (key, version) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
        }
        assert_eq!((&seen, prefixes.len()), (&expected, 2), "{size} at a time");
    }
    let last = bucket.root("GET", "?versions&key-marker=d/k").send().expect(200);
    assert_eq!(last.elements("Key"), ["e", "e"]);
    assert_eq!(last.elements("DeleteMarker").len(), 1);
    assert!(last.element("DeleteMarker").contains(&marker));
    assert_eq!(bucket.root("GET", "?stat").send().expect(200).element("DeleteMarkerCount"), "1");
}

#[test]
fn policies_tell_versions_from_objects() {
    let server = std::sync::Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    set(&bucket, "Enabled");
    let (one, two) = (put(&bucket, "k", "one"), put(&bucket, "k", "two"));
    server.administer("POST", "users", &json!({ "name": "alice" })).expect(200);
    let allow = |action: &str| {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        let document = json!({ "document": { "Version": "1", "Statement": [statement] } });
        server.administer("PUT", "users/alice/policies/p", &document).expect(200);
    };
    allow("oss:GetObject");
    let (key_id, secret) = server.make_key("?user=alice");
    let key = Key { id: key_id, secret };
    let ask = |method: &str, rest: &str| bucket.at(method, rest).key(&key.id, &key.secret);
    ask("GET", "k").send().expect(200);
    ask("GET", &format!("k?versionId={one}")).send().expect_error(403, "AccessDenied");
    allow("oss:GetObjectVersion");
    ask("GET", &format!("k?versionId={one}")).send().expect(200);
    ask("GET", "k").send().expect_error(403, "AccessDenied");
    let copy = |source: &str| {
        ask("PUT", "copy").header("x-oss-copy-source", &format!("/{}/{source}", bucket.name)).send()
    };
    allow("oss:PutObject");
    copy(&format!("k?versionId={one}")).expect_error(403, "AccessDenied");
    let several = |version: &str| {
        let body = format!("<Delete><Object><Key>k</Key>{version}</Object></Delete>");
        ask("POST", "?delete").body(body).send()
    };
    let version = format!("<VersionId>{two}</VersionId>");
    allow("oss:DeleteObject");
    several(&version).expect_error(403, "AccessDenied");
    ask("DELETE", &format!("k?versionId={two}")).send().expect_error(403, "AccessDenied");
    allow("oss:DeleteObjectVersion");
    several("").expect_error(403, "AccessDenied");
    several(&version).expect(200);
    assert_eq!(bucket.get("k"), b"one");
}
