//! `ListMultipartUploads`.

use crate::harness::Bucket;

fn with_uploads() -> (Bucket, Vec<(String, String)>) {
    let bucket = Bucket::new();
    let mut uploads: Vec<(String, String)> =
        ["b/2", "a", "b/1", "c", "a"].iter().map(|key| ((*key).to_owned(), bucket.initiate(key))).collect();
    uploads.sort();
    (bucket, uploads)
}

#[test]
fn lists_by_key_and_id() {
    let (bucket, uploads) = with_uploads();
    let answer = bucket.root("GET", "?uploads").send().expect(200);
    let listed: Vec<(String, String)> =
        answer.elements("Key").into_iter().zip(answer.elements("UploadId")).collect();
    assert_eq!(listed, uploads);
    let told = ["Bucket", "KeyMarker", "UploadIdMarker", "MaxUploads", "IsTruncated", "Delimiter", "Prefix"];
    assert_eq!(
        told.map(|name| answer.element(name)),
        [bucket.name.as_str(), "", "", "1000", "false", "", ""]
    );
    // The Python SDK fails without these elements.
    assert_eq!((answer.elements("NextKeyMarker").len(), answer.elements("NextUploadIdMarker").len()), (1, 1));
    assert_eq!(answer.elements("StorageClass"), ["Standard"; 5]);
    assert!(answer.elements("Initiated").iter().all(|time| time.ends_with(".000Z")));
}

#[test]
fn pages() {
    let (bucket, uploads) = with_uploads();
    for size in 1..=5 {
        let (mut key, mut id, mut seen) = (String::new(), String::new(), Vec::new());
        loop {
            let request = bucket.root("GET", &format!("?uploads&max-uploads={size}"));
            let page = request.query("key-marker", &key).query("upload-id-marker", &id).send().expect(200);
            let listed = page.elements("Key").into_iter().zip(page.elements("UploadId"));
            seen.extend(listed);
            if page.element("IsTruncated") == "false" {
                break;
            }
            (key, id) = (page.element("NextKeyMarker"), page.element("NextUploadIdMarker"));
        }
        assert_eq!(seen, uploads, "{size} at a time");
    }
    // Without an id the marker's key itself is passed over; an id without a key says nothing.
    let after = bucket.root("GET", "?uploads&key-marker=a").send().expect(200);
    assert_eq!(after.elements("Key"), ["b/1", "b/2", "c"]);
    let ignored = bucket.root("GET", "?uploads&upload-id-marker=FFFFFFFF").send().expect(200);
    assert_eq!(ignored.elements("Key").len(), 5);
}

#[test]
fn prefix_delimiter_and_encoding() {
    let (bucket, _) = with_uploads();
    let answer = bucket.root("GET", "?uploads&delimiter=/").send().expect(200);
    assert_eq!(
        (answer.elements("Key"), answer.elements("CommonPrefixes").len()),
        (vec!["a".to_owned(), "a".to_owned(), "c".to_owned()], 1)
    );
    let answer = bucket.root("GET", "?uploads&prefix=b/&encoding-type=url").send().expect(200);
    assert_eq!(
        (answer.elements("Key"), answer.element("Prefix").as_str()),
        (vec!["b%2F1".to_owned(), "b%2F2".to_owned()], "b%2F")
    );
}

#[test]
fn control_characters_in_keys_without_encoding_type() {
    // As in listings of objects: references, in every document that names a key or a marker; but an error is for every
    // parser to read.
    let (bucket, key) = (Bucket::new(), "k\u{1}\u{7}");
    let id = bucket.initiate(key);
    let part = bucket.part(key, &id, 1, b"x");
    let uploads = bucket.root("GET", "?uploads&prefix=k%01").send().expect(200);
    assert_eq!((uploads.element("Key").as_str(), uploads.element("NextKeyMarker").as_str()), (key, key));
    assert_eq!(uploads.element("Prefix"), "k\u{1}");
    let parts = bucket.key("GET", key).query("uploadId", &id).send().expect(200);
    assert_eq!(parts.element("Key"), key);
    let completed = bucket.complete(key, &id, &[(1, part)]).send().expect(200);
    assert_eq!(completed.element("Key"), key);
    let document = "<Delete><Object><Key>k&#x1;&#x7;</Key></Object></Delete>";
    let deleted = bucket.root("POST", "?delete").body(document).send().expect(200);
    assert_eq!(deleted.element("Key"), key);
    for answer in [uploads, parts, completed, deleted] {
        assert!(answer.text().contains("k&#x1;&#x7;"), "{}", answer.text());
    }
    let error = bucket.root("GET", "?uploads&encoding-type=%01").send().expect_error(400, "InvalidArgument");
    assert!(error.text().contains("<ArgumentValue>\u{FFFD}</ArgumentValue>"), "{}", error.text());
}

#[test]
fn errors() {
    let (bucket, _) = with_uploads();
    for query in [
        "?uploads&max-uploads=0",
        "?uploads&max-uploads=1001",
        "?uploads&max-uploads=x",
        "?uploads&encoding-type=x",
    ] {
        bucket.root("GET", query).send().expect_error(400, "InvalidArgument");
    }
    bucket.set_acl("public-read-write");
    bucket.root("GET", "?uploads").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?uploads").send().expect_error(404, "NoSuchBucket");
}
