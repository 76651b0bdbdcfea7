//! `DeleteBucketTags`.

use super::put_object_tagging::{document, of};
use crate::harness::Bucket;

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
