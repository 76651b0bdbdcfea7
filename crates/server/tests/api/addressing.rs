//! Which bucket and key a request means: hosts and paths in every spelling that clients use, and the limits of keys.

use std::sync::Arc;

use crate::harness::form::Form;
use crate::harness::request::Auth;
use crate::harness::{Bucket, Request, Server, Setup};

#[test]
fn path_style_in_every_spelling() {
    let bucket = Bucket::new();
    let name = &bucket.name;
    bucket.put("a/b.txt", "x");
    let get = |target: &str, resource: &str| signed_as(&bucket.server, "GET", target, resource).send();
    for target in [
        format!("/{name}/a/b.txt"),
        // Go and Python encode the slashes of the key, C the one before it as well.
        format!("/{name}/a%2Fb.txt"),
        format!("/{name}%2Fa%2Fb.txt"),
        format!("/{name}/a%2fb.t%78t"),
    ] {
        assert_eq!(get(&target, &format!("/{name}/a/b.txt")).expect(200).body, b"x", "{target}");
    }
    // A bucket with and without its slash.
    for target in [format!("/{name}"), format!("/{name}/"), format!("/{name}//")] {
        assert_eq!(get(&target, &format!("/{name}/")).expect(200).elements("Key"), ["a/b.txt"], "{target}");
    }
    for target in ["/", "//", "///", "/?", "//?max-keys=1"] {
        let answer = bucket.server.request("GET", target).anonymous().send();
        // The service itself: anonymous callers may not list buckets, and no bucket is missing.
        answer.expect_error(403, "AccessDenied");
    }
}

/// A request whose signature covers `resource`, however its target spells it.
fn signed_as(server: &Arc<Server>, method: &str, target: &str, resource: &str) -> Request {
    server.request(method, target).resource(resource)
}

#[test]
fn plus_is_a_space_and_an_encoded_plus_is_a_plus() {
    let bucket = Bucket::new();
    bucket.at("PUT", "a+b%2Bc%20d").body("x").send().expect(200);
    bucket.assert_keys(&["a b+c d"]);
}

#[test]
fn virtual_hosts_without_configuration() {
    let bucket = Bucket::new();
    let name = bucket.name.clone();
    bucket.put("a/b", "x");
    let at = |host: &str, target: &str| bucket.server.request("GET", target).host_of(&name, host).send();
    for host in [
        format!("{name}.localhost"),
        format!("{name}.localhost:9000"),
        format!("{}.LOCALHOST", name.to_uppercase()),
        format!("{name}.oss-cn-hangzhou.aliyuncs.com"),
        format!("{name}.oss-cn-hangzhou-internal.aliyuncs.com"),
        format!("{name}.oss-accelerate.aliyuncs.com:80"),
        // The Node.js SDK makes up such a host for an IP address.
        format!("{name}.cn-hangzhou.aliyuncs.com"),
    ] {
        assert_eq!(at(&host, "/a/b").expect(200).body, b"x", "{host}");
        assert_eq!(at(&host, "/a%2Fb").expect(200).body, b"x", "{host}");
        assert_eq!(at(&host, "/").expect(200).elements("Key"), ["a/b"], "{host}");
        at(&host, "/none").expect_error(404, "NoSuchKey").with("HostId", &host);
    }
    // The endpoint's own names carry no bucket.
    for host in [
        "localhost",
        "localhost:9000",
        "oss-cn-hangzhou.aliyuncs.com",
        "undefined.oss-cn-hangzhou.aliyuncs.com",
        "127.0.0.1",
        "[::1]:9000",
    ] {
        assert_eq!(bucket.at("GET", "a/b").host(host).send().expect(200).body, b"x", "{host}");
    }
    bucket.server.request("GET", "/").host_of("ab", "ab.localhost").send().expect_error(404, "NoSuchBucket");
    bucket
        .server
        .request("GET", "/")
        .host_of("no-such-bucket", "no-such-bucket.localhost")
        .send()
        .expect_error(404, "NoSuchBucket");
}

#[test]
fn configured_domains() {
    let server = Setup::new()
        .set("OSSICLE_SERVER_DOMAINS", "oss.example.com,store.lan")
        .set("OSSICLE_SERVER_CUSTOM_DOMAINS", "static.example.org=assets")
        .start();
    let server = Arc::new(server);
    server.request("PUT", "/assets").send().expect(200);
    server.request("PUT", "/assets/a").body("x").send().expect(200);
    for host in
        ["assets.oss.example.com", "assets.store.lan:8080", "static.example.org", "STATIC.example.org:80"]
    {
        assert_eq!(
            server.request("GET", "/a").host_of("assets", host).send().expect(200).body,
            b"x",
            "{host}"
        );
    }
    assert_eq!(server.request("GET", "/assets/a").host("oss.example.com").send().expect(200).body, b"x");
    server
        .request("GET", "/assets/a")
        .host_of("assets", "static.example.org")
        .send()
        .expect_error(404, "NoSuchKey");
    // A name that nobody configured is the endpoint under another name.
    assert_eq!(server.request("GET", "/assets/a").host("assets.example.net").send().expect(200).body, b"x");
}

