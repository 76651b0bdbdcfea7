//! `DeleteBucketCors`.

use crate::harness::Bucket;
use crate::put_bucket_cors::with_rules;

#[test]
fn takes_the_rules_away() {
    let bucket = with_rules(
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>\
         </CORSConfiguration>",
    );
    bucket.root("DELETE", "?cors").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?cors").send().expect(204);
    bucket.root("GET", "?cors").send().expect_error(404, "NoSuchCORSConfiguration");
    let answer = bucket.key("PUT", "k").header("Origin", "http://a.com").body("x").send().expect(200);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    bucket.root("DELETE", "?cors").send().expect(204);
    Bucket::unmade().root("DELETE", "?cors").send().expect_error(404, "NoSuchBucket");
}
