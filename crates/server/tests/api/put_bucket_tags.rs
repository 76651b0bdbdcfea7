//! `PutBucketTags`.

use super::put_object_tagging::{document, of};
use crate::harness::Bucket;

#[test]
fn replaces_the_tags() {
    let bucket = Bucket::new();
    let put = |tags: &[(&str, &str)]| bucket.root("PUT", "?tagging").body(document(tags)).send();
    let get = || of(&bucket.root("GET", "?tagging").send().expect(200));
    // The suite of oss2 has such keys.
    put(&[("%@abc", "abc"), ("123++", "++123%")]).expect(200);
    assert_eq!(get(), ["%@abc=abc", "123++=++123%"]);
    put(&[("a", "")]).expect(200);
    assert_eq!(get(), ["a="]);
    put(&[("a", "1"), ("a", "2")]).expect_error(400, "InvalidTag").with_ec("0010-00000210");
    put(&[("Aliyun-a", "1")]).expect_error(400, "InvalidTag").with_ec("0010-00000207");
    put(&[(&"a".repeat(65), "1")]).expect_error(400, "InvalidTag").with_ec("0010-00000219");
    bucket.root("PUT", "?tagging").body("<Tagging>").send().expect_error(400, "MalformedXML");
    bucket.root("PUT", "?tagging").body(document(&[])).anonymous().send().expect_error(403, "AccessDenied");
    assert_eq!(get(), ["a="]);
}

#[test]
fn buckets_are_listed_by_their_tags() {
    let bucket = Bucket::new();
    let (server, name) = (&bucket.server, &bucket.name);
    for (number, tags) in [(1, vec![("k", "v"), ("x", "1")]), (2, vec![("k", "w")]), (3, vec![])] {
        server.request("PUT", &format!("/{name}-{number}")).send().expect(200);
        let path = format!("/{name}-{number}?tagging");
        server.request("PUT", &path).body(document(&tags)).send().expect(200);
    }
    let list = |query: &[(&str, &str)]| {
        let request = server.request("GET", "/").query("prefix", name);
        let answer = query.iter().fold(request, |request, (key, value)| request.query(key, value)).send();
        let numbers = answer.expect(200).elements("Name").into_iter().map(|it| it.replace(name, ""));
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(list(&[]), ["", "-1", "-2", "-3"]);
    assert_eq!(list(&[("tag-key", "k")]), ["-1", "-2"]);
    assert_eq!(list(&[("tag-key", "k"), ("tag-value", "w")]), ["-2"]);
    assert_eq!(list(&[("tagging", "\"k\":\"v\",\"x\":\"1\"")]), ["-1"]);
    assert_eq!(list(&[("tagging", "\"k\":\"w\",\"x\":\"1\"")]), Vec::<String>::new());
    assert_eq!(list(&[("tag-key", "k"), ("max-keys", "1")]), ["-1"]);
    let page = server.request("GET", "/").query("tag-key", "k").query("max-keys", "1");
    let page = page.query("prefix", name).send().expect(200);
    assert_eq!(
        (page.element("IsTruncated"), page.element("NextMarker")),
        ("true".into(), format!("{name}-1"))
    );
    assert_eq!(list(&[("tag-key", "k"), ("marker", &format!("{name}-1"))]), ["-2"]);
    let wrong = |key: &str, value: &str| server.request("GET", "/").query(key, value).send();
    wrong("tagging", "k=v").expect_error(400, "InvalidArgument");
    wrong("tag-value", "v").expect_error(400, "InvalidArgument");
}
