//! The tags of a bucket.

use ossicle_protocol::Operation;

use super::put_object_tagging::{document, of};
use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketTags, Operation::DeleteBucketTags])
    .before(|bucket| {
        bucket.root("PUT", "?tagging").body(document(&[("was", "1")])).send().expect(200);
    })
    .request(|_, draft| draft.body_to_set(&document(&[("set", "1")])))
    .proven(&[
        ("tagging", Proof::Test("bucket_tags::removes_all_tags_or_those_that_are_named")),
        ("Tagging/*", Proof::Test("bucket_tags::replaces_the_tags")),
    ]);

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

#[test]
fn answers_an_empty_set_without_tags() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?tagging").send().expect(200);
    assert!(answer.text().ends_with("<Tagging><TagSet></TagSet></Tagging>"), "{}", answer.text());
    bucket.root("GET", "?tagging").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?tagging").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn removes_all_tags_or_those_that_are_named() {
    // Go SDK V1, OssClientSuite.TestBucketTaggingWithKey.
    let bucket = Bucket::new();
    let tags = [("k1", "1"), ("k2", "2"), ("%@abc", "3"), ("k4", "4")];
    bucket.root("PUT", "?tagging").body(document(&tags)).send().expect(200);
    let delete = |named: &str| bucket.root("DELETE", "").query("tagging", named).send().expect(204);
    let left = || of(&bucket.root("GET", "?tagging").send().expect(200));
    delete("%@abc");
    assert_eq!(left(), ["k1=1", "k2=2", "k4=4"]);
    delete("k1,k4,unknown");
    assert_eq!(left(), ["k2=2"]);
    delete("");
    assert!(left().is_empty());
    delete("");
    delete("k1");
    bucket.root("DELETE", "?tagging").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("DELETE", "?tagging").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn tags_named_by_several_requests_at_a_time_all_go() {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..12).map(|number| format!("k{number}")).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
    bucket.root("PUT", "?tagging").body(document(&tags)).send().expect(200);
    std::thread::scope(|scope| {
        for key in &keys[1..5] {
            let bucket = &bucket;
            scope.spawn(move || bucket.root("DELETE", "").query("tagging", key).send().expect(204));
        }
    });
    assert_eq!(of(&bucket.root("GET", "?tagging").send()).len(), 8);
}
