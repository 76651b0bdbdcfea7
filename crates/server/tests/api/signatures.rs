//! Signatures V1 and V4 in headers and URLs, their times, and what a caller learns when they do not fit. The signatures are
//! computed by the harness, which follows the manual and the vectors of the official SDKs.

use ossicle_protocol::Timestamp;

use crate::harness::request::{Auth, now};
use crate::harness::signing::root_key;
use crate::harness::signing::{self, Signed};
use crate::harness::{Bucket, Request, Setup, Wire};

const ALL: [Auth; 4] = [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV1, Auth::UrlV4];

fn shifted(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(now().unix_millis() + seconds * 1000)
}

#[test]
fn every_way_to_sign_works_for_every_method() {
    let bucket = Bucket::new();
    for auth in ALL {
        for key in ["k", "a b/c+d", "中文?#%&=", "-!@$^*()~"] {
            let request = |method: &str| bucket.key(method, key).auth(auth);
            let put = request("PUT")
                .header("Content-Type", "text/x-test")
                .header("x-oss-meta-b", " v ")
                .header("x-oss-meta-a", "1");
            put.header("Content-MD5", &crate::harness::checksum::content_md5(b"Hello"))
                .body("Hello")
                .send()
                .expect(200);
            assert_eq!(request("GET").send().expect(200).body, b"Hello", "{auth:?} {key}");
            request("HEAD").send().expect(200);
            request("GET").query("acl", "").send().expect(200);
            request("GET").query("response-content-type", "text/html; a=b+c&d").send().expect(200);
            request("DELETE").send().expect(204);
        }
        bucket.root("GET", "?prefix=a%2Fb&delimiter=%2F&marker=x+y&max-keys=5").auth(auth).send().expect(200);
        bucket.root("GET", "?list-type=2&start-after=*!'()").auth(auth).send().expect(200);
        bucket.root("GET", "").auth(auth).send().expect(200);
        bucket.server.request("GET", "/").auth(auth).send().expect(200);
        bucket.root("GET", "?unheard-of=1&z&a=").auth(auth).send().expect(200);
    }
}

#[test]
fn wrong_secrets_and_unknown_keys() {
    let bucket = Bucket::new();
    for auth in ALL {
        let answer = bucket.key("PUT", "k").auth(auth).key(&root_key().id, "wrong").body("x").send();
        let answer = answer.expect_error(403, "SignatureDoesNotMatch");
        assert_eq!(answer.element("OSSAccessKeyId"), root_key().id);
        assert!(!answer.element("SignatureProvided").is_empty());
        assert!(!answer.text().contains(&root_key().secret));
        let bytes: Vec<u8> = answer
            .element("StringToSignBytes")
            .split(' ')
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), answer.element("StringToSign"));
        let answer = bucket.key("PUT", "k").auth(auth).key("nobody", "x").body("x").send();
        answer
            .expect_error(403, "InvalidAccessKeyId")
            .with_ec("0002-00000902")
            .with("OSSAccessKeyId", "nobody");
        bucket
            .key("HEAD", "k")
            .auth(auth)
            .key("nobody", "x")
            .send()
            .expect_head_error(403, "InvalidAccessKeyId");
    }
    bucket.assert_keys(&[]);
}

#[test]
fn the_string_to_sign_is_the_one_that_was_meant() {
    let bucket = Bucket::new();
    let date = now().http_date();
    let headers = [
        ("content-type".to_owned(), "text/plain".to_owned()),
        ("date".to_owned(), date.clone()),
        ("x-oss-meta-a".to_owned(), "1".to_owned()),
    ];
    let resource = format!("/{}/k", bucket.name);
    let query = [("acl".to_owned(), String::new())];
    let expected =
        Signed { method: "PUT", resource: &resource, query: &query, headers: &headers }.v1_string(&date);
    let request =
        bucket.at("PUT", "k?acl").anonymous().header("Content-Type", "text/plain").header("Date", &date);
    let answer = request
        .header("x-oss-meta-a", "1")
        .header("Authorization", &format!("OSS {}:AAAA", root_key().id))
        .send();
    assert_eq!(answer.expect_error(403, "SignatureDoesNotMatch").element("StringToSign"), expected);
}

