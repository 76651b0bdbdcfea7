//! `GetObject`.

use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::request::{Auth, now};
use crate::harness::{Bucket, Wire};
use ossicle_protocol::Timestamp;

const CONTENT: &[u8] = b"0123456789abcdefghij";

fn with_object() -> Bucket {
    let bucket = Bucket::new();
    bucket.put("k.txt", CONTENT);
    bucket
}

#[test]
fn answers_with_everything_about_the_object() {
    let bucket = with_object();
    let answer = bucket.key("GET", "k.txt").send().expect(200);
    assert_eq!(answer.body, CONTENT);
    assert_eq!(answer.spelled("Content-Length"), "20");
    assert_eq!(answer.spelled("Content-Type"), "text/plain");
    assert_eq!(answer.spelled("ETag"), etag(CONTENT));
    assert_eq!(answer.spelled("Content-MD5"), content_md5(CONTENT));
    assert_eq!(answer.spelled("Accept-Ranges"), "bytes");
    // A page that was uploaded as a text must not become one in a browser.
    assert_eq!(answer.spelled("X-Content-Type-Options"), "nosniff");
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(CONTENT));
    assert_eq!(answer.spelled("x-oss-object-type"), "Normal");
    assert_eq!(answer.spelled("x-oss-storage-class"), "Standard");
    assert!(Timestamp::parse_http_date(answer.spelled("Last-Modified")).is_some());
    assert_eq!(answer.header("x-oss-version-id"), None);
}

#[test]
fn head_and_body_come_in_one_write() {
    let bucket = with_object();
    let mut wire = Wire::open(bucket.server.address());
    for _ in 0..50 {
        let answer = bucket.key("GET", "k.txt").send_on(&mut wire).expect(200);
        assert_eq!(answer.first_read, answer.head_length + CONTENT.len());
    }
}

#[test]
fn missing_keys() {
    let bucket = with_object();
    let answer = bucket.key("GET", "K.TXT").send().expect_error(404, "NoSuchKey").with_ec("0026-00000001");
    assert_eq!(answer.element("Key"), "K.TXT");
    assert_eq!(answer.element("Message"), "The specified key does not exist.");
    assert_eq!(answer.element("HostId"), bucket.server.address().to_string());
    Bucket::unmade().key("GET", "k").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn ranges() {
    let bucket = with_object();
    // OSS manual, GetObject, "Range": a range that is not well-formed or not inside the object asks for all of it.
    let check = |range: &str, expected: Option<(usize, usize)>| {
        let answer = bucket.key("GET", "k.txt").header("Range", range).send();
        match expected {
            Some((first, last)) => {
                let answer = answer.expect(206);
                assert_eq!(answer.body, &CONTENT[first..=last], "{range}");
                assert_eq!(answer.spelled("Content-Range"), format!("bytes {first}-{last}/20"), "{range}");
                assert_eq!(answer.must("x-oss-hash-crc64ecma"), crc64(CONTENT), "the whole object's");
                assert_eq!(answer.must("ETag"), etag(CONTENT));
            }
            None => {
                let answer = answer.expect(200);
                assert_eq!(
                    (answer.body.as_slice(), answer.header("Content-Range")),
                    (CONTENT, None),
                    "{range}"
                );
            }
        }
    };
    check("bytes=0-0", Some((0, 0)));
    check("bytes=0-19", Some((0, 19)));
    check("bytes=5-9", Some((5, 9)));
    check("bytes=19-", Some((19, 19)));
    check("bytes=-5", Some((15, 19)));
    check("bytes=0-20", None);
    check("bytes=20-", None);
    check("bytes=9-5", None);
    check("bytes=a-b", None);
    // Of a list, and before rubbish, the first counts.
    check("bytes=0-1,3-4", Some((0, 1)));
    check("bytes=-5, 0-1", Some((15, 19)));
    check("bytes=2-4rubbish", Some((2, 4)));
    check("bytes=2-rubbish", None);
    check("bytes=rubbish,3-4", None);
    check("items=0-1", None);
    check("bytes=-21", None);
    check("bytes=99999999999999999999-", None);
}

#[test]
fn ranges_as_the_standard_has_them() {
    let bucket = with_object();
    let get = |range: &str| {
        bucket.key("GET", "k.txt").header("Range", range).header("x-oss-range-behavior", "standard").send()
    };
    let answer = get("bytes=15-100").expect(206);
    assert_eq!((answer.text(), answer.must("Content-Range")), ("fghij", "bytes 15-19/20"));
    let answer = get("bytes=20-30").expect_error(416, "InvalidRange");
    assert_eq!(answer.element("ActualObjectSize"), "20");
    assert_eq!(answer.element("RangeRequested"), "bytes=20-30");
    assert_eq!(get("bytes=-100").expect(206).body, CONTENT);
}

#[test]
fn ranges_of_large_and_of_empty_objects() {
    let bucket = Bucket::new();
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).take(3_000_000).collect();
    bucket.put("large", &content);
    for (first, last) in
        [(0, 2_999_999), (1, 1), (262_143, 262_144), (65_535, 2_000_000), (2_999_999, 2_999_999)]
    {
        let range = format!("bytes={first}-{last}");
        let answer = bucket.key("GET", "large").header("Range", &range).send().expect(206);
        assert!(answer.body == content[first..=last], "{range}");
    }
    bucket.put("empty", b"");
    for range in ["bytes=0-0", "bytes=0-", "bytes=-1"] {
        assert!(bucket.key("GET", "empty").header("Range", range).send().expect(200).body.is_empty());
    }
}