#[test]
fn the_location_of_a_new_object_is_where_the_same_client_finds_it() {
    let server = Setup::new()
        .set("OSSICLE_SERVER_DOMAINS", "oss.example.com")
        .set("OSSICLE_SERVER_CUSTOM_DOMAINS", "static.example.org=assets")
        .start();
    let server = Arc::new(server);
    server.request("PUT", "/assets").header("x-oss-acl", "public-read-write").send().expect(200);
    let address = server.address().to_string();
    let rows = [
        (address.as_str(), "/assets/"),
        ("oss.example.com", "/assets/"),
        ("assets.oss.example.com:8080", "/"),
        ("assets.oss-cn-hangzhou.aliyuncs.com", "/"),
        ("static.example.org", "/"),
        // A name that nobody configured is the endpoint, even if it begins like the bucket.
        ("assets.internal.lan", "/assets/"),
    ];
    for (host, root) in rows {
        let at = |method: &str, target: &str| server.request(method, target).host(host).anonymous();
        let expected = format!("http://{host}{root}a%20b/%7Ek");
        let form = Form::new().field("key", "a b/~k").field("success_action_status", "201").file("f", "x");
        let answer = form.onto(at("POST", root)).send().expect(201);
        assert_eq!(
            (answer.element("Location"), answer.spelled("Location")),
            (expected.clone(), expected.as_str())
        );
        let target = format!("{root}a%20b/~k");
        let id = at("POST", &format!("{target}?uploads")).send().expect(200).element("UploadId");
        let part = at("PUT", &format!("{target}?partNumber=1&uploadId={id}")).body("x").send().expect(200);
        let part = format!(
            "<Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>",
            part.must("ETag").trim_matches('"')
        );
        let complete = at("POST", &format!("{target}?uploadId={id}"));
        let document = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
        assert_eq!(complete.body(document).send().expect(200).element("Location"), expected);
        let path = expected.strip_prefix(&format!("http://{host}")).unwrap();
        assert_eq!(at("GET", path).send().expect(200).body, b"x", "{host}");
    }
}

#[test]
fn location_has_the_scheme_that_a_trusted_proxy_was_asked_with() {
    let trusting = Arc::new(Setup::new().set("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8").start());
    let check = |bucket: &Bucket, forwarded: &str, expected: &str| {
        bucket.set_acl("public-read-write");
        let expected = format!("{expected}://{}/{}/k", bucket.server.address(), bucket.name);
        let form = Form::new().field("key", "k").field("success_action_status", "201").file("f", "x");
        let form = form.onto(bucket.root("POST", "")).header("X-Forwarded-Proto", forwarded);
        let answer = form.send().expect(201);
        assert_eq!((answer.element("Location"), answer.spelled("Location")), (expected.clone(), &*expected));
        let upload = bucket.initiate("k");
        let part = bucket.part("k", &upload, 1, b"x");
        let complete = bucket.complete("k", &upload, &[(1, part)]).header("X-Forwarded-Proto", forwarded);
        assert_eq!(complete.send().expect(200).element("Location"), expected, "{forwarded}");
    };
    let bucket = Bucket::on(&trusting);
    for (forwarded, expected) in [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http", "http"),
        ("https, http", "https"),
        ("gopher", "http"),
        ("", "http"),
    ] {
        check(&bucket, forwarded, expected);
    }
    // Nobody is trusted unless named.
    check(&Bucket::new(), "https", "http");
}

#[test]
fn absolute_targets_and_missing_hosts() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read");
    bucket.put("k", "x");
    let (address, name) = (bucket.server.address(), &bucket.name);
    let mut wire = crate::harness::Wire::open(address);
    wire.send(format!("GET http://{address}/{name}/k HTTP/1.1\r\nHost: other\r\n\r\n"));
    assert_eq!(wire.answer().expect(200).body, b"x");
    wire.send(format!("GET http://{name}.localhost/k HTTP/1.1\r\nHost: {address}\r\n\r\n"));
    assert_eq!(wire.answer().expect(200).body, b"x");
    wire.send(format!("GET /{name}/k HTTP/1.0\r\n\r\n"));
    assert_eq!(wire.answer_to("GET").unwrap().expect(200).body, b"x");
}

