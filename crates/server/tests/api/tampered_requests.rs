//! Signed requests that somebody altered on their way. Either the signature no longer fits, or what is done is what was
//! signed; nothing that verifies is executed as something else.

use crate::harness::request::Auth;
use crate::harness::{Answer, Bucket, Request, Wire};

/// White space that some reader somewhere trims.
const BLANKS: [&str; 8] = ["%20", "+", "%09", "%0A", "%0D", "%C2%A0", "%E3%80%80", "%E2%80%83"];

const V4: [Auth; 2] = [Auth::HeaderV4, Auth::UrlV4];

/// Sends a signed request after its text was altered.
fn send_altered(request: &Request, alter: impl Fn(&str) -> String) -> Answer {
    let signed = request.head();
    let altered = alter(&signed);
    assert_ne!(signed, altered, "nothing was altered");
    let mut wire = Wire::open(request.address());
    let _ = wire.try_send(altered.as_bytes());
    let method = signed.split(' ').next().unwrap();
    wire.answer_to(method).expect("an answer")
}

/// Alterations of one query parameter's name that leave what a trimming reader sees.
fn blanks_around(name: &str) -> impl Iterator<Item = (String, String)> + '_ {
    BLANKS.into_iter().flat_map(move |blank| {
        [format!("{blank}{name}"), format!("{name}{blank}"), format!("{blank}{name}{blank}")]
            .into_iter()
            .map(move |altered| (name.to_owned(), altered))
    })
}

#[test]
fn a_presigned_abort_with_a_blank_in_it_deletes_no_object() {
    let bucket = Bucket::new();
    bucket.put("k", "precious").expect(200);
    for auth in V4 {
        let upload = bucket.initiate("k");
        let request = bucket.key("DELETE", "k").query("uploadId", &upload).auth(auth);
        for (name, altered) in blanks_around("uploadId") {
            let answer = send_altered(&request, |head| head.replacen(&name, &altered, 1));
            assert!(matches!(answer.status, 204 | 403 | 404), "{auth:?} {altered}: {}", answer.line);
            assert_eq!(bucket.get("k"), b"precious", "{auth:?} {altered}");
        }
    }
}

#[test]
fn a_presigned_part_with_a_blank_in_it_replaces_no_object() {
    let bucket = Bucket::new();
    bucket.put("k", "precious").expect(200);
    for auth in V4 {
        let upload = bucket.initiate("k");
        let part = bucket.key("PUT", "k").query("partNumber", "1").query("uploadId", &upload).auth(auth);
        for (name, altered) in blanks_around("uploadId").chain(blanks_around("partNumber")) {
            send_altered(&part, |head| head.replacen(&name, &altered, 1));
            let both =
                |head: &str| head.replace("uploadId", "+uploadId").replace("partNumber", "partNumber+");
            send_altered(&part, both);
            assert_eq!(bucket.get("k"), b"precious", "{auth:?} {altered}");
        }
    }
}

#[test]
fn a_signed_deletion_of_a_configuration_deletes_no_bucket() {
    let bucket = Bucket::new();
    for auth in V4 {
        for (name, altered) in blanks_around("cors") {
            let request = bucket.root("DELETE", "?cors").auth(auth);
            send_altered(&request, |head| head.replacen(&name, &altered, 1));
            bucket.root("HEAD", "").send().expect(200);
        }
    }
}

#[test]
fn a_signed_prefix_and_a_signed_callback_do_not_vanish() {
    let bucket = Bucket::new();
    bucket.put("public/a", "x").expect(200);
    bucket.put("secret/b", "x").expect(200);
    for auth in V4 {
        for (name, altered) in blanks_around("prefix") {
            let request = bucket.root("GET", "?prefix=public").auth(auth);
            let answer = send_altered(&request, |head| head.replacen(&name, &altered, 1));
            assert!(!answer.text().contains("secret"), "{auth:?} {altered}");
        }
        for (name, altered) in blanks_around("callback") {
            // The callback cannot be read, so whoever reads it refuses it.
            let request = bucket.key("PUT", "k").query("callback", "no-base64").auth(auth);
            let answer = send_altered(&request, |head| head.replacen(&name, &altered, 1));
            assert!(answer.status >= 400, "{auth:?} {altered}: {}", answer.line);
            bucket.assert_absent("k");
        }
    }
}

#[test]
fn of_a_repeated_parameter_the_signed_order_counts() {
    let bucket = Bucket::new();
    bucket.put("a/1", "x").expect(200);
    bucket.put("b/2", "x").expect(200);
    for auth in V4 {
        let request = bucket.root("GET", "?prefix=a&prefix=b").auth(auth);
        let signed = request.head();
        let straight = send_altered(&request, |head| head.replacen("prefix=a", "prefix=a&", 1));
        let swapped =
            send_altered(&request, |head| head.replacen("prefix=a&prefix=b", "prefix=b&prefix=a", 1));
        assert_eq!((straight.status, swapped.status), (200, 200), "{signed}");
        assert_eq!(straight.elements("Key"), swapped.elements("Key"), "{auth:?}");
    }
}