#[test]
fn conditions() {
    let bucket = with_object();
    let modified = bucket.key("HEAD", "k.txt").send().must("Last-Modified").to_owned();
    let modified = Timestamp::parse_http_date(&modified).unwrap();
    let shifted =
        |seconds: i64| Timestamp::from_unix_millis(modified.unix_millis() + seconds * 1000).http_date();
    let quoted = etag(CONTENT);
    let bare = quoted.trim_matches('"').to_owned();
    let other = "\"0123456789ABCDEF0123456789ABCDEF\"".to_owned();
    let check = |name: &str, value: &str, expected: u16| {
        for method in ["GET", "HEAD"] {
            let answer = bucket.key(method, "k.txt").header(name, value).send().expect(expected);
            match (expected, method) {
                (304, _) => {
                    assert!(answer.body.is_empty());
                    assert_eq!(answer.header("Content-Type"), None);
                }
                (412, "GET") => {
                    let answer = answer.expect_error(412, "PreconditionFailed").with("Condition", name);
                    answer.with_ec("0017-00001001");
                }
                (412, _) => drop(answer.expect_head_error(412, "PreconditionFailed")),
                _ => {}
            }
        }
    };
    check("If-Match", &quoted, 200);
    check("If-Match", &bare, 200);
    check("If-Match", &bare.to_lowercase(), 200);
    check("If-Match", "*", 200);
    check("If-Match", &other, 412);
    check("If-None-Match", &quoted, 304);
    check("If-None-Match", &bare, 304);
    check("If-None-Match", &other, 200);
    check("If-Modified-Since", &shifted(0), 304);
    check("If-Modified-Since", &shifted(86_400), 304);
    check("If-Modified-Since", &shifted(-1), 200);
    check("If-Modified-Since", "yesterday", 200);
    check("If-Unmodified-Since", &shifted(0), 200);
    check("If-Unmodified-Since", &shifted(-1), 412);
    check("If-Unmodified-Since", &shifted(86_400), 200);
    // A condition comes before a range.
    let answer =
        bucket.key("GET", "k.txt").header("If-None-Match", &quoted).header("Range", "bytes=0-1").send();
    answer.expect(304);
}

#[test]
fn the_answer_to_304_leaves_the_connection_usable() {
    let bucket = with_object();
    let mut wire = Wire::open(bucket.server.address());
    bucket.key("GET", "k.txt").header("If-None-Match", &etag(CONTENT)).send_on(&mut wire).expect(304);
    assert_eq!(bucket.key("GET", "k.txt").send_on(&mut wire).expect(200).body, CONTENT);
}

