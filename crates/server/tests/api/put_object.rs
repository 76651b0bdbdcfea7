//! `PutObject`.

use ossicle_protocol::Operation;

use crate::harness::checksum::{content_md5, crc64, etag, sha1};
use crate::harness::form::Form;
use crate::harness::{Bucket, Wire, signing, wire};
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs =
    Inputs::of(&[Operation::PutObject]).request(|_, draft| draft.body("new content"));

#[test]
fn answers_with_what_identifies_the_content_and_nothing_else() {
    let bucket = Bucket::new();
    let content = b"Hello OSS!";
    let answer = bucket.put("a/b.txt", content);
    assert_eq!(answer.line, "HTTP/1.1 200 OK");
    assert_eq!(answer.spelled("ETag"), etag(content));
    assert_eq!(answer.spelled("Content-MD5"), content_md5(content));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(content));
    assert_eq!(answer.spelled("Content-Length"), "0");
    // The Android SDK takes any body, and the C# SDK any type, for a callback's answer.
    assert_eq!(answer.header("Content-Type"), None);
    assert!(answer.body.is_empty());
    assert_eq!(bucket.get("a/b.txt"), content);
}

#[test]
fn sizes_on_both_sides_of_every_boundary() {
    let bucket = Bucket::new();
    for size in
        [0, 1, 1023, 4096, 32 * 1024, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 256 * 1024 + 1, 3_000_001]
    {
        let content: Vec<u8> = (0..size).map(|index| (index * 7 % 251) as u8).collect();
        let answer = bucket.put("sized", &content);
        assert_eq!(answer.must("ETag"), etag(&content), "{size}");
        assert_eq!(answer.must("x-oss-hash-crc64ecma"), crc64(&content), "{size}");
        assert!(bucket.get("sized") == content, "{size}");
    }
}

#[test]
fn an_empty_object_has_the_checksums_of_nothing() {
    let bucket = Bucket::new();
    let answer = bucket.put("empty", b"");
    assert_eq!(answer.must("ETag"), "\"D41D8CD98F00B204E9800998ECF8427E\"");
    assert_eq!(answer.must("x-oss-hash-crc64ecma"), "0");
    assert_eq!(bucket.get("empty"), b"");
}

#[test]
fn overwrites_unless_forbidden() {
    let bucket = Bucket::new();
    let put = |content: &str, forbid: &str| {
        bucket.key("PUT", "k").header("x-oss-forbid-overwrite", forbid).body(content).send()
    };
    put("1", "true").expect(200);
    put("2", "false").expect(200);
    put("3", "true").expect_error(409, "FileAlreadyExists");
    put("4", "TRUE").expect_error(409, "FileAlreadyExists");
    assert_eq!(bucket.get("k"), b"2");
    put("5", "yes").expect_error(400, "InvalidArgument").with("ArgumentName", "x-oss-forbid-overwrite");
    bucket.put("k", "6");
    assert_eq!(bucket.get("k"), b"6");
}

#[test]
fn a_wrong_content_md5_stores_nothing() {
    let bucket = Bucket::new();
    let put = |md5: &str| bucket.key("PUT", "k").header("Content-MD5", md5).body("Hello").send();
    for wrong in [content_md5(b"Hallo").as_str(), "short", "AAAA", "!!!!!!!!!!!!!!!!!!!!!!=="] {
        put(wrong).expect_error(400, "InvalidDigest");
        bucket.assert_absent("k");
    }
    put(&content_md5(b"Hello")).expect(200);
    put(&content_md5(b"Hallo")).expect_error(400, "InvalidDigest");
    assert_eq!(bucket.get("k"), b"Hello");
}

#[test]
fn the_type_follows_the_extension_unless_it_is_given() {
    let bucket = Bucket::new();
    let check = |key: &str, given: Option<&str>, expected: &str| {
        let request = bucket.key("PUT", key);
        let request = match given {
            Some(given) => request.header("Content-Type", given),
            None => request,
        };
        request.body("x").send().expect(200);
        assert_eq!(bucket.key("HEAD", key).send().expect(200).must("Content-Type"), expected, "{key}");
    };
    check("a.jpg", None, "image/jpeg");
    check("a.PNG", None, "image/png");
    check("a.json", None, "application/json");
    check("dir.txt/a", None, "application/octet-stream");
    check("a.unheard-of", None, "application/octet-stream");
    check("a.html", Some("text/plain; charset=gbk"), "text/plain; charset=gbk");
}

