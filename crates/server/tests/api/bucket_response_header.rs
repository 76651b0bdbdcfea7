//! Headers that answers about a bucket do not have.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketResponseHeader])
    .before(|bucket| set(bucket, &rule("was", "ListObjects", "x-oss-nothing")))
    .request(|_, draft| draft.body(&document(&rule("set", "ListObjects", "x-oss-nothing"))))
    .proven(&[(
        "ResponseHeaderConfiguration/Rule/*",
        Proof::Test("bucket_response_header::hides_headers_of_answers_to_operations"),
    )]);

fn document(rules: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResponseHeaderConfiguration>{rules}</ResponseHeaderConfiguration>"
    )
}

fn rule(name: &str, operation: &str, header: &str) -> String {
    format!(
        "<Rule><Name>{name}</Name><Filters><Operation>{operation}</Operation></Filters><HideHeaders><Header>{header}\
         </Header></HideHeaders></Rule>"
    )
}

fn set(bucket: &Bucket, rules: &str) {
    bucket.root("PUT", "?responseHeader").body(document(rules)).send().expect(200);
}

#[test]
fn hides_headers_of_answers_to_operations() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let get = || bucket.root("GET", "?responseHeader").send().expect(200);
    assert_eq!(String::from_utf8_lossy(&get().body), document(""));
    let rules = [rule("one", "GetObject", "last-modified"), rule("two", "*", "Server")].concat();
    set(&bucket, &rules);
    assert_eq!(String::from_utf8_lossy(&get().body), document(&rules));
    let answer = bucket.key("GET", "k").send().expect(200);
    assert_eq!((answer.header("Last-Modified"), answer.header("Server")), (None, None));
    assert_eq!(answer.must("Content-Length"), "1");
    assert_eq!(answer.must("ETag").len(), 34);
    let head = bucket.key("HEAD", "k").send().expect(200);
    assert!(head.header("Last-Modified").is_some());
    assert_eq!(head.header("Server"), None);
    // Also where the answer is an error.
    let missing = bucket.key("GET", "none").send().expect_error(404, "NoSuchKey");
    assert_eq!(missing.header("Server"), None);
    for body in ["", &document(""), &document(&rule("", "*", "ETag")), &document(&rule("a", "*", "a b"))] {
        bucket.root("PUT", "?responseHeader").body(body).send().expect_error(400, "MalformedXML");
    }
    let needed = document(&rule("a", "*", "Content-Length"));
    bucket.root("PUT", "?responseHeader").body(needed).send().expect_error(400, "InvalidArgument");
    for method in ["GET", "PUT", "DELETE"] {
        bucket.root(method, "?responseHeader").anonymous().send().expect_error(403, "AccessDenied");
    }
    for _ in 0..2 {
        bucket.root("DELETE", "?responseHeader").send().expect(204);
    }
    assert!(bucket.key("GET", "k").send().expect(200).header("Last-Modified").is_some());
}
