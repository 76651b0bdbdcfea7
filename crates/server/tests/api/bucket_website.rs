//! A bucket as a website: pages of folders, the page for what is missing, and redirects.

use ossicle_protocol::Operation;

use crate::harness::request::Auth;
use crate::harness::{Answer, Bucket, Request};
use crate::inputs::{Inputs, Proof};

const PAGES: Proof = Proof::Test("bucket_website::folders_have_pages");
const REDIRECTS: Proof = Proof::Test("bucket_website::redirects_by_prefix_suffix_status_and_header");

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketWebsite])
    .before(|bucket| {
        set(bucket, "<IndexDocument><Suffix>was.html</Suffix></IndexDocument>").expect(200);
    })
    .request(|_, draft| draft.body(&document("<IndexDocument><Suffix>index.html</Suffix></IndexDocument>")))
    .proven(&[
        ("WebsiteConfiguration/IndexDocument/*", PAGES),
        ("WebsiteConfiguration/ErrorDocument/*", Proof::Test("bucket_website::what_is_missing_has_a_page")),
        ("WebsiteConfiguration/RoutingRules/*", REDIRECTS),
    ])
    .samples(|name| {
        let index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
        if name.ends_with("/Mirror*") {
            // A rule of another kind says nothing by it.
            return Some(
                document(index).replace("</Suffix>", "</Suffix><MirrorURL>http://a.example/</MirrorURL>"),
            );
        }
        let lua = "<LuaConfig><Script>a.lua</Script></LuaConfig>";
        let (kind, lua) = if name.ends_with("/Script") { ("External", lua) } else { ("Mirror", "") };
        let redirect = format!("<RedirectType>{kind}</RedirectType><MirrorURL>http://a.example/</MirrorURL>");
        Some(document(&format!(
            "<RoutingRules>{}</RoutingRules>",
            rule(1, "", &redirect).replace("<Redirect>", &format!("{lua}<Redirect>"))
        )))
    });

fn document(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<WebsiteConfiguration>{inside}</WebsiteConfiguration>"
    )
}

fn set(bucket: &Bucket, inside: &str) -> Answer {
    bucket.root("PUT", "?website").body(document(inside)).send()
}

fn rule(number: u32, condition: &str, redirect: &str) -> String {
    format!(
        "<RoutingRule><RuleNumber>{number}</RuleNumber><Condition>{condition}</Condition><Redirect>{redirect}</Redirect>\
         </RoutingRule>"
    )
}

/// A website that everybody may read.
fn website(inside: &str) -> Bucket {
    let bucket = Bucket::new();
    bucket.set_acl("public-read");
    for key in ["index.html", "sub/index.html", "sub/page.html", "error.html"] {
        bucket.key("PUT", key).header("Content-Type", "text/html").body(key).send().expect(200);
    }
    set(&bucket, inside).expect(200);
    bucket
}

/// A visit of the bucket's own host.
fn visit(bucket: &Bucket, method: &str, target: &str) -> Request {
    let host = format!("{}.localhost", bucket.name);
    bucket.server.request(method, target).host_of(&bucket.name, &host).anonymous()
}

#[track_caller]
fn assert_page(answer: Answer, page: &str) {
    let answer = answer.expect(200);
    assert_eq!(String::from_utf8_lossy(&answer.body), page);
    assert_eq!(answer.must("Content-Type"), "text/html");
}

const INDEX: &str = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
const ERROR: &str = "<ErrorDocument><Key>error.html</Key></ErrorDocument>";

fn sub_dirs(kind: &str) -> String {
    format!(
        "<IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>{kind}</Type></IndexDocument>"
    )
}

