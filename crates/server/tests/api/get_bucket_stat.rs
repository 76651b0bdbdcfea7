//! `GetBucketStat`.

use crate::harness::Bucket;

#[test]
fn counts() {
    let bucket = Bucket::new();
    let check = |expected: [&str; 3]| {
        let answer = bucket.root("GET", "?stat").send().expect(200);
        let told = ["Storage", "ObjectCount", "MultipartUploadCount"].map(|name| answer.element(name));
        assert_eq!(told, expected);
    };
    check(["0", "0", "0"]);
    for key in ["a", "b", "c"] {
        bucket.put(key, "Hello");
    }
    let upload = bucket.initiate("d");
    check(["15", "3", "1"]);
    bucket.put("a", "Hello World");
    bucket.key("DELETE", "b").send().expect(204);
    bucket.at("POST", "e?append&position=0").body("12").send().expect(200);
    bucket.at("POST", "e?append&position=2").body("345").send().expect(200);
    check(["21", "3", "1"]);
    let part = bucket.part("d", &upload, 1, b"1234");
    bucket.complete("d", &upload, &[(1, part)]).send().expect(200);
    check(["25", "4", "0"]);
    bucket.root("GET", "?stat").anonymous().send().expect_error(403, "AccessDenied");
}