#[test]
fn stored_headers_come_back_as_they_went_in() {
    let bucket = Bucket::new();
    let headers = [
        ("Cache-Control", "no-cache"),
        ("Content-Disposition", "attachment; filename=\"a;b.txt\""),
        ("Content-Encoding", "utf-8"),
        ("Content-Language", "zh-CN"),
        ("Expires", "not even a date"),
        ("x-oss-meta-location", "hangzhou"),
        ("x-oss-meta-chinese", "中文"),
        ("X-Oss-Meta-Case", "Kept"),
    ];
    let request =
        headers.iter().fold(bucket.key("PUT", "k"), |request, (name, value)| request.header(name, value));
    request.body("x").send().expect(200);
    for method in ["GET", "HEAD"] {
        let answer = bucket.key(method, "k").send().expect(200);
        for (name, value) in headers {
            assert_eq!(answer.must(name), value, "{method} {name}");
        }
        answer.spelled("x-oss-meta-case");
        answer.spelled("Cache-Control");
        answer.spelled("Content-Disposition");
        answer.spelled("Content-Encoding");
        answer.spelled("Expires");
    }
    bucket.put("k", "y");
    let answer = bucket.key("HEAD", "k").send().expect(200);
    assert_eq!((answer.header("x-oss-meta-location"), answer.header("Cache-Control")), (None, None));
}

#[test]
fn too_much_metadata_is_refused() {
    let bucket = Bucket::new();
    let put =
        |length: usize| bucket.key("PUT", "k").header("x-oss-meta-a", &"v".repeat(length)).body("x").send();
    // Names count as well as values.
    let room = 8 * 1024 - "x-oss-meta-a".len();
    put(room + 1).expect_error(400, "InvalidArgument").with_ec("0011-00000002");
    bucket.assert_absent("k");
    put(room).expect(200);
}

#[test]
fn metadata_that_is_not_utf8_comes_back_byte_for_byte() {
    // What C and C++ programs on Windows send as the name of a file: GBK.
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    let (file, disposition) = (b"\xd6\xd0\xce\xc4.txt", b"attachment; filename=\xd6\xd0.txt");
    let request = |method: &str, key: &str| {
        let mut bytes = bucket.at(method, key).anonymous().body("x").to_bytes();
        let end = wire::find(&bytes, b"\r\n\r\n").unwrap() + 2;
        let headers =
            [b"x-oss-meta-file: ", &file[..], b"\r\nContent-Disposition: ", disposition, b"\r\n"].concat();
        bytes.splice(end..end, headers);
        let mut wire = Wire::open(bucket.server.address());
        wire.send(bytes);
        wire.answer().expect(200)
    };
    request("PUT", "put");
    let id = request("POST", "parts?uploads").element("UploadId");
    let part = bucket.part("parts", &id, 1, b"x");
    bucket.complete("parts", &id, &[(1, part)]).send().expect(200);
    bucket
        .key("PUT", "copy")
        .header("x-oss-copy-source", &format!("/{}/put", bucket.name))
        .send()
        .expect(200);
    for key in ["put", "parts", "copy"] {
        let mut wire = Wire::open(bucket.server.address());
        wire.send(bucket.key("HEAD", key).to_bytes());
        let head = wire.raw_head();
        for line in [
            [b"x-oss-meta-file: ", &file[..]].concat(),
            [b"Content-Disposition: ", &disposition[..]].concat(),
        ] {
            assert!(wire::find(&head, &line).is_some(), "{key}: {}", String::from_utf8_lossy(&head));
        }
    }
    bucket.assert_keys(&["copy", "parts", "put"]);
}

#[test]
fn what_is_not_built_is_refused_and_stores_nothing() {
    let bucket = Bucket::new();
    let rows = [
        ("x-oss-server-side-encryption-customer-algorithm", "AES256"),
        ("x-oss-object-worm-mode", "COMPLIANCE"),
    ];
    for (name, value) in rows {
        bucket.key("PUT", "k").header(name, value).body("x").send().expect_error(501, "NotImplemented");
        bucket.assert_absent("k");
    }
    bucket
        .key("PUT", "k")
        .header("x-oss-storage-class", "Golden")
        .body("x")
        .send()
        .expect_error(400, "InvalidArgument");
    bucket
        .key("PUT", "k")
        .header("x-oss-object-acl", "all")
        .body("x")
        .send()
        .expect_error(400, "InvalidArgument");
    bucket.assert_keys(&[]);
}

#[test]
fn the_storage_class_is_kept() {
    let bucket = Bucket::new();
    for class in ["IA", "Archive", "ColdArchive", "DeepColdArchive"] {
        bucket.key("PUT", "k").header("x-oss-storage-class", class).body("x").send().expect(200);
        assert_eq!(bucket.key("HEAD", "k").send().must("x-oss-storage-class"), class);
        match class {
            "IA" => assert_eq!(bucket.get("k"), b"x"),
            _ => drop(bucket.key("GET", "k").send().expect_error(403, "InvalidObjectState")),
        }
    }
    bucket.put("k", "x");
    assert_eq!(bucket.key("HEAD", "k").send().must("x-oss-storage-class"), "Standard");
}