#[test]
fn signed_callers_may_override_headers() {
    let bucket = with_object();
    let overrides = [
        ("response-content-type", "text/html; charset=utf-8", "Content-Type"),
        ("response-content-language", "de", "Content-Language"),
        ("response-expires", "Fri, 24 Feb 2012 17:00:00 GMT", "Expires"),
        ("response-cache-control", "no-store", "Cache-Control"),
        ("response-content-disposition", "attachment; filename=\"下载 1.txt\"", "Content-Disposition"),
        ("response-content-encoding", "identity", "Content-Encoding"),
    ];
    for auth in [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV1, Auth::UrlV4] {
        let request =
            overrides.iter().fold(bucket.key("GET", "k.txt").auth(auth), |request, (name, value, _)| {
                request.query(name, value)
            });
        let answer = request.send().expect(200);
        for (_, value, header) in overrides {
            assert_eq!(answer.spelled(header), value, "{auth:?}");
        }
    }
    bucket.set_acl("public-read");
    let request = bucket.key("GET", "k.txt").anonymous();
    request.clone().send().expect(200);
    request.query("response-content-type", "text/html").send().expect_error(400, "InvalidRequest");
    // A header cannot be ended from inside.
    let answer = bucket.key("GET", "k.txt").query("response-cache-control", "a\r\nx-evil: 1").send();
    answer.expect_error(400, "InvalidArgument");
}

#[test]
fn anonymous_reads_follow_the_acls() {
    let bucket = with_object();
    let read = || bucket.key("GET", "k.txt").anonymous().send();
    let set = |acl: &str| {
        bucket.key("PUT", "k.txt").query("acl", "").header("x-oss-object-acl", acl).send().expect(200);
    };
    read().expect_error(403, "AccessDenied").with_ec("0003-00000001");
    bucket.key("GET", "missing").anonymous().send().expect_error(403, "AccessDenied");
    for acl in ["public-read", "public-read-write"] {
        bucket.set_acl(acl);
        read().expect(200);
        bucket.key("GET", "missing").anonymous().send().expect_error(404, "NoSuchKey");
    }
    set("private");
    read().expect_error(403, "AccessDenied");
    bucket.set_acl("private");
    set("public-read");
    read().expect(200);
    set("default");
    read().expect_error(403, "AccessDenied");
}

#[test]
fn processing_is_not_silently_left_out() {
    let bucket = with_object();
    bucket
        .key("GET", "k.txt")
        .query("x-oss-process", "image/resize,w_100")
        .send()
        .expect_error(501, "NotImplemented");
    bucket.key("GET", "k.txt").query("versionId", "CAEQ").send().expect_error(400, "InvalidArgument");
    bucket.key("GET", "k.txt").query("versionId", "null").send().expect(200);
}

#[test]
fn many_requests_on_one_connection_and_pipelined() {
    let bucket = with_object();
    let mut wire = Wire::open(bucket.server.address());
    let request = bucket.key("GET", "k.txt").to_bytes();
    wire.send(request.repeat(20));
    for _ in 0..20 {
        assert_eq!(wire.answer().expect(200).body, CONTENT);
    }
    wire.send(bucket.key("GET", "k.txt").header("Connection", "close").to_bytes());
    assert_eq!(wire.answer().expect(200).spelled("Connection"), "close");
    assert!(wire.is_closed());
}

#[test]
fn a_reader_who_goes_away_harms_nobody() {
    let bucket = Bucket::new();
    bucket.put("large", vec![7; 3_000_000]);
    for _ in 0..5 {
        let mut wire = Wire::open(bucket.server.address());
        wire.send(bucket.key("GET", "large").to_bytes());
    }
    assert_eq!(bucket.get("large").len(), 3_000_000);
}

#[test]
fn an_old_object_keeps_its_time() {
    let bucket = with_object();
    let before = bucket.key("HEAD", "k.txt").send().must("Last-Modified").to_owned();
    let modified = Timestamp::parse_http_date(&before).unwrap();
    assert!((now().unix_millis() - modified.unix_millis()).abs() < 60_000);
    assert_eq!(bucket.key("GET", "k.txt").send().must("Last-Modified"), before);
}
