//! Referer protection of a bucket, and which requests it refuses.

use ossicle_protocol::Operation;

use crate::harness::checksum::content_md5;
use crate::harness::form::{Form, Policy};
use crate::harness::request::Auth;
use crate::harness::{Answer, Bucket, Request};
use crate::inputs::{Inputs, Proof};

const PAGES: Proof = Proof::Test("bucket_referer::pages_that_may_use_the_objects_and_others");

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketReferer])
    .before(|bucket| set(bucket, "<RefererList><Referer>http://was.example</Referer></RefererList>"))
    .request(|_, draft| {
        draft.body(&document("<RefererList><Referer>http://set.example</Referer></RefererList>"))
    })
    .proven(&[
        ("RefererConfiguration/AllowEmptyReferer", PAGES),
        ("RefererConfiguration/RefererList/Referer", PAGES),
        ("RefererConfiguration/RefererBlacklist/Referer", PAGES),
        (
            "RefererConfiguration/*",
            Proof::Test("bucket_referer::queries_and_paths_are_left_out_where_it_is_asked"),
        ),
    ]);

fn document(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RefererConfiguration>{inside}</RefererConfiguration>"
    )
}

fn set(bucket: &Bucket, inside: &str) {
    bucket.root("PUT", "?referer").body(document(inside)).send().expect(200);
}

/// A bucket that everybody may use, from pages of one site but for one of its hosts.
fn protected() -> Bucket {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("k", "x");
    set(
        &bucket,
        "<AllowEmptyReferer>false</AllowEmptyReferer>\
         <RefererList><Referer>http://*.site.example</Referer></RefererList>\
         <RefererBlacklist><Referer>http://old.site.example</Referer></RefererBlacklist>",
    );
    bucket
}

#[track_caller]
fn assert_refused(answer: Answer, ec: &str) -> Answer {
    let answer = answer
        .expect_error(403, "AccessDenied")
        .with_ec(ec)
        .with("Message", "You are denied by bucket referer policy.");
    assert!(!answer.element("BucketName").is_empty());
    answer
}

fn from(page: &str, request: Request) -> Request {
    if page.is_empty() { request } else { request.header("Referer", page) }
}

#[test]
fn replaces_the_lists() {
    let bucket = Bucket::new();
    let flags = |empty: bool, query: bool, path: bool| {
        format!(
            "<AllowEmptyReferer>{empty}</AllowEmptyReferer><AllowTruncateQueryString>{query}\
             </AllowTruncateQueryString><TruncatePath>{path}</TruncatePath>"
        )
    };
    let assert_set = |expected: &str| {
        let answer = bucket.root("GET", "?referer").send().expect(200);
        assert_eq!(String::from_utf8_lossy(&answer.body), document(expected));
        assert_eq!(answer.must("Content-Type"), "application/xml");
    };
    assert_set(&format!("{}<RefererList></RefererList>", flags(true, true, false)));
    let lists = "<RefererList><Referer>http://www.aliyun.com</Referer><Referer>\u{4e2d}+referer</Referer>\
                 </RefererList><RefererBlacklist><Referer>https://www.?.deny.com</Referer></RefererBlacklist>";
    set(&bucket, &format!("{}{lists}", flags(false, false, true)));
    assert_set(&format!("{}{lists}", flags(false, false, true)));
    set(&bucket, "<AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer></Referer></RefererList>");
    assert_set(&format!("{}<RefererList></RefererList>", flags(true, true, false)));
    // The method that takes it away in other configurations is not OSS's.
    bucket.root("DELETE", "?referer").send().expect_error(405, "MethodNotAllowed");
}

#[test]
fn bad_documents_leave_the_lists() {
    let bucket = protected();
    let before = bucket.root("GET", "?referer").send().body;
    let refused = |body: &str| {
        bucket.root("PUT", "?referer").body(body).send().expect_error(400, "MalformedXML");
    };
    refused("");
    refused("<RefererConfiguration>");
    refused(&document("<AllowEmptyReferer>maybe</AllowEmptyReferer>"));
    refused(&document(&format!("<RefererList><Referer>{}</Referer></RefererList>", "x".repeat(64 * 1024))));
    let good = document("<AllowEmptyReferer>true</AllowEmptyReferer>");
    let wrong = bucket.root("PUT", "?referer").header("Content-MD5", &content_md5(b"another"));
    wrong.body(good).send().expect_error(400, "InvalidDigest");
    assert_eq!(bucket.root("GET", "?referer").send().body, before);
    for method in ["GET", "PUT"] {
        bucket.root(method, "?referer").anonymous().send().expect_error(403, "AccessDenied");
    }
    let missing = bucket.server.request("GET", "/nobody-made-this?referer").send();
    missing.expect_error(404, "NoSuchBucket");
}

