//! `GetObjectTagging`.

use crate::harness::Bucket;

#[test]
fn answers_an_empty_set_without_tags() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let answer = bucket.at("GET", "k?tagging").send().expect(200);
    assert_eq!(answer.spelled("Content-Type"), "application/xml");
    assert!(answer.text().ends_with("<Tagging><TagSet></TagSet></Tagging>"), "{}", answer.text());
    bucket
        .key("PUT", "k")
        .header("x-oss-tagging", "a%3D%26")
        .body("x")
        .send()
        .expect_error(400, "InvalidTag");
    bucket.key("PUT", "k").header("x-oss-tagging", "a%3D=b").body("x").send().expect(200);
    let answer = bucket.at("GET", "k?tagging&versionId=null").send().expect(200);
    assert_eq!((answer.element("Key"), answer.element("Value")), ("a=".to_owned(), "b".to_owned()));
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    bucket.at("GET", "missing?tagging").send().expect_error(404, "NoSuchKey");
    bucket.at("GET", "k?tagging").anonymous().send().expect_error(403, "AccessDenied");
    bucket.at("GET", "k?tagging&versionId=CAEQ").send().expect_error(400, "InvalidArgument");
    bucket.at("HEAD", "k?tagging").send().expect(405);
}
