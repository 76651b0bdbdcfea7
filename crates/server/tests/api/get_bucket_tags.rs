//! `GetBucketTags`.

use crate::harness::Bucket;

#[test]
fn answers_an_empty_set_without_tags() {
    let bucket = Bucket::new();
    let answer = bucket.root("GET", "?tagging").send().expect(200);
    assert!(answer.text().ends_with("<Tagging><TagSet></TagSet></Tagging>"), "{}", answer.text());
    bucket.root("GET", "?tagging").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?tagging").send().expect_error(404, "NoSuchBucket");
}
