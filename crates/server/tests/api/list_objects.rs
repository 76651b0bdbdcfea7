//! `ListObjects` (V1), and the rules of listing that it shares with V2.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use ossicle_store::{Acl, Durability, PutObject, Store, StoreOptions};
use tokio::task::JoinSet;

use crate::harness::checksum::etag;
use crate::harness::server::folder;
use crate::harness::{Bucket, Setup, Wire, signing};

/// The keys of the manual's examples.
const MOVIES: [&str; 4] = ["fun/movie/001.avi", "fun/movie/007.avi", "fun/test.jpg", "oss.jpg"];

pub(crate) fn with_movies() -> Bucket {
    let bucket = Bucket::new();
    for key in MOVIES {
        bucket.put(key, "x");
    }
    bucket
}

/// A bucket with 100,000 objects, `dir00/k00000` to `dir99/k99999`, made once. The store is filled before its server
/// starts: so many requests would take longer than all other tests together.
pub(crate) fn with_100_000_keys() -> Bucket {
    static MADE: OnceLock<Bucket> = OnceLock::new();
    let bucket = MADE.get_or_init(|| {
        // The server removes the folder in the end.
        let folder = folder().keep().join("data");
        tokio::runtime::Runtime::new().unwrap().block_on(fill(&folder));
        let server = Arc::new(Setup::new().data(&folder).lasting().start());
        Bucket { server, name: FILLED.to_owned() }
    });
    bucket.clone()
}

const FILLED: &str = "filled";

async fn fill(folder: &Path) {
    let store = Store::open(folder, StoreOptions::default().durability(Durability::Relaxed)).unwrap();
    let bucket = ossicle_store::Bucket {
        name: FILLED.to_owned(),
        acl: Acl::Private,
        storage_class: "Standard".to_owned(),
        redundancy: "LRS".to_owned(),
        owner: "1000000000000001".to_owned(),
        comment: String::new(),
        block_public_access: false,
        created_ms: 0,
        ..ossicle_store::Bucket::default()
    };
    store.create_bucket(bucket).await.unwrap();
    for thousand in 0..100 {
        let mut tasks = JoinSet::new();
        for number in thousand * 1000..(thousand + 1) * 1000 {
            let store = store.clone();
            tasks.spawn(async move {
                let data = store.upload(Some(0)).finish().await.unwrap();
                let put = PutObject::new(FILLED, big_key(number), data, 0);
                store.put_object(put).await.unwrap();
            });
        }
        tasks.join_all().await;
    }
    store.close().await;
}

/// The key of a number below 100,000.
pub(crate) fn big_key(number: u32) -> String {
    format!("dir{:02}/k{number:05}", number / 1000)
}

#[test]
fn has_every_element_of_the_manual() {
    let bucket = with_movies();
    let answer = bucket.root("GET", "").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    assert_eq!(answer.element("Name"), bucket.name);
    let told = ["MaxKeys", "IsTruncated", "Prefix", "Marker", "Delimiter"].map(|name| answer.element(name));
    assert_eq!(told, ["100", "false", "", "", ""]);
    assert_eq!(answer.elements("Key"), MOVIES);
    assert_eq!(answer.elements("ETag"), [etag(b"x"), etag(b"x"), etag(b"x"), etag(b"x")]);
    assert_eq!(answer.elements("Size"), ["1", "1", "1", "1"]);
    assert_eq!(answer.elements("Type"), ["Normal"; 4]);
    assert_eq!(answer.elements("StorageClass"), ["Standard"; 4]);
    assert_eq!(answer.elements("ID"), ["1000000000000001"; 4]);
    assert_eq!(answer.elements("DisplayName"), ["1000000000000001"; 4]);
    for time in answer.elements("LastModified") {
        assert!(time.ends_with(".000Z") && time.len() == 24, "{time}");
    }
}

#[test]
fn prefix_and_delimiter() {
    let bucket = with_movies();
    // OSS manual, ListObjects, examples.
    let check = |query: &str, keys: &[&str], prefixes: &[&str]| {
        for version in ["", "&list-type=2"] {
            let answer = bucket.root("GET", &format!("{query}{version}")).send().expect(200);
            assert_eq!(answer.elements("Key"), keys, "{query}");
            let found: Vec<String> = answer
                .elements("CommonPrefixes")
                .iter()
                .map(|inside| inside.replace("<Prefix>", "").replace("</Prefix>", ""))
                .collect();
            assert_eq!(found, prefixes, "{query}");
            assert_eq!(answer.element("IsTruncated"), "false");
        }
    };
    check("?prefix=fun/", &MOVIES[..3], &[]);
    check("?prefix=fun/&delimiter=/", &["fun/test.jpg"], &["fun/movie/"]);
    check("?delimiter=/", &["oss.jpg"], &["fun/"]);
    check("?prefix=fun&delimiter=/", &[], &["fun/"]);
    check("?prefix=fun/movie&delimiter=/", &[], &["fun/movie/"]);
    check("?prefix=fun/movie/&delimiter=/", &MOVIES[..2], &[]);
    check("?prefix=none", &[], &[]);
    check("?delimiter=o", &["fun/test.jpg"], &["fun/mo", "o"]);
    check("?prefix=oss.jpg", &["oss.jpg"], &[]);
}

