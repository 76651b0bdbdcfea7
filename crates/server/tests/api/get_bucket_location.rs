//! `GetBucketLocation`.

use crate::harness::Bucket;

#[test]
fn is_the_region_with_its_prefix() {
    let bucket = Bucket::new();
    for query in ["?location", "?location="] {
        assert_eq!(
            bucket.root("GET", query).send().expect(200).element("LocationConstraint"),
            "oss-cn-hangzhou"
        );
    }
    bucket.root("GET", "?location").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?location").send().expect_error(405, "MethodNotAllowed");
    bucket.root("GET", "").send().expect(200);
}