#[test]
fn keys_are_kept_byte_for_byte() {
    let bucket = Bucket::new();
    let longest = "k".repeat(1023);
    let wide = "键".repeat(341);
    let keys = [
        "a",
        ".",
        "..",
        "../../../../etc/passwd",
        "a/../b",
        "a/./b",
        "a//b",
        "a///",
        "dir/",
        "?",
        "#",
        "a?b=c&d#e",
        "%2F",
        "%",
        "%zz",
        " ",
        " a ",
        "a\tb\nc\rd",
        "\u{1}\u{1f}\u{7f}",
        "-!@$^&*()[]{}|;:'\",<>~`=",
        "中文/键😀",
        "e\u{301}",
        "CON",
        "a\\b",
        "~",
        "index.html/",
        ".ossicle",
        &longest,
        &wide,
    ];
    assert_eq!(wide.len(), 1023);
    for key in keys {
        let answer = bucket.put(key, key);
        assert_eq!(answer.must("x-oss-hash-crc64ecma"), crate::harness::checksum::crc64(key.as_bytes()));
        assert_eq!(bucket.get(key), key.as_bytes(), "{key:?}");
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    bucket.assert_keys(&sorted);
    for key in keys {
        bucket.key("DELETE", key).send().expect(204);
        bucket.assert_absent(key);
    }
    bucket.assert_keys(&[]);
}

#[test]
fn keys_that_cannot_be() {
    let bucket = Bucket::new();
    for method in ["PUT", "GET", "DELETE"] {
        let answer = bucket.key(method, &"k".repeat(1024)).send().expect_error(400, "InvalidObjectName");
        assert_eq!(answer.element("Message"), "The Length of Object name must be less than 1024.");
        bucket.key(method, &"键".repeat(342)).send().expect_error(400, "InvalidObjectName");
        bucket.at(method, "a%00b").send().expect_error(400, "InvalidObjectName");
        for not_utf8 in ["%FF", "a%C3", "%ED%A0%80", "%C0%AF"] {
            let answer = bucket.at(method, not_utf8).send().expect_error(400, "InvalidArgument");
            assert_eq!(answer.element("Message"), "The characters encoding must be utf-8.");
        }
    }
    bucket.assert_keys(&[]);
}

#[test]
fn paths_never_lead_out_of_a_bucket() {
    let (bucket, other) = (Bucket::new(), Bucket::new());
    other.put("secret", "x");
    for target in [
        format!("/{}/../{}/secret", bucket.name, other.name),
        format!("/{}/%2e%2e/{}/secret", bucket.name, other.name),
        format!("/{}/..%2F{}%2Fsecret", bucket.name, other.name),
    ] {
        bucket.server.request("GET", &target).send().expect_error(404, "NoSuchKey");
    }
    for target in ["/..%2F..%2Fetc%2Fpasswd", "/../../etc/passwd", "/.", "/..", "/%2e%2e/"] {
        bucket.server.request("GET", target).send().expect_error(404, "NoSuchBucket");
        bucket.server.request("PUT", target).send().expect_error(400, "InvalidBucketName");
    }
}

/// What ali-oss sends when its endpoint is an IP address and `sldEnable` puts the bucket into the path.
#[test]
fn a_bucket_in_host_and_path_is_read_as_it_was_signed() {
    for auth in [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV1, Auth::UrlV4] {
        let bucket = Bucket::unmade();
        let name = bucket.name.clone();
        let host = format!("{name}.oss-cn-hangzhou.aliyuncs.com");
        let send = |method: &str, rest: &str, resource: &str| {
            let request = bucket.server.request(method, &format!("/{name}{rest}"));
            request.auth(auth).host(&host).resource(&format!("/{name}{resource}"))
        };
        send("GET", "/?uploads", "/").send().expect_error(404, "NoSuchBucket");
        send("PUT", "/", "/").send().expect(200);
        send("PUT", "/k", "/k").body("x").send().expect(200);
        assert_eq!(send("GET", "/k", "/k").send().expect(200).body, b"x", "{auth:?}");
        send("GET", "/?uploads", "/").send().expect(200);
        send("POST", "/k?uploads", "/k").send().expect(200);
        let delete = "<Delete><Object><Key>k</Key></Object></Delete>";
        let md5 = crate::harness::checksum::content_md5(delete.as_bytes());
        let deleted =
            send("POST", "/?delete", "/").header("Content-MD5", &md5).body(delete).send().expect(200);
        assert_eq!(deleted.element("Key"), "k");
        // The other reading: the path is the key.
        send("PUT", "/k", &format!("/{name}/k")).body("y").send().expect(200);
        bucket.assert_keys(&[&format!("{name}/k")]);
        // Neither.
        send("GET", "/k", "/other").send().expect_error(403, "SignatureDoesNotMatch");
    }
}