#[test]
fn pages_by_marker() {
    let bucket = with_movies();
    let list = |query: &str| bucket.root("GET", query).send().expect(200);
    let first = list("?max-keys=2");
    assert_eq!(first.elements("Key"), MOVIES[..2]);
    assert_eq!((first.element("IsTruncated").as_str(), first.element("MaxKeys").as_str()), ("true", "2"));
    let second = list(&format!("?max-keys=2&marker={}", first.element("NextMarker")));
    assert_eq!(second.elements("Key"), MOVIES[2..]);
    assert_eq!((second.element("IsTruncated").as_str(), second.elements("NextMarker").len()), ("false", 0));
    // A marker need not exist.
    assert_eq!(list("?marker=fun/movie/002").elements("Key"), MOVIES[1..]);
    assert!(list("?marker=z").elements("Key").is_empty());
    // Prefixes count, and none comes twice.
    let first = list("?delimiter=/&max-keys=1");
    assert_eq!((first.elements("Key").len(), first.elements("CommonPrefixes").len()), (0, 1));
    let second = list(&format!("?delimiter=/&max-keys=1&marker={}", first.element("NextMarker")));
    assert_eq!(
        (second.elements("Key"), second.elements("CommonPrefixes").len()),
        (vec!["oss.jpg".to_owned()], 0)
    );
}

/// Keys whose order and spelling go wrong easily.
pub(crate) const ODD_KEYS: [&str; 12] = [
    " leading",
    "\"quoted\"&<escaped>",
    "%25",
    "..",
    "../..",
    "a//b",
    "a\u{1}\t\r\n\u{1f}b",
    "a+b c",
    "a?b#c",
    "dir/",
    "e\u{301}",
    "中文/键.txt",
];

#[test]
fn encoded_listings_carry_every_key() {
    let bucket = Bucket::new();
    for key in ODD_KEYS {
        bucket.put(key, key);
    }
    let mut sorted = ODD_KEYS;
    sorted.sort_unstable();
    for query in ["?encoding-type=url", "?encoding-type=url&list-type=2"] {
        let answer = bucket.root("GET", query).send().expect(200);
        assert_eq!(answer.element("EncodingType"), "url");
        let keys: Vec<String> = answer.elements("Key").iter().map(|key| signing::decode(key)).collect();
        assert_eq!(keys, sorted, "in the order of their bytes");
        assert!(answer.text().contains("<Key>%2E%2E").then_some(()).is_none(), "unreserved characters stay");
    }
    for key in ODD_KEYS {
        assert_eq!(bucket.get(key), key.as_bytes());
        let answer = bucket
            .root("GET", "?encoding-type=url")
            .query("prefix", key)
            .query("delimiter", "/")
            .send()
            .expect(200);
        assert_eq!(signing::decode(&answer.element("Prefix")), key);
        assert_eq!(answer.element("Delimiter"), "%2F");
    }
    // Page by page the same keys come in the same order.
    let (mut marker, mut seen) = (String::new(), Vec::new());
    loop {
        let page =
            bucket.root("GET", "?encoding-type=url&max-keys=1").query("marker", &marker).send().expect(200);
        seen.extend(page.elements("Key").iter().map(|key| signing::decode(key)));
        assert_eq!(signing::decode(&page.element("Marker")), marker);
        if page.element("IsTruncated") == "false" {
            break;
        }
        marker = signing::decode(&page.element("NextMarker"));
    }
    assert_eq!(seen, sorted);
}