#[test]
fn replaces_the_website() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?website").send();
    get().expect_error(404, "NoSuchWebsiteConfiguration").with("BucketName", &bucket.name);
    let rules = rule(
        3,
        "<KeyPrefixEquals>abc/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>\
         <IncludeHeader><Key>host</Key><Equals>a.example</Equals></IncludeHeader>",
        "<RedirectType>AliCDN</RedirectType><PassQueryString>false</PassQueryString><Protocol>http</Protocol>\
         <HostName>www.test.com</HostName><ReplaceKeyWith>prefix/${key}.suffix</ReplaceKeyWith>\
         <HttpRedirectCode>301</HttpRedirectCode>",
    );
    let full = format!(
        "{}<ErrorDocument><Key>error.html</Key><HttpStatus>404</HttpStatus></ErrorDocument><RoutingRules>{rules}\
         </RoutingRules>",
        sub_dirs("0")
    );
    for inside in [INDEX, &full, &format!("{INDEX}{ERROR}")] {
        set(&bucket, inside).expect(200);
        assert_eq!(String::from_utf8_lossy(&get().expect(200).body), document(inside));
    }
    let mirror = "<RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/</MirrorURL>";
    let mirror = format!("<RoutingRules>{}</RoutingRules>", rule(1, "", mirror));
    set(&bucket, &mirror).expect_error(501, "NotImplemented");
    set(&bucket, "").expect_error(400, "MalformedXML");
    set(&bucket, "<IndexDocument><Suffix>a/b</Suffix></IndexDocument>").expect_error(400, "InvalidArgument");
    for method in ["GET", "PUT", "DELETE"] {
        bucket.root(method, "?website").anonymous().send().expect_error(403, "AccessDenied");
    }
    assert_eq!(String::from_utf8_lossy(&get().expect(200).body), document(&format!("{INDEX}{ERROR}")));
    for _ in 0..2 {
        bucket.root("DELETE", "?website").send().expect(204);
    }
    get().expect_error(404, "NoSuchWebsiteConfiguration");
}

#[test]
fn folders_have_pages() {
    let bucket = website(INDEX);
    let get = |target: &str| visit(&bucket, "GET", target).send();
    assert_page(get("/"), "index.html");
    // Without pages of their own, folders have that of the root.
    assert_page(get("/sub/"), "index.html");
    assert_page(get("/sub/page.html"), "sub/page.html");
    get("/sub").expect_error(404, "NoSuchKey");
    set(&bucket, &sub_dirs("0")).expect(200);
    assert_page(get("/"), "index.html");
    assert_page(get("/sub/"), "sub/index.html");
    assert_eq!(get("/sub").expect(302).must("Location"), "/sub/");
    get("/none").expect_error(404, "NoSuchKey");
    get("/none/").expect_error(404, "NoSuchKey");
    let path = bucket.at("GET", "sub").anonymous().send().expect(302);
    assert_eq!(path.must("Location"), format!("/{}/sub/", bucket.name));
    set(&bucket, &sub_dirs("1")).expect(200);
    get("/sub").expect_error(404, "NoSuchKey");
    set(&bucket, &sub_dirs("2")).expect(200);
    assert_page(get("/sub"), "sub/index.html");
    let head = visit(&bucket, "HEAD", "/sub").send().expect(200);
    assert_eq!(head.must("Content-Length"), "14");
    // A range is one of the page.
    let range = visit(&bucket, "GET", "/").header("Range", "bytes=0-4").send().expect(206);
    assert_eq!(range.body, b"index");
}

#[test]
fn who_signs_speaks_to_a_store() {
    let bucket = website(&format!("{}{ERROR}", sub_dirs("2")));
    let host = format!("{}.localhost", bucket.name);
    for auth in [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV4] {
        let get = |target: &str| {
            bucket.server.request("GET", target).host_of(&bucket.name, &host).auth(auth).send()
        };
        assert_eq!(get("/").expect(200).elements("Key").len(), 4);
        get("/sub/").expect_error(404, "NoSuchKey");
        get("/sub").expect_error(404, "NoSuchKey");
    }
    // Listings that say what they list, and those by a path, are listings.
    assert_eq!(visit(&bucket, "GET", "/?prefix=sub").send().expect(200).elements("Key").len(), 2);
    assert_eq!(bucket.root("GET", "").anonymous().send().expect(200).elements("Key").len(), 4);
}