#[test]
fn without_a_bucket() {
    let bucket = Bucket::unmade();
    let answer =
        bucket.key("PUT", "k").body("x").send().expect_error(404, "NoSuchBucket").with_ec("0015-00000101");
    assert_eq!(answer.element("BucketName"), bucket.name);
    assert_eq!(answer.element("Message"), "The specified bucket does not exist.");
}

#[test]
fn chunked_bodies_need_no_length() {
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    let head = bucket.key("PUT", "k").unframed().header("Transfer-Encoding", "chunked").head();
    wire.send(head);
    wire.send("5\r\nHello\r\n");
    wire.send("6;extension=1\r\n OSS!!\r\n0\r\nx-trailer: ignored\r\n\r\n");
    let answer = wire.answer().expect(200);
    assert_eq!(answer.must("ETag"), etag(b"Hello OSS!!"));
    assert_eq!(bucket.get("k"), b"Hello OSS!!");
    // The connection is good for more.
    bucket.key("GET", "k").send_on(&mut wire).expect(200);
}

#[test]
fn expect_100_continue_is_answered_before_the_body() {
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    let request = bucket.key("PUT", "k").header("Expect", "100-continue").body("Hello");
    let head = request.head();
    wire.send(&head);
    assert_eq!(wire.answer().line, "HTTP/1.1 100 Continue");
    wire.send("Hello");
    wire.answer().expect(200);
    assert_eq!(bucket.get("k"), b"Hello");
}

#[test]
fn a_refused_expect_is_answered_at_once() {
    // The body is never sent; a server that asked for it would wait.
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    let request = bucket.key("PUT", "k").anonymous().header("Expect", "100-continue").body("Hello");
    wire.send(request.head());
    wire.answer().expect_error(403, "AccessDenied");
    bucket.assert_absent("k");
}

#[test]
fn head_and_body_of_a_small_request_may_come_in_any_pieces() {
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    for byte in bucket.key("PUT", "k").body("Hello").to_bytes() {
        wire.send([byte]);
    }
    wire.answer().expect(200);
    assert_eq!(bucket.get("k"), b"Hello");
}

#[test]
fn anonymous_writes_follow_the_acls() {
    let bucket = Bucket::new();
    let write = |key: &str| bucket.key("PUT", key).anonymous().body("x").send();
    write("k").expect_error(403, "AccessDenied");
    bucket.set_acl("public-read");
    write("k").expect_error(403, "AccessDenied");
    bucket.set_acl("public-read-write");
    write("k").expect(200);
    bucket.key("PUT", "k").query("acl", "").header("x-oss-object-acl", "private").send().expect(200);
    write("k").expect_error(403, "AccessDenied");
    bucket.set_acl("private");
    bucket
        .key("PUT", "k")
        .query("acl", "")
        .header("x-oss-object-acl", "public-read-write")
        .send()
        .expect(200);
    write("k").expect(200);
}

#[test]
fn many_writers_of_one_key_leave_one_of_their_objects() {
    let bucket = Bucket::new();
    let contents: Vec<Vec<u8>> = (0..8_u8).map(|writer| vec![writer; 50_000]).collect();
    std::thread::scope(|scope| {
        for content in &contents {
            let bucket = &bucket;
            scope.spawn(move || (0..5).for_each(|_| drop(bucket.put("k", content))));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = bucket.key("GET", "k").send();
                    if answer.status == 200 {
                        assert_eq!(
                            answer.must("ETag"),
                            etag(&answer.body),
                            "a reader sees one object or another"
                        );
                    }
                }
            });
        }
    });
    assert!(contents.contains(&bucket.get("k")));
    bucket.assert_keys(&["k"]);
    assert_eq!(bucket.root("GET", "?stat").send().element("Storage"), "50000");
}

#[test]
fn one_of_many_wins_where_overwriting_is_forbidden() {
    let bucket = Bucket::new();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let bucket = &bucket;
        let put = |writer: u8| {
            move || {
                bucket.key("PUT", "k").header("x-oss-forbid-overwrite", "true").body([writer]).send().status
            }
        };
        let tasks: Vec<_> = (0..8).map(|writer| scope.spawn(put(writer))).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[test]
fn conditions_are_refused_rather_than_ignored() {
    // OSS manual, EC page 0017-00000245.
    let bucket = Bucket::new();
    bucket.put("k", "old");
    for name in ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"] {
        let answer = bucket.key("PUT", "k").header(name, "*").body("new").send();
        let answer = answer.expect_error(501, "NotImplemented").with_ec("0017-00000245");
        let told = "A header you provided implies functionality that is not implemented.";
        answer.with("Message", told).with("Header", name);
    }
    assert_eq!(bucket.get("k"), b"old");
}

