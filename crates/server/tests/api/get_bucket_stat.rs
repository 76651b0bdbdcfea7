//! `GetBucketStat`.

use std::time::SystemTime;

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

#[test]
fn tells_when_the_numbers_were_taken() {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let bucket = Bucket::new();
    let before = now();
    let taken: u64 =
        bucket.root("GET", "?stat").send().expect(200).element("LastModifiedTime").parse().unwrap();
    assert!((before..=now()).contains(&taken), "{taken}");
}

#[test]
fn counts_by_storage_class() {
    let bucket = Bucket::unmade();
    let document = "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>";
    bucket.root("PUT", "").body(document).send().expect(200);
    let check = |expected: [&str; 4]| {
        let answer = bucket.root("GET", "?stat").send().expect(200);
        let of = |class: &str| {
            let objects = answer.element(&format!("{class}ObjectCount"));
            format!("{objects} of {}", answer.element(&format!("{class}Storage")))
        };
        let told = ["Standard", "InfrequentAccess", "Archive", "DeepColdArchive"].map(of);
        assert_eq!(told, expected);
        assert_eq!(answer.element("InfrequentAccessRealStorage"), answer.element("InfrequentAccessStorage"));
    };
    let put = |key: &str, class: &str, content: &str| {
        bucket.key("PUT", key).header("x-oss-storage-class", class).body(content).send().expect(200);
    };
    check(["0 of 0"; 4]);
    put("default", "", "Hello");
    put("named", "IA", "Hello World");
    put("a", "Archive", "12");
    put("b", "Archive", "345");
    put("s", "Standard", "1");
    check(["1 of 1", "2 of 16", "2 of 5", "0 of 0"]);
    put("a", "DeepColdArchive", "1234");
    put("s", "", "12");
    bucket.key("DELETE", "b").send().expect(204);
    bucket
        .at("POST", "log?append&position=0")
        .header("x-oss-storage-class", "Standard")
        .body("1")
        .send()
        .expect(200);
    bucket.at("POST", "log?append&position=1").body("23").send().expect(200);
    check(["1 of 3", "3 of 18", "0 of 0", "1 of 4"]);
}