#[test]
fn what_is_covered_cannot_be_changed() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let url = bucket.key("GET", "k").query("response-content-type", "text/plain").auth(auth).url();
        let target = url.split_once(&bucket.server.address().to_string()).unwrap().1.to_owned();
        let get = |method: &str, target: &str| bucket.server.request(method, target).anonymous().send();
        get("GET", &target).expect(200);
        get("GET", &target.replace("/k?", "/other?")).expect_error(403, "SignatureDoesNotMatch");
        get("GET", &target.replace("text%2Fplain", "text%2Fhtml")).expect_error(403, "SignatureDoesNotMatch");
        get("PUT", &target).expect_error(403, "SignatureDoesNotMatch");
        get("DELETE", &target).expect_error(403, "SignatureDoesNotMatch");
        get("GET", &format!("{target}&acl")).expect_error(403, "SignatureDoesNotMatch");
        // V4 covers the whole query, V1 what it knows.
        let extra = get("GET", &format!("{target}&x-param=1"));
        assert_eq!(extra.status, if auth == Auth::UrlV4 { 403 } else { 200 });
        let header = bucket.server.request("GET", &target).anonymous().header("x-oss-meta-a", "1").send();
        header.expect_error(403, "SignatureDoesNotMatch");
        let typed =
            bucket.server.request("GET", &target).anonymous().header("Content-Type", "text/plain").send();
        typed.expect_error(403, "SignatureDoesNotMatch");
    }
    assert_eq!(bucket.get("k"), b"x");
}

#[test]
fn clocks_may_differ_by_fifteen_minutes() {
    let bucket = Bucket::new();
    for auth in [Auth::HeaderV1, Auth::HeaderV4] {
        for seconds in [-14 * 60, 14 * 60] {
            bucket.root("GET", "").auth(auth).at(shifted(seconds)).send().expect(200);
        }
        for seconds in [-16 * 60, 16 * 60, -86_400 * 2, 86_400 * 2] {
            let answer = bucket.root("GET", "").auth(auth).at(shifted(seconds)).send();
            let answer = answer.expect_error(403, "RequestTimeTooSkewed").with_ec("0002-00000504");
            assert!(
                answer.element("ServerTime").ends_with("Z") && answer.element("RequestTime").ends_with("Z")
            );
        }
    }
}

#[test]
fn signed_urls_end() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let get = |signed: i64, lasts: i64| {
            bucket.key("GET", "k").auth(auth).at(shifted(signed)).expires(lasts).send()
        };
        get(-100, 200).expect(200);
        let answer = get(-100, 50).expect_error(403, "AccessDenied");
        assert_eq!(answer.element("Message"), "Request has expired.");
        get(-100, 99).expect_error(403, "AccessDenied");
    }
    let v4 = |lasts: i64| bucket.key("GET", "k").auth(Auth::UrlV4).expires(lasts).send();
    v4(604_800).expect(200);
    assert_eq!(v4(604_801).status / 100, 4);
    assert_eq!(v4(-1).status / 100, 4);
    assert_eq!(v4(0).status / 100, 4);
    // Signed in the future.
    let answer = bucket.key("GET", "k").auth(Auth::UrlV4).at(shifted(3600)).send();
    assert_eq!(answer.status, 403, "{answer:?}");
    for expires in ["never", "", "99999999999999999999", "-1"] {
        let target =
            format!("/{}/k?OSSAccessKeyId=TestAccessKeyId&Signature=AAAA&Expires={expires}", bucket.name);
        bucket.server.request("GET", &target).anonymous().send().expect_error(403, "AccessDenied");
    }
}