#[test]
fn empty_headers_count_as_absent() {
    // The Java SDK sends an empty x-oss-object-acl where the program gave none.
    let bucket = Bucket::new();
    for name in [
        "x-oss-object-acl",
        "x-oss-storage-class",
        "x-oss-forbid-overwrite",
        "x-oss-tagging",
        "x-oss-server-side-encryption",
        "x-oss-copy-source",
        "x-oss-callback",
        "x-oss-callback-var",
        "x-oss-hash-crc64ecma",
        "x-oss-hash-sha1",
        "x-oss-metadata-directive",
        "Content-MD5",
    ] {
        bucket.key("PUT", "k").header(name, "").body(name).send().expect(200);
        assert_eq!(bucket.get("k"), name.as_bytes());
    }
    assert_eq!(bucket.at("GET", "k?acl").send().element("Grant"), "default");
}

#[test]
fn wrong_checksums_store_nothing() {
    let bucket = Bucket::new();
    let put = |name: &str, value: &str| bucket.key("PUT", "k").header(name, value).body("Hello").send();
    put("x-oss-hash-crc64ecma", &crc64(b"other")).expect_error(400, "InvalidCRC64");
    put("x-oss-hash-crc64ecma", "-1").expect_error(400, "InvalidCRC64");
    put("x-oss-hash-sha1", &sha1(b"other")).expect_error(400, "InvalidDigest");
    put("x-oss-hash-sha1", "short").expect_error(400, "InvalidDigest");
    bucket.assert_absent("k");
    put("x-oss-hash-crc64ecma", &crc64(b"Hello")).expect(200);
    put("x-oss-hash-sha1", &sha1(b"Hello")).expect(200);
    put("x-oss-hash-sha1", &sha1(b"Hello").to_uppercase()).expect(200);
}

#[test]
fn wrong_checksums_of_other_uploads_store_nothing() {
    let bucket = Bucket::new();
    let id = bucket.initiate("part");
    for (name, value, code) in [
        ("x-oss-hash-crc64ecma", crc64(b"other"), "InvalidCRC64"),
        ("x-oss-hash-sha1", sha1(b"other"), "InvalidDigest"),
        ("Content-MD5", content_md5(b"other"), "InvalidDigest"),
    ] {
        let append = bucket.at("POST", "log?append&position=0");
        append.header(name, &value).body("x").send().expect_error(400, code);
        let part = bucket.key("PUT", "part").query("partNumber", "1").query("uploadId", &id);
        part.header(name, &value).body("x").send().expect_error(400, code);
        let form = Form::new().field("key", "form").field(name, &value).file("f", "x");
        bucket.set_acl("public-read-write");
        form.onto(bucket.root("POST", "")).send().expect_error(400, code);
    }
    bucket.assert_keys(&[]);
    assert!(bucket.key("GET", "part").query("uploadId", &id).send().elements("Part").is_empty());
}

#[test]
fn keys_that_begin_with_a_slash_or_a_backslash_do_not_exist() {
    let bucket = Bucket::new();
    for key in ["/k", "\\k", "/a/b"] {
        let of = |method: &str| bucket.at(method, &signing::encode(key, false));
        of("PUT").body("x").send().expect_error(400, "InvalidObjectName").with_ec("0016-00000005");
        of("GET").send().expect_error(404, "NoSuchKey");
        of("HEAD").send().expect_head_error(404, "NoSuchKey");
        of("GET").query("acl", "").send().expect_error(404, "NoSuchKey");
        of("DELETE").send().expect(204);
        let source = format!("/{}/{}", bucket.name, signing::encode(key, false));
        let copy = bucket.key("PUT", "copy").header("x-oss-copy-source", &source);
        copy.send().expect_error(404, "NoSuchKey");
    }
    bucket.assert_keys(&[]);
}

#[test]
fn more_than_five_gigabytes_are_refused_before_they_are_sent() {
    let bucket = Bucket::new();
    let id = bucket.initiate("part");
    let part = bucket.key("PUT", "part").query("partNumber", "1").query("uploadId", &id);
    let most = 5_u64 * 1024 * 1024 * 1024;
    for request in [bucket.key("PUT", "k"), bucket.at("POST", "k?append&position=0"), part] {
        let ask = |length: u64| {
            let request = request.clone().unframed().header("Content-Length", &length.to_string());
            let mut wire = Wire::open(bucket.server.address());
            wire.send(request.header("Expect", "100-continue").head());
            wire.answer()
        };
        ask(most + 1).expect_error(400, "EntityTooLarge");
        // The most there is: the server asks for it.
        let mut wire = Wire::open(bucket.server.address());
        let request = request.clone().unframed().header("Content-Length", &most.to_string());
        wire.send(request.header("Expect", "100-continue").head());
        assert!(wire.raw_head().starts_with(b"HTTP/1.1 100 Continue\r\n"));
    }
    bucket.assert_keys(&[]);
}
