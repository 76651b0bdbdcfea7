//! `ListObjectsV2`. What it shares with V1 is tested there.

use crate::harness::{Bucket, Wire};
use crate::list_objects::{ODD_KEYS, big_key, with_100_000_keys, with_movies};

#[test]
fn has_every_element_of_the_manual() {
    let bucket = with_movies();
    let answer = bucket.root("GET", "?list-type=2").send().expect(200);
    let told = ["Name", "KeyCount", "MaxKeys", "IsTruncated"].map(|name| answer.element(name));
    assert_eq!(told, [bucket.name.as_str(), "4", "100", "false"]);
    // The owner is told on demand only.
    assert!(answer.elements("Owner").is_empty());
    let answer = bucket.root("GET", "?list-type=2&fetch-owner=true").send().expect(200);
    assert_eq!(answer.elements("ID"), ["1000000000000001"; 4]);
    assert!(bucket.root("GET", "?list-type=2&fetch-owner=false").send().elements("Owner").is_empty());
}

#[test]
fn pages_by_token() {
    let bucket = with_movies();
    let list = |query: &str| bucket.root("GET", &format!("?list-type=2{query}")).send().expect(200);
    let first = list("&max-keys=3");
    assert_eq!((first.element("KeyCount").as_str(), first.element("IsTruncated").as_str()), ("3", "true"));
    let token = first.element("NextContinuationToken");
    let second =
        bucket.root("GET", "?list-type=2&max-keys=3").query("continuation-token", &token).send().expect(200);
    assert_eq!(second.elements("Key"), ["oss.jpg"]);
    assert_eq!(second.element("ContinuationToken"), token);
    assert!(second.elements("NextContinuationToken").is_empty());
    let after = list("&start-after=fun/movie/001.avi");
    assert_eq!((after.elements("Key").len(), after.element("StartAfter").as_str()), (3, "fun/movie/001.avi"));
    // The token wins over the start.
    let both = bucket
        .root("GET", "?list-type=2&start-after=a")
        .query("continuation-token", &token)
        .send()
        .expect(200);
    assert_eq!(both.elements("Key"), ["oss.jpg"]);
}

#[test]
fn tokens_that_are_none() {
    let bucket = with_movies();
    for token in ["x", "!!!", "%FF", "AAAA", &"A".repeat(5000)] {
        let query = format!("?list-type=2&continuation-token={token}");
        bucket.root("GET", &query).send().expect_error(400, "InvalidArgument");
    }
    // The Python SDK sends an empty one for the first page.
    assert_eq!(
        bucket.root("GET", "?list-type=2&continuation-token=").send().expect(200).element("KeyCount"),
        "4"
    );
}

#[test]
fn odd_keys_page_by_page() {
    let bucket = Bucket::new();
    for key in ODD_KEYS {
        bucket.put(key, "x");
    }
    let (mut seen, mut token) = (0, None::<String>);
    loop {
        let request = bucket.root("GET", "?list-type=2&max-keys=1&encoding-type=url");
        let request = match &token {
            Some(token) => request.query("continuation-token", token),
            None => request,
        };
        let page = request.send().expect(200);
        seen += page.elements("Key").len();
        match page.elements("NextContinuationToken").pop() {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ODD_KEYS.len());
}

#[test]
fn wrong_parameters() {
    let bucket = with_movies();
    for (query, name) in [
        ("?list-type=3", "list-type"),
        ("?list-type=two", "list-type"),
        ("?list-type=2&fetch-owner=maybe", "fetch-owner"),
        ("?list-type=2&continuation-token=no", "continuation-token"),
        (&format!("?list-type=2&start-after={}", "p".repeat(1024)), "start-after"),
    ] {
        let answer = bucket.root("GET", query).send().expect_error(400, "InvalidArgument");
        assert_eq!(answer.element("ArgumentName"), name, "{query}");
    }
    let owners = |query: &str| bucket.root("GET", query).send().expect(200).elements("Owner").len();
    assert_eq!((owners("?list-type=2&fetch-owner=True"), owners("?list-type=2&fetch-owner=False")), (4, 0));
    assert_eq!((owners("?list-type=2&fetch-owner="), owners("?list-type=1")), (0, 4));
}

#[test]
fn one_hundred_thousand_keys() {
    let bucket = with_100_000_keys();
    let mut wire = Wire::open(bucket.server.address());
    let (mut token, mut count) = (String::new(), 0);
    loop {
        let request = bucket.root("GET", "?list-type=2&max-keys=1000");
        let request = if token.is_empty() { request } else { request.query("continuation-token", &token) };
        let page = request.send_on(&mut wire).expect(200);
        for key in page.elements("Key") {
            assert_eq!(key, big_key(count));
            count += 1;
        }
        match page.elements("NextContinuationToken").pop() {
            Some(next) => token = next,
            None => break,
        }
    }
    assert_eq!(count, 100_000);
    let page =
        bucket.root("GET", "?list-type=2&delimiter=/&start-after=dir49/zzz&max-keys=10").send().expect(200);
    assert_eq!((page.elements("CommonPrefixes").len(), page.element("KeyCount").as_str()), (10, "10"));
    assert!(page.elements("CommonPrefixes")[0].contains("dir50/"));
}