#[test]
fn regions() {
    let bucket = Bucket::new();
    let header = bucket.root("GET", "").region("cn-shanghai").send().expect_error(400, "InvalidArgument");
    assert_eq!(header.element("Message"), "Invalid signing region in Authorization header.");
    header.with_ec("0002-00000226");
    let url = bucket
        .root("GET", "")
        .auth(Auth::UrlV4)
        .region("cn-shanghai")
        .send()
        .expect_error(400, "InvalidArgument");
    assert_eq!(url.element("Message"), "The signing region in credential is invalid.");
    let server = Setup::new().set("OSSICLE_SERVER_ANY_REGION", "true").start();
    for region in ["cn-shanghai", "us-east-1"] {
        server.request("GET", "/").region(region).send().expect(200);
    }
    let server = Setup::new().set("OSSICLE_SERVER_REGION", "eu-central-1").start();
    server.request("GET", "/").region("eu-central-1").send().expect(200);
    server.request("GET", "/").send().expect_error(400, "InvalidArgument");
}

#[test]
fn spellings_of_the_sdks() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let (key, date) = (root_key(), now());
    let (iso, http) = (date.iso8601_basic(), date.http_date());
    let scope = signing::scope(&iso, "cn-hangzhou");
    let resource = format!("/{}/k", bucket.name);
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let send = |headers: &[(String, String)], authorization: &str| {
        let request = headers
            .iter()
            .fold(bucket.at("GET", "k").anonymous(), |request, (name, value)| request.header(name, value));
        request.header("Authorization", authorization).send()
    };
    let word = ("x-oss-content-sha256", "UNSIGNED-PAYLOAD");

    // The Python SDK separates with ", " and puts additional headers last.
    let headers = pairs(&[word, ("x-oss-date", &iso), ("abc", "value"), ("zabc", "other")]);
    let signed = Signed { method: "GET", resource: &resource, query: &[], headers: &headers };
    let signature = signed.v4(&key, &iso, "cn-hangzhou", &["abc", "zabc"]);
    let credential = format!("OSS4-HMAC-SHA256 Credential={}/{scope}", key.id);
    send(&headers, &format!("{credential}, Signature={signature}, AdditionalHeaders=abc;zabc")).expect(200);
    send(&headers, &format!("{credential},AdditionalHeaders=abc;zabc,Signature={signature}")).expect(200);
    let answer = send(&headers, &format!("{credential},Signature={signature}"));
    answer.expect_error(403, "SignatureDoesNotMatch");

    // Go V1 sends no x-oss-date and signs the raw Date; Android writes the basic time into Date.
    for date in [&http, &iso] {
        let headers = pairs(&[word, ("date", date)]);
        let signed = Signed { method: "GET", resource: &resource, query: &[], headers: &headers };
        let canonical = signed.v4_canonical(&[]);
        let digest: String = <sha2::Sha256 as sha2::Digest>::digest(canonical)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let text = format!("OSS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
        let signature = signing::v4_of(&key, &iso, "cn-hangzhou", text.as_bytes());
        send(&headers, &format!("{credential},Signature={signature}")).expect(200);
    }

    // Node.js sends x-oss-date alone, also with version 1.
    let headers = pairs(&[("x-oss-date", &http)]);
    let signed = Signed { method: "GET", resource: &resource, query: &[], headers: &headers };
    send(&headers, &format!("OSS {}:{}", key.id, signed.v1(&key, &http))).expect(200);

    // A security token that belongs to no key.
    let headers = pairs(&[("date", &http), ("x-oss-security-token", "bogus")]);
    let signed = Signed { method: "GET", resource: &resource, query: &[], headers: &headers };
    let answer = send(&headers, &format!("OSS {}:{}", key.id, signed.v1(&key, &http)));
    answer.expect_error(403, "InvalidAccessKeyId");
}