#[test]
fn empty_headers_that_were_added_do_nothing() {
    let bucket = Bucket::new();
    for auth in V4 {
        let request = bucket.key("PUT", "k").auth(auth).header("x-oss-meta-real", "1");
        for name in ["x-oss-meta-added", "x-oss-object-acl", "x-oss-callback", "Content-MD5"] {
            let answer = send_altered(&request, |head| {
                head.replacen("Content-Length: 0\r\n", &format!("Content-Length: 0\r\n{name}:\r\n"), 1)
            });
            if answer.status == 200 {
                let stored = bucket.key("HEAD", "k").send().expect(200);
                assert_eq!(stored.header("x-oss-meta-added"), None, "{auth:?} {name}");
                assert_eq!(stored.must("x-oss-meta-real"), "1");
            }
        }
    }
}

#[test]
fn headers_that_came_apart_act_as_they_were_signed() {
    let bucket = Bucket::new();
    for auth in [Auth::HeaderV1, Auth::UrlV1, Auth::HeaderV4, Auth::UrlV4] {
        let request = bucket.key("PUT", "k").auth(auth).header("x-oss-meta-tag", "private,public");
        let answer = send_altered(&request, |head| {
            let apart = "x-oss-meta-tag: private\r\nx-oss-meta-tag: public\r\n";
            head.replacen("x-oss-meta-tag: private,public\r\n", apart, 1)
        });
        if answer.status == 200 {
            let stored = bucket.key("HEAD", "k").send().expect(200);
            assert_eq!(stored.must("x-oss-meta-tag"), "private,public", "{auth:?}");
        }
    }
}

#[test]
fn a_url_for_one_network_serves_no_other() {
    let bucket = Bucket::new();
    bucket.put("k", "x").expect(200);
    let get = |auth| bucket.key("GET", "k").auth(auth);
    for auth in [Auth::UrlV1, Auth::UrlV4] {
        let ours = |mask: &str| {
            get(auth).query("x-oss-ac-source-ip", "127.0.0.0").query("x-oss-ac-subnet-mask", mask)
        };
        ours("8").send().expect(200);
        ours("32").send().expect_error(403, "AccessDenied").with_ec("0002-00000604");
        let elsewhere = get(auth).query("x-oss-ac-source-ip", "192.0.2.1");
        elsewhere.send().expect_error(403, "AccessDenied").with_ec("0002-00000604");
        let forwarded = ours("8").header("X-Forwarded-For", "192.0.2.1");
        forwarded.send().expect_error(403, "AccessDenied").with_ec("0002-00000604");
        let allowed =
            ours("8").query("x-oss-ac-forward-allow", "true").header("X-Forwarded-For", "192.0.2.1");
        allowed.send().expect(200);
        let vpc = get(auth).query("x-oss-ac-vpc-id", "vpc-1");
        vpc.send().expect_error(403, "AccessDenied").with_ec("0002-00000603");
        let mask = get(auth).query("x-oss-ac-subnet-mask", "65536");
        mask.send().expect_error(400, "InvalidArgument").with_ec("0002-00000601");
        // The address is signed, and taken out of the URL: the server puts the sender's in its place.
        for (address, expected) in [("127.0.0.0", 200), ("192.0.2.0", 403)] {
            let signed = get(auth).query("x-oss-ac-source-ip", address).query("x-oss-ac-subnet-mask", "8");
            let gone = format!("x-oss-ac-source-ip={address}&");
            let answer = send_altered(&signed, |head| head.replacen(&gone, "", 1));
            assert_eq!(answer.status, expected, "{auth:?} {address}");
            if expected == 403 {
                let ec = if auth == Auth::UrlV1 { "0002-00000604" } else { "0002-00000225" };
                assert_eq!(answer.must("x-oss-ec"), ec);
            }
        }
    }
}

#[test]
fn version_1_serves_no_key_that_reads_like_a_subresource() {
    let bucket = Bucket::new();
    bucket.key("PUT", "k?acl").auth(Auth::HeaderV4).body("secret").send().expect(200);
    for auth in [Auth::HeaderV1, Auth::UrlV1] {
        // The text that is signed for the ACL of `k` is also that for the object `k?acl`.
        let acl = bucket.key("GET", "k").query("acl", "").auth(auth);
        let answer = send_altered(&acl, |head| {
            head.replacen("/k?acl", "/k%3Facl", 1).replacen("%3Facl&", "%3Facl?", 1)
        });
        assert!(!answer.text().contains("secret"), "{auth:?}");
        bucket.key("GET", "k?acl").auth(auth).send().expect_error(403, "AccessDenied");
        bucket.key("PUT", "what?").auth(auth).body("x").send().expect(200);
        bucket.key("GET", "what?").auth(auth).send().expect(200);
    }
    for auth in V4 {
        assert_eq!(bucket.key("GET", "k?acl").auth(auth).send().expect(200).body, b"secret");
    }
}

#[test]
fn version_1_serves_no_parameter_whose_name_reads_like_its_value() {
    let bucket = Bucket::new();
    bucket.put("k", "x").expect(200);
    for auth in [Auth::HeaderV1, Auth::UrlV1] {
        let limited = bucket.key("GET", "k").query("x-oss-traffic-limit", "819200").auth(auth);
        limited.clone().send().expect(200);
        // Another name, by which the limit would be gone, has the same text to sign.
        let answer = send_altered(&limited, |head| head.replacen("-limit=819200", "-limit%3D819200", 1));
        answer.expect_error(403, "AccessDenied");
    }
}