#[test]
fn control_characters_in_keys_without_encoding_type() {
    // XML 1.0 has no spelling for them; OSS writes references (aliyun-oss-java-sdk issue 333). Two keys must not look
    // alike, and a client that pages by what it reads must come to an end.
    let bucket = Bucket::new();
    let keys = ["a\u{1}b", "a\u{2}b", "a\u{b}/\u{c}", "a\u{1f}", "a\u{fffe}"];
    for key in keys {
        bucket.put(key, "x");
    }
    let plain = bucket.root("GET", "").send().expect(200);
    assert_eq!(plain.elements("Key"), keys);
    for written in
        ["<Key>a&#x1;b</Key>", "<Key>a&#xB;/&#xC;</Key>", "<Key>a&#x1F;</Key>", "<Key>a&#xFFFE;</Key>"]
    {
        assert!(plain.text().contains(written), "{written} in {}", plain.text());
    }
    assert!(plain.text().bytes().all(|byte| byte >= b' ' || byte == b'\n'));
    let (mut marker, mut seen) = (String::new(), Vec::new());
    loop {
        let page = bucket.root("GET", "?max-keys=1").query("marker", &marker).send().expect(200);
        assert_eq!(page.element("Marker"), marker);
        seen.extend(page.elements("Key"));
        if page.element("IsTruncated") == "false" {
            break;
        }
        marker = page.element("NextMarker");
    }
    assert_eq!(seen, keys);
    let prefix = bucket.root("GET", "?delimiter=%0C&prefix=a%0B").send().expect(200);
    assert_eq!(
        (prefix.element("Prefix").as_str(), prefix.element("Delimiter").as_str()),
        ("a\u{b}", "\u{c}")
    );
    assert_eq!(prefix.elements("CommonPrefixes"), ["<Prefix>a\u{b}/\u{c}</Prefix>"]);
    let v2 = bucket.root("GET", "?list-type=2&start-after=a%01").send().expect(200);
    assert_eq!((v2.element("StartAfter").as_str(), v2.elements("Key").len()), ("a\u{1}", 5));
}

#[test]
fn one_hundred_thousand_keys() {
    let bucket = with_100_000_keys();
    let (mut marker, mut count) = (String::new(), 0);
    let mut wire = Wire::open(bucket.server.address());
    loop {
        let page =
            bucket.root("GET", "?max-keys=1000").query("marker", &marker).send_on(&mut wire).expect(200);
        for key in page.elements("Key") {
            assert_eq!(key, big_key(count));
            count += 1;
        }
        if page.element("IsTruncated") == "false" {
            break;
        }
        marker = page.element("NextMarker");
    }
    assert_eq!(count, 100_000);
    let folders = bucket.root("GET", "?delimiter=/&max-keys=1000").send().expect(200);
    assert_eq!((folders.elements("CommonPrefixes").len(), folders.elements("Key").len()), (100, 0));
    let stat = bucket.root("GET", "?stat").send().expect(200);
    assert_eq!(stat.element("ObjectCount"), "100000");
}

#[test]
fn wrong_parameters() {
    let bucket = with_movies();
    for query in [
        "?max-keys=0",
        "?max-keys=1001",
        "?max-keys=-1",
        "?max-keys=x",
        "?max-keys=99999999999999999999",
        "?encoding-type=base64",
        &format!("?prefix={}", "p".repeat(1024)),
        &format!("?marker={}", "p".repeat(1024)),
        "?delimiter=abc",
        "?delimiter=%E9%94%AE%E9%94%AE",
    ] {
        for version in ["", "&list-type=2"] {
            let query = format!("{query}{version}");
            if query.starts_with("?marker") && !version.is_empty() {
                continue;
            }
            let answer = bucket.root("GET", &query).send().expect_error(400, "InvalidArgument");
            let name = query[1..].split('=').next().unwrap();
            assert_eq!(answer.element("ArgumentName"), name);
            // OSS manual, pages of the detail codes.
            let ec = match name {
                "max-keys" => Some("0015-00000402"),
                "prefix" => Some("0015-00000403"),
                "marker" => Some("0015-00000405"),
                "delimiter" => Some("0015-00000406"),
                _ => None,
            };
            assert_eq!(answer.header("x-oss-ec"), ec, "{query}");
        }
    }
    bucket.root("GET", "?max-keys=").send().expect(200);
    bucket.root("GET", "?delimiter=%E9%94%AE").send().expect(200);
    let longest = "p".repeat(1023);
    bucket.root("GET", &format!("?prefix={longest}&marker={longest}")).send().expect(200);
    Bucket::unmade().root("GET", "").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn anonymous_callers_need_a_public_bucket() {
    let bucket = with_movies();
    bucket.root("GET", "").anonymous().send().expect_error(403, "AccessDenied");
    bucket.set_acl("public-read");
    assert_eq!(bucket.root("GET", "").anonymous().send().expect(200).elements("Key"), MOVIES);
}

#[test]
fn what_is_written_is_listed_at_once() {
    let bucket = Bucket::new();
    for number in 0..20 {
        bucket.put(&format!("k{number:02}"), "x");
        assert_eq!(bucket.root("GET", "").send().elements("Key").len(), number + 1);
    }
    for number in 0..20 {
        bucket.key("DELETE", &format!("k{number:02}")).send().expect(204);
        assert_eq!(bucket.root("GET", "").send().elements("Key").len(), 19 - number);
    }
}