#[test]
fn headers_that_cannot_be_read() {
    let bucket = Bucket::new();
    let with = |authorization: &str| {
        let request = bucket.root("GET", "").anonymous().header("Date", &now().http_date());
        request.header("Authorization", authorization).send()
    };
    for value in [
        "OSS",
        "OSS ",
        "OSS :",
        "OSS id",
        "OSS :signature",
        "Basic dGVzdDp0ZXN0",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=b",
        "OSS4-HMAC-SHA256",
        "OSS4-HMAC-SHA256 Credential=x",
        "OSS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=x",
        "OSS4-HMAC-SHA256 Signature=x",
        "OSS4-HMAC-SHA256 Credential=TestAccessKeyId/20260101/cn-hangzhou/oss/aliyun_v4_request",
        "OSS4-HMAC-SHA256 Credential=TestAccessKeyId/20260101/cn-hangzhou/s3/aliyun_v4_request,Signature=x",
        "OSS4-HMAC-SHA256 ,,,===",
        "OSS9 a:b",
    ] {
        let answer = with(value);
        assert!(matches!(answer.status, 400 | 403), "{value}: {answer:?}");
        drop(answer.clone().expect_error(answer.status, &answer.element("Code")));
    }
    // Twice is once too often; so is a signature in the header and another in the query.
    let twice = bucket.root("GET", "").header("Authorization", "OSS a:b").send();
    assert_eq!(twice.status, 400, "{twice:?}");
    let both = bucket.root("GET", "?OSSAccessKeyId=a&Expires=1&Signature=b").send();
    assert_eq!(both.status, 400, "{both:?}");
    // No date at all.
    let undated =
        bucket.root("GET", "").anonymous().header("Authorization", "OSS TestAccessKeyId:AAAA").send();
    undated.expect_error(403, "AccessDenied");
    let undated = bucket
        .root("GET", "")
        .anonymous()
        .header("Date", "yesterday")
        .header("Authorization", "OSS TestAccessKeyId:AAAA");
    undated.send().expect_error(403, "AccessDenied");
}

#[test]
fn urls_that_lack_a_part() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let get = |query: &str| bucket.at("GET", &format!("k?{query}")).anonymous().send();
    for query in [
        "OSSAccessKeyId=TestAccessKeyId",
        "OSSAccessKeyId=TestAccessKeyId&Expires=99999999999",
        "Signature=AAAA&Expires=99999999999",
        "x-oss-signature-version=OSS4-HMAC-SHA256",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=a",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=a&x-oss-credential=b&x-oss-date=c&x-oss-expires=d",
        "x-oss-signature-version=OSS5&x-oss-signature=a",
        "x-oss-signature=a",
    ] {
        let answer = get(query);
        assert!(matches!(answer.status, 400 | 403), "{query}: {answer:?}");
    }
}

#[test]
fn a_missing_bucket_is_told_before_a_wrong_key() {
    let bucket = Bucket::unmade();
    for auth in ALL {
        bucket.root("GET", "").auth(auth).key("nobody", "x").send().expect_error(404, "NoSuchBucket");
    }
    bucket.root("GET", "").anonymous().send().expect_error(404, "NoSuchBucket");
}

#[test]
fn one_connection_may_serve_many_callers() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let mut wire = Wire::open(bucket.server.address());
    for _ in 0..3 {
        bucket.key("GET", "k").send_on(&mut wire).expect(200);
        bucket.key("GET", "k").anonymous().send_on(&mut wire).expect_error(403, "AccessDenied");
        bucket.key("GET", "k").key("nobody", "x").send_on(&mut wire).expect_error(403, "InvalidAccessKeyId");
    }
}

