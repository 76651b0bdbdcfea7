//! `ListObjectVersions` of buckets that never kept versions.

use crate::harness::checksum::etag;
use crate::harness::{Bucket, signing};
use crate::list_objects::{ODD_KEYS, with_movies};

const MOVIES: [&str; 4] = ["fun/movie/001.avi", "fun/movie/007.avi", "fun/test.jpg", "oss.jpg"];

#[test]
fn every_object_is_its_version_null() {
    // The clean-up of the Java, Python and Node.js suites lists versions of every bucket it is about to remove.
    let bucket = with_movies();
    let answer = bucket.root("GET", "?versions").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    let told = ["Name", "Prefix", "KeyMarker", "VersionIdMarker", "MaxKeys", "Delimiter", "IsTruncated"];
    assert_eq!(told.map(|name| answer.element(name)), [bucket.name.as_str(), "", "", "", "100", "", "false"]);
    assert_eq!(answer.elements("Key"), MOVIES);
    assert_eq!(answer.elements("Version").len(), 4);
    assert_eq!(answer.elements("VersionId"), ["null"; 4]);
    assert_eq!(answer.elements("IsLatest"), ["true"; 4]);
    assert_eq!(answer.elements("ETag"), vec![etag(b"x"); 4]);
    assert_eq!(
        (answer.elements("Type"), answer.elements("Size")),
        (vec!["Normal".to_owned(); 4], vec!["1".to_owned(); 4])
    );
    assert_eq!(answer.elements("StorageClass"), ["Standard"; 4]);
    assert_eq!(answer.elements("ID"), ["1000000000000001"; 4]);
    assert_eq!(answer.elements("DisplayName"), ["1000000000000001"; 4]);
    assert!(answer.elements("LastModified").iter().all(|time| time.ends_with(".000Z")));
    assert!(answer.elements("DeleteMarker").is_empty() && answer.elements("NextKeyMarker").is_empty());
    assert!(Bucket::new().root("GET", "?versions").send().expect(200).elements("Version").is_empty());
}

#[test]
fn what_is_listed_can_be_deleted_version_by_version() {
    let bucket = with_movies();
    let listed = bucket.root("GET", "?versions").send().expect(200);
    let versions = listed.elements("Key").into_iter().zip(listed.elements("VersionId"));
    let objects: String = versions
        .skip(1)
        .map(|(key, id)| format!("<Object><Key>{key}</Key><VersionId>{id}</VersionId></Object>"))
        .collect();
    bucket.root("POST", "?delete").body(format!("<Delete>{objects}</Delete>")).send().expect(200);
    bucket.key("DELETE", MOVIES[0]).query("versionId", "null").send().expect(204);
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn prefix_delimiter_and_encoding() {
    let bucket = with_movies();
    let list = |query: &str| bucket.root("GET", &format!("?versions{query}")).send().expect(200);
    let folder = list("&prefix=fun/&delimiter=/");
    assert_eq!(
        (folder.elements("Key"), folder.element("Prefix").as_str()),
        (vec![MOVIES[2].to_owned()], "fun/")
    );
    assert_eq!(folder.elements("CommonPrefixes"), ["<Prefix>fun/movie/</Prefix>"]);
    assert_eq!(folder.element("Delimiter"), "/");
    for key in ODD_KEYS {
        bucket.put(key, "x");
    }
    let encoded = list("&encoding-type=url&prefix=a%2B");
    assert_eq!(encoded.element("EncodingType"), "url");
    assert_eq!((encoded.element("Prefix").as_str(), encoded.element("Key").as_str()), ("a%2B", "a%2Bb%20c"));
}

#[test]
fn pages() {
    let bucket = with_movies();
    for key in ODD_KEYS {
        bucket.put(key, "x");
    }
    let all =
        bucket.root("GET", "?versions&encoding-type=url&max-keys=1000").send().expect(200).elements("Key");
    for size in [1, 2, 5] {
        let (mut key, mut version, mut seen) = (String::new(), String::new(), Vec::new());
        loop {
            let page = bucket.root("GET", &format!("?versions&encoding-type=url&max-keys={size}"));
            let page = page.query("key-marker", &key).query("version-id-marker", &version).send().expect(200);
            assert_eq!(signing::decode(&page.element("KeyMarker")), key);
            assert_eq!(page.element("VersionIdMarker"), version);
            seen.extend(page.elements("Key"));
            if page.element("IsTruncated") == "false" {
                break;
            }
            (key, version) =
                (signing::decode(&page.element("NextKeyMarker")), page.element("NextVersionIdMarker"));
            assert_eq!(version, "null");
        }
        assert_eq!(seen, all, "{size} at a time");
    }
    // A page that ends with a prefix names no version; the next one does not repeat the prefix.
    let first = bucket.root("GET", "?versions&delimiter=/&prefix=fun/&max-keys=1").send().expect(200);
    assert_eq!(
        (first.element("NextKeyMarker").as_str(), first.element("NextVersionIdMarker").as_str()),
        ("fun/movie/", "")
    );
    let second = bucket
        .root("GET", "?versions&delimiter=/&prefix=fun/&max-keys=1&key-marker=fun/movie/&version-id-marker=");
    assert_eq!(second.send().expect(200).elements("Key"), [MOVIES[2]]);
}

#[test]
fn wrong_parameters() {
    // OSS manual, detail codes 0012-00000102 to 0012-00000107; Python SDK, test_bucket_versioning.py.
    let bucket = Bucket::new();
    let long = "a".repeat(1024);
    let check = |query: &str, name: &str, ec: &str| {
        let answer =
            bucket.root("GET", &format!("?versions&{query}")).send().expect_error(400, "InvalidArgument");
        assert_eq!(
            (answer.element("ArgumentName").as_str(), answer.header("x-oss-ec")),
            (name, Some(ec).filter(|ec| !ec.is_empty()))
        );
    };
    for max in ["0", "-1", "1001", "x"] {
        check(&format!("max-keys={max}"), "max-keys", "0012-00000102");
    }
    check(&format!("prefix={long}"), "prefix", "");
    check(&format!("key-marker={long}"), "key-marker", "0012-00000104");
    check("key-marker=a&version-id-marker=%C2%A5%25*", "version-id-marker", "0012-00000105");
    check("version-id-marker=CAEQMxiBgICbof2D0BYi", "version-id-marker", "0012-00000106");
    check("delimiter=%5C", "delimiter", "0012-00000107");
    check(&format!("delimiter={long}"), "delimiter", "0012-00000107");
    check("encoding-type=base64", "encoding-type", "");
    let longest = "a".repeat(1023);
    bucket.root("GET", &format!("?versions&prefix={longest}&key-marker={longest}")).send().expect(200);
}

#[test]
fn errors() {
    let bucket = with_movies();
    bucket.root("GET", "?versions").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?versions").send().expect_error(404, "NoSuchBucket");
    bucket.root("DELETE", "?versions").send().expect_error(405, "MethodNotAllowed");
    bucket.assert_keys(&MOVIES);
}