#[test]
fn pages_that_may_use_the_objects_and_others() {
    let bucket = protected();
    let get = |page: &str| from(page, bucket.key("GET", "k").anonymous()).send();
    get("http://www.site.example/page.html").expect(200);
    get("http://www.site.example").expect(200);
    assert_refused(get(""), "0003-00000501");
    assert_refused(get("http://old.site.example/page.html"), "0003-00000502");
    assert_refused(get("https://www.site.example/"), "0003-00000503");
    assert_refused(get("http://www.site.example.evil.net/"), "0003-00000503");
    let head = from("http://evil.net/", bucket.key("HEAD", "k").anonymous()).send();
    assert_eq!(head.status, 403);
    // One page that may does not make up for another.
    let both = bucket.key("GET", "k").anonymous().header("Referer", "http://www.site.example/");
    assert_refused(both.header("Referer", "http://evil.net/").send(), "0003-00000503");
    set(
        &bucket,
        "<AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer>http://a.example</Referer></RefererList>",
    );
    get("").expect(200);
    assert_refused(get("http://www.site.example/"), "0003-00000503");
    set(&bucket, "<AllowEmptyReferer>false</AllowEmptyReferer><RefererList/>");
    get("").expect(200);
    get("http://www.site.example/").expect(200);
}

#[test]
fn who_signs_in_a_header_comes_from_anywhere() {
    let bucket = protected();
    for auth in [Auth::HeaderV1, Auth::HeaderV4] {
        from("http://evil.net/", bucket.key("GET", "k").auth(auth)).send().expect(200);
    }
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let get = |page: &str| from(page, bucket.key("GET", "k").auth(auth)).send();
        get("http://www.site.example/").expect(200);
        assert_refused(get("http://evil.net/"), "0003-00000503");
        assert_refused(get(""), "0003-00000501");
    }
    // A header that signs nothing does not help.
    let bogus = bucket.key("GET", "k").anonymous().header("Authorization", "OSS nobody:AAAA");
    assert_eq!(from("http://evil.net/", bogus).send().status, 403);
}

#[test]
fn objects_are_protected_and_buckets_are_not() {
    let bucket = protected();
    let anonymous = |method: &str, rest: &str| from("http://evil.net/", bucket.at(method, rest).anonymous());
    for (method, rest) in
        [("PUT", "new"), ("POST", "new?append&position=0"), ("POST", "new?uploads"), ("DELETE", "k")]
    {
        assert_refused(anonymous(method, rest).body("x").send(), "0003-00000503");
    }
    let form = |page: &str| {
        let fields = Policy::new().condition(r#"["content-length-range", 0, 100]"#).v4();
        from(
            page,
            Form::new().field("key", "form").fields(fields).file("f", "y").onto(bucket.root("POST", "")),
        )
        .send()
    };
    assert_refused(form("http://evil.net/"), "0003-00000503");
    bucket.assert_keys(&["k"]);
    form("http://www.site.example/upload").expect(204);
    anonymous("GET", "").send().expect(200);
    anonymous("HEAD", "").send().expect(200);
}

#[test]
fn queries_and_paths_are_left_out_where_it_is_asked() {
    let bucket = protected();
    let get = |query: bool, path: bool, page: &str| {
        set(
            &bucket,
            &format!(
                "<AllowTruncateQueryString>{query}</AllowTruncateQueryString><TruncatePath>{path}</TruncatePath>\
                 <RefererList><Referer>*.site.example</Referer></RefererList>"
            ),
        );
        from(page, bucket.key("GET", "k").anonymous()).send().status
    };
    assert_eq!(get(false, false, "http://evil.net/?www.site.example"), 200);
    assert_eq!(get(true, false, "http://evil.net/?www.site.example"), 403);
    assert_eq!(get(true, false, "http://evil.net/www.site.example"), 200);
    assert_eq!(get(true, true, "http://evil.net/www.site.example"), 403);
    assert_eq!(get(true, true, "http://www.site.example/page?a=b"), 200);
}

#[test]
fn a_browser_may_read_the_refusal_where_cors_rules_let_it() {
    let bucket = protected();
    let rules = "<CORSConfiguration><CORSRule><AllowedOrigin>http://evil.net</AllowedOrigin><AllowedMethod>GET\
                 </AllowedMethod></CORSRule></CORSConfiguration>";
    bucket.root("PUT", "?cors").body(rules).send().expect(200);
    let asked = |request: Request| request.anonymous().header("Origin", "http://evil.net");
    let preflight = asked(bucket.key("OPTIONS", "k")).header("Access-Control-Request-Method", "GET");
    from("http://evil.net/", preflight).send().expect(200);
    let answer = from("http://evil.net/", asked(bucket.key("GET", "k"))).send();
    let answer = assert_refused(answer, "0003-00000503");
    assert_eq!(answer.must("Access-Control-Allow-Origin"), "http://evil.net");
}