#[test]
fn nothing_can_be_added_beside_what_is_covered() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let other = |target: &str| bucket.server.request("PUT", target).anonymous().body("evil");
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let target = |request: Request| {
            let url = request.auth(auth).url();
            url.split_once(&bucket.server.address().to_string()).unwrap().1.to_owned()
        };
        // A second header of a signed name, before or after the first.
        let signed = target(bucket.key("PUT", "new").header("x-oss-object-acl", "private"));
        for acls in [["private", "public-read-write"], ["public-read-write", "private"]] {
            let request =
                acls.iter().fold(other(&signed), |request, acl| request.header("x-oss-object-acl", acl));
            let answer = request.send();
            assert!(matches!(answer.status, 400 | 403), "{auth:?} {answer:?}");
        }
        // A second parameter of a signed name, likewise.
        let signed = target(bucket.key("PUT", "new").query("callback", "e30="));
        for added in
            [signed.replace("?", "?callback=bm90IGpzb24%3D&"), format!("{signed}&callback=bm90IGpzb24%3D")]
        {
            let answer = other(&added).send();
            answer.expect_error(403, "SignatureDoesNotMatch");
        }
        // What turns the upload into another operation.
        let signed = target(bucket.key("PUT", "new"));
        let source = format!("/{}/k", bucket.name);
        other(&signed).header("x-oss-copy-source", &source).send().expect_error(403, "SignatureDoesNotMatch");
        for added in
            ["acl", "uploadId=X&partNumber=1", "x-oss-process=a", "callback=e30%3D", "callback-var=e30%3D"]
        {
            let answer = other(&format!("{signed}&{added}")).send();
            assert!(matches!(answer.status, 403 | 501), "{auth:?} {added} {answer:?}");
        }
        for header in
            ["x-oss-callback", "x-oss-forbid-overwrite", "x-oss-meta-a", "Content-MD5", "Content-Type"]
        {
            let answer = other(&signed).header(header, "e30=").send();
            answer.expect_error(403, "SignatureDoesNotMatch");
        }
    }
    bucket.assert_keys(&["k"]);
}

#[test]
fn a_clock_that_was_never_set_is_told_of_its_skew() {
    // The mobile SDKs repair their clock on this code alone.
    let bucket = Bucket::new();
    let long_ago = Timestamp::from_unix_seconds(-3600);
    for auth in [Auth::HeaderV1, Auth::HeaderV4] {
        let answer = bucket.key("GET", "k").auth(auth).at(long_ago).send();
        answer.expect_error(403, "RequestTimeTooSkewed");
    }
}

#[test]
fn a_missing_bucket_is_told_before_what_is_not_built() {
    let bucket = Bucket::unmade();
    bucket.root("GET", "?metaQuery").send().expect_error(404, "NoSuchBucket");
    bucket.root("DELETE", "?acl").send().expect_error(404, "NoSuchBucket");
    bucket.key("PUT", "k").query("tagging", "").send().expect_error(404, "NoSuchBucket");
    let bucket = Bucket::new();
    bucket.root("GET", "?metaQuery").send().expect_error(501, "NotImplemented");
}

#[test]
fn of_a_scope_the_product_is_judged_before_the_region() {
    let bucket = Bucket::new();
    let head = bucket.key("GET", "k").auth(Auth::HeaderV4).head();
    for (scope, ec) in [("/elsewhere/s3/", "0002-00000227"), ("/elsewhere/oss/", "0002-00000226")] {
        let mut wire = Wire::open(bucket.server.address());
        wire.send(head.replacen("/cn-hangzhou/oss/", scope, 1));
        wire.answer().expect_error(400, "InvalidArgument").with_ec(ec);
    }
}

#[test]
fn a_signed_url_that_demands_a_header_is_refused_without_it() {
    let bucket = Bucket::new();
    let request =
        bucket.key("GET", "k").auth(Auth::UrlV4).query("x-oss-additional-headers", "content-length");
    let answer = request.send().expect_error(400, "InvalidArgument");
    assert_eq!(answer.element("ArgumentName"), "x-oss-additional-headers");
}