#[test]
fn what_is_missing_has_a_page() {
    let bucket = website(&format!("{INDEX}{ERROR}"));
    let get = |target: &str| visit(&bucket, "GET", target).send();
    let answer = get("/none").expect(404);
    assert_eq!(
        (answer.body.as_slice(), answer.must("Content-Type")),
        (b"error.html".as_slice(), "text/html")
    );
    // The page is whole, whatever was asked of what is missing.
    let part = visit(&bucket, "GET", "/none").header("Range", "bytes=0-1").header("If-None-Match", "*");
    assert_eq!(part.send().expect(404).body, b"error.html");
    assert_eq!(visit(&bucket, "HEAD", "/none").send().status, 404);
    set(&bucket, "<ErrorDocument><Key>error.html</Key><HttpStatus>200</HttpStatus></ErrorDocument>")
        .expect(200);
    assert_page(get("/none"), "error.html");
    // A missing page does not hide the error, and nobody sees a page that he may not.
    set(&bucket, "<ErrorDocument><Key>gone.html</Key></ErrorDocument>").expect(200);
    get("/none").expect_error(404, "NoSuchKey").with("Key", "none");
    set(&bucket, ERROR).expect(200);
    bucket.root("PUT", "error.html?acl").header("x-oss-object-acl", "private").send();
    bucket.at("PUT", "error.html?acl").header("x-oss-object-acl", "private").send().expect(200);
    get("/none").expect_error(404, "NoSuchKey").with("Key", "none");
}

#[test]
fn a_private_bucket_shows_nothing() {
    let bucket = website(&format!("{}{ERROR}", sub_dirs("2")));
    bucket.set_acl("private");
    for target in ["/", "/sub/", "/sub", "/none", "/index.html"] {
        visit(&bucket, "GET", target).send().expect_error(403, "AccessDenied");
    }
}

#[test]
fn redirects_by_prefix_suffix_status_and_header() {
    let missing = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>";
    let to = |more: &str| format!("<RedirectType>External</RedirectType>{more}");
    let elsewhere = "<Protocol>https</Protocol><HostName>www.test.com</HostName>";
    let rules = [
        rule(
            5,
            missing,
            &to(&format!(
                "{elsewhere}<ReplaceKeyWith>p/${{key}}.s</ReplaceKeyWith><HttpRedirectCode>302</HttpRedirectCode>"
            )),
        ),
        rule(
            1,
            &format!("<KeyPrefixEquals>abc/</KeyPrefixEquals>{missing}"),
            &to("<HostName>a.example</HostName><ReplaceKeyPrefixWith>def/</ReplaceKeyPrefixWith>\
                 <PassQueryString>true</PassQueryString><HttpRedirectCode>307</HttpRedirectCode>"),
        ),
        rule(
            2,
            "<KeySuffixEquals>.html</KeySuffixEquals><IncludeHeader><Key>X-Old</Key><Equals>yes</Equals></IncludeHeader>",
            "<RedirectType>AliCDN</RedirectType><ReplaceKeyWith>new \u{4e2d}</ReplaceKeyWith>",
        ),
    ];
    let bucket = website(&format!("{ERROR}<RoutingRules>{}</RoutingRules>", rules.concat()));
    let get = |target: &str| visit(&bucket, "GET", target);
    let assert_sent = |request: Request, status: u16, location: &str| {
        let answer = request.send().expect(status);
        assert_eq!(answer.must("Location"), location);
        assert!(answer.body.is_empty());
    };
    assert_sent(get("/none"), 302, "https://www.test.com/p/none.s");
    assert_sent(visit(&bucket, "HEAD", "/none"), 302, "https://www.test.com/p/none.s");
    assert_sent(get("/abc/a%20b?x=1&y"), 307, "http://a.example/def/a%20b?x=1&y");
    let here = format!("http://{}.localhost/new%20%E4%B8%AD", bucket.name);
    assert_sent(get("/index.html").header("X-Old", "yes"), 301, &here);
    assert_page(get("/index.html").header("X-Old", "no").send(), "index.html");
    assert_page(get("/index.html").send(), "index.html");
    // Who signs is not redirected.
    bucket.key("GET", "none").send().expect_error(404, "NoSuchKey");
}
