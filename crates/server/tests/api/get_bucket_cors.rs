//! `GetBucketCors`.

use crate::harness::Bucket;
use crate::put_bucket_cors::with_rules;

#[test]
fn returns_what_was_set() {
    let bucket = with_rules(
        "<CORSConfiguration><CORSRule><AllowedOrigin>http://a.com</AllowedOrigin><AllowedOrigin>*</AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>X-Oss-Test</AllowedHeader>\
         <ExposeHeader>x-oss-b</ExposeHeader><MaxAgeSeconds>7</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    );
    let answer = bucket.root("GET", "?cors").send().expect(200);
    assert_eq!(answer.elements("AllowedOrigin"), ["http://a.com", "*"]);
    assert_eq!(answer.elements("AllowedMethod"), ["GET", "PUT"]);
    // The SDKs expect allowed headers in lower case.
    assert_eq!(answer.elements("AllowedHeader"), ["x-oss-test"]);
    assert_eq!(answer.elements("ExposeHeader"), ["x-oss-b"]);
    assert_eq!(answer.element("MaxAgeSeconds"), "7");
    assert_eq!(answer.element("ResponseVary"), "false");
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let none = bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
    assert_eq!(none.must("x-oss-ec"), "0034-00000001");
    bucket.root("GET", "?cors").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?cors").send().expect_error(404, "NoSuchBucket");
}
