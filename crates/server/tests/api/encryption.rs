//! Objects that are encrypted at rest: what answers tell of it, that content and its hashes are the same as without, and that
//! nothing of it is on the disk.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::checksum::{etag, multipart_etag};
use crate::harness::form::{Form, Policy};
use crate::harness::{Answer, Application, Bucket, Server, Setup};

pub(crate) const ALGORITHM: &str = "x-oss-server-side-encryption";
pub(crate) const KEY_ID: &str = "x-oss-server-side-encryption-key-id";
pub(crate) const DATA: &str = "x-oss-server-side-data-encryption";

/// A key of the key ring.
const KMS_KEY: &str = "9468da86-3509-4f8d-a61e-6eab1eac0000";

/// What must not be found on the disk.
const KNOWN: &str = "known text that must not be found on the disk, nor anywhere beside it";

fn kms_keys() -> String {
    format!("{KMS_KEY}={}", "07".repeat(32))
}

/// Checks that an answer tells of encryption under keys of the server.
#[track_caller]
pub(crate) fn assert_encrypted(answer: &Answer, algorithm: &str) {
    assert_eq!(answer.header(ALGORITHM), Some(algorithm));
    assert_eq!((answer.header(KEY_ID), answer.header(DATA)), (None, None));
}

fn large() -> Vec<u8> {
    KNOWN.bytes().cycle().take(300_000).collect()
}

/// The suite of oss2, test_put_object_with_encryption.
#[test]
fn answers_tell_how_an_object_is_encrypted() {
    let bucket = Bucket::new();
    let put = |algorithm: &str, data: &str| {
        let put = bucket.key("PUT", "k").header(ALGORITHM, algorithm).header(DATA, data).body(KNOWN).send();
        let answer = put.expect(200);
        assert_eq!(answer.must("etag"), etag(KNOWN.as_bytes()));
        let got = bucket.key("GET", "k").send().expect(200);
        assert_eq!(got.body.as_slice(), KNOWN.as_bytes());
        for name in [ALGORITHM, KEY_ID, DATA] {
            assert_eq!(got.header(name), answer.header(name), "{name}");
            assert_eq!(bucket.key("HEAD", "k").send().header(name), answer.header(name), "{name}");
        }
        answer
    };
    assert_encrypted(&put("AES256", ""), "AES256");
    assert_encrypted(&put("SM4", ""), "SM4");
    assert_encrypted(&put("AES256", "SM4"), "AES256");
    let kms = put("KMS", "");
    assert_eq!((kms.header(ALGORITHM), kms.header(DATA)), (Some("KMS"), None));
    let key = kms.must(KEY_ID).to_owned();
    let kms = put("KMS", "SM4");
    assert_eq!((kms.must(DATA), kms.must(KEY_ID)), ("SM4", key.as_str()));
    let none = put("", "SM4");
    assert_eq!(
        [ALGORITHM, KEY_ID, DATA].map(|name| none.header(name).map(str::to_owned)),
        [None, None, None]
    );
    for wrong in ["DES", "aes256", "None"] {
        let refused = bucket.key("PUT", "new").header(ALGORITHM, wrong).body("x").send();
        refused.expect_error(400, "InvalidEncryptionAlgorithmError");
    }
    let unknown = bucket.key("PUT", "new").header(ALGORITHM, "KMS").header(KEY_ID, "no-such-key").body("x");
    let unknown = unknown.send().expect_error(403, "KmsServiceNotEnabled");
    assert!(unknown.element("Message").contains("no-such-key"), "{}", unknown.text());
    let unknown = bucket.at("POST", "new?uploads").header(ALGORITHM, "KMS").header(KEY_ID, "no-such-key");
    unknown.send().expect_error(403, "KmsServiceNotEnabled");
    bucket.assert_keys(&["k"]);
}

#[test]
fn only_requests_that_store_may_ask_for_it() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    for (method, rest) in [("GET", "k"), ("HEAD", "k"), ("DELETE", "k"), ("PUT", "k?acl"), ("GET", "k?acl")] {
        let answer = bucket.at(method, rest).header(ALGORITHM, "AES256").send();
        assert_eq!(answer.status, 400, "{method} {rest}");
    }
    let link = bucket.at("PUT", "l?symlink").header("x-oss-symlink-target", "k").header(ALGORITHM, "AES256");
    link.send().expect_error(400, "InvalidArgument");
}

#[test]
fn ranges_of_encrypted_objects() {
    let bucket = Bucket::new();
    let content = large();
    for algorithm in ["AES256", "SM4"] {
        bucket.key("PUT", "k").header(ALGORITHM, algorithm).body(&content).send().expect(200);
        for (first, last) in [(0, 0), (0, 65_535), (65_535, 65_536), (131_072, 131_072), (299_999, 299_999)] {
            let range = format!("bytes={first}-{last}");
            let answer = bucket.key("GET", "k").header("Range", &range).send().expect(206);
            assert_eq!(answer.body, &content[first..=last], "{algorithm} {range}");
        }
        assert_eq!(bucket.get("k"), content);
    }
}

/// The suite of oss2, test_multipart_upload: parts and completion tell it, and must not ask for it.
#[test]
fn parts_are_encrypted_as_the_upload_was_begun() {
    let bucket = Bucket::new();
    let begun =
        bucket.at("POST", "k?uploads").header(ALGORITHM, "KMS").header(DATA, "SM4").send().expect(200);
    let told = |answer: &Answer| {
        [ALGORITHM, KEY_ID, DATA].map(|name| answer.header(name).map(str::to_owned)).to_vec()
    };
    assert!(told(&begun).iter().all(Option::is_some), "{:?}", told(&begun));
    let id = begun.element("UploadId");
    let (one, two) = (vec![b'1'; 120_000], vec![b'2'; 10]);
    let rest = |number: u32| format!("k?partNumber={number}&uploadId={id}");
    let asked = bucket.at("PUT", &rest(1)).header(ALGORITHM, "KMS").body(&one).send();
    asked.expect_error(400, "InvalidArgument");
    let mut parts = Vec::new();
    for (number, content) in [(1, &one), (2, &two)] {
        let answer = bucket.at("PUT", &rest(number)).body(content).send().expect(200);
        assert_eq!(told(&answer), told(&begun));
        assert_eq!(answer.must("etag"), etag(content));
        parts.push((number, answer.must("etag").to_owned()));
    }
    bucket.put("source", &one);
    let copied = bucket.at("PUT", &rest(2)).header("x-oss-copy-source", &format!("/{}/source", bucket.name));
    assert_eq!(told(&copied.send().expect(200)), told(&begun));
    bucket.at("PUT", &rest(2)).body(&two).send().expect(200);
    let asked = bucket.complete("k", &id, &parts).header(ALGORITHM, "KMS").send();
    asked.expect_error(400, "InvalidArgument");
    let done = bucket.complete("k", &id, &parts).send().expect(200);
    assert_eq!(told(&done), told(&begun));
    assert_eq!(done.must("etag"), multipart_etag(&[&one, &two]));
    let got = bucket.key("GET", "k").send().expect(200);
    assert_eq!((told(&got), got.body.as_slice()), (told(&begun), [one, two].concat().as_slice()));
}

/// The suite of oss2, test_append_object_with_encryption.
#[test]
fn appends_are_encrypted_as_the_first_was() {
    let bucket = Bucket::new();
    let append = |position: usize, algorithm: &str| {
        let request = bucket.at("POST", &format!("k?append&position={position}"));
        request.header(ALGORITHM, algorithm).body("123").send().expect(200)
    };
    let key = append(0, "KMS").must(KEY_ID).to_owned();
    for (position, algorithm) in [(3, ""), (6, "AES256")] {
        let answer = append(position, algorithm);
        assert_eq!((answer.must(ALGORITHM), answer.must(KEY_ID)), ("KMS", key.as_str()));
    }
    assert_eq!(bucket.get("k"), b"123123123");
    let late = bucket.at("POST", "k?append&position=3").body("x").send();
    late.expect_error(409, "PositionNotEqualToLength");
}

#[test]
fn a_copy_is_encrypted_as_its_request_says() {
    let bucket = Bucket::new();
    let content = large();
    let put = bucket.key("PUT", "k").header(ALGORITHM, "AES256").body(&content).send().expect(200);
    let source = format!("/{}/k", bucket.name);
    let copy = |to: &str, algorithm: &str| {
        let copy = bucket.key("PUT", to).header("x-oss-copy-source", &source).header(ALGORITHM, algorithm);
        let answer = copy.send().expect(200);
        assert_eq!(answer.must("x-oss-hash-crc64ecma"), put.must("x-oss-hash-crc64ecma"));
        let got = bucket.key("GET", to).send().expect(200);
        assert_eq!((got.body.as_slice(), got.must("etag")), (content.as_slice(), put.must("etag")));
        assert_eq!(got.header(ALGORITHM), answer.header(ALGORITHM));
        answer.header(ALGORITHM).map(str::to_owned)
    };
    assert_eq!(copy("same", "AES256").as_deref(), Some("AES256"));
    assert_eq!(copy("other", "SM4").as_deref(), Some("SM4"));
    assert_eq!(copy("none", ""), None);
    assert_eq!(copy("k", "").as_deref(), None, "onto itself");
    assert_eq!(copy("k", "KMS").as_deref(), Some("KMS"));
}

#[test]
fn a_form_asks_for_it_by_its_fields() {
    let bucket = Bucket::new();
    let form = |value: &str| {
        let form = Form::new()
            .field("key", "k")
            .fields(Policy::new().condition("[\"content-length-range\",0,1000000]").v1())
            .field(ALGORITHM, value);
        form.file("f", KNOWN).onto(bucket.root("POST", "")).anonymous().send()
    };
    assert_encrypted(&form("AES256").expect(204), "AES256");
    assert_encrypted(&bucket.key("HEAD", "k").send(), "AES256");
    assert_eq!(bucket.get("k"), KNOWN.as_bytes());
    form("DES").expect_error(400, "InvalidEncryptionAlgorithmError");
    let form = Form::new()
        .field("key", "k")
        .fields(Policy::new().condition("[\"content-length-range\",0,1000000]").v1())
        .field(ALGORITHM, "KMS")
        .field(DATA, "SM4");
    let post = |form: Form| form.file("f", KNOWN).onto(bucket.root("POST", "")).anonymous().send();
    assert_eq!(post(form.clone()).expect(204).must(DATA), "SM4");
    post(form.field(KEY_ID, "no-such-key")).expect_error(403, "KmsServiceNotEnabled");
}

#[test]
fn a_callback_is_told_the_same_as_without() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"a\":1}"));
    let callback = serde_json::json!({
        "callbackUrl": application.url("/"),
        "callbackBody": "etag=${etag}&size=${size}&crc64=${crc64}&md5=${contentMd5}&w=${imageInfo.width}",
    });
    let value = STANDARD.encode(callback.to_string());
    // A picture, whose size is read from what was stored.
    let picture = [b"GIF89a\x05\x00\x07\x00\x00\x00\x00".as_slice(), &large()].concat();
    let mut bodies = Vec::new();
    for algorithm in ["", "AES256", "SM4"] {
        let put = bucket.key("PUT", "k.gif").header("x-oss-callback", &value).header(ALGORITHM, algorithm);
        put.body(&picture).send().expect(200);
    }
    bodies.extend(application.wait_for(3).iter().map(|request| request.text().to_owned()));
    assert!(bodies[0].ends_with("&w=5"), "{bodies:?}");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[test]
fn nothing_of_encrypted_objects_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let server = std::sync::Arc::new(Setup::new().data(folder.path()).start());
    let bucket = Bucket::on(&server);
    for (key, algorithm) in [("small", "AES256"), ("other", "SM4")] {
        bucket.key("PUT", key).header(ALGORITHM, algorithm).body(KNOWN).send().expect(200);
    }
    bucket.key("PUT", "large").header(ALGORITHM, "AES256").body(large()).send().expect(200);
    assert!(!holds_known(folder.path()));
    bucket.put("plain", KNOWN);
    assert!(holds_known(folder.path()), "the test finds what is there");
}

fn holds_known(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_known(&path);
        }
        std::fs::read(path).unwrap().windows(KNOWN.len()).any(|window| window == KNOWN.as_bytes())
    })
}

#[test]
fn keys_of_the_key_ring_are_named_and_missed() {
    let folder = tempfile::tempdir().unwrap();
    let start = |keys: &str| {
        std::sync::Arc::new(Setup::new().data(folder.path()).set("OSSICLE_KMS_KEYS", keys).start())
    };
    let server = start(&kms_keys());
    let bucket = Bucket::on(&server);
    let put = bucket.key("PUT", "k").header(ALGORITHM, "KMS").header(KEY_ID, KMS_KEY).body(KNOWN).send();
    assert_eq!(put.expect(200).must(KEY_ID), KMS_KEY);
    let put = bucket.key("PUT", "default").header(ALGORITHM, "KMS").body(KNOWN).send();
    assert_eq!(put.expect(200).must(KEY_ID), KMS_KEY, "the first is the default one");
    bucket.put("plain", "x");
    let name = bucket.name.clone();
    drop(bucket);
    end(server);

    let server = start("");
    let at = |key: &str| server.request("GET", &format!("/{name}/{key}")).resource(&format!("/{name}/{key}"));
    let missed = at("k").send().expect_error(403, "KmsServiceNotEnabled");
    assert!(missed.element("Message").contains(KMS_KEY), "{}", missed.text());
    at("plain").send().expect(200);
    end(server);

    let server = start(&kms_keys());
    let at = |key: &str| server.request("GET", &format!("/{name}/{key}")).resource(&format!("/{name}/{key}"));
    assert_eq!(at("k").send().expect(200).body, KNOWN.as_bytes());
}

fn end(server: std::sync::Arc<Server>) {
    let Ok(server) = std::sync::Arc::try_unwrap(server) else { panic!("the server is in use") };
    drop(server);
}

#[test]
fn the_master_key_may_be_exchanged_and_not_be_lost() {
    let folder = tempfile::tempdir().unwrap();
    let setup = || Setup::new().data(folder.path());
    let server = std::sync::Arc::new(setup().start());
    let bucket = Bucket::on(&server);
    bucket.key("PUT", "k").header(ALGORITHM, "AES256").body(KNOWN).send().expect(200);
    let name = bucket.name.clone();
    drop(bucket);
    end(server);

    let (key, kept) = (folder.path().join("master.key"), folder.path().join("keys").join("kept"));
    std::fs::rename(&key, &kept).unwrap();
    let ended = setup().run();
    assert!(ended.stderr.contains("restore that file"), "{}", ended.stderr);
    let other = "11".repeat(32);
    let ended = setup().set("OSSICLE_MASTER_KEY", &other).run();
    assert!(ended.stderr.contains("access.former_master_key_files"), "{}", ended.stderr);

    let former = kept.display().to_string();
    let exchanged =
        setup().set("OSSICLE_MASTER_KEY", &other).set("OSSICLE_ACCESS_FORMER_MASTER_KEY_FILES", &former);
    let server = exchanged.start();
    let target = format!("/{name}/k");
    let ask = |method: &str| server.request(method, &target).resource(&target);
    assert_eq!(ask("GET").send().expect(200).body, KNOWN.as_bytes());
    ask("PUT").header(ALGORITHM, "AES256").body("new").send().expect(200);
    assert_eq!(ask("GET").send().expect(200).body, b"new");
}

#[test]
fn keys_that_are_none_are_not_started_with() {
    for (keys, words) in [
        ("no-key", "is no 32 bytes"),
        ("=00", "an entry is \"id=key\""),
        ("a b=00", "an entry is \"id=key\""),
        ("a=0011", "the key of a is no 32 bytes"),
    ] {
        let ended = Setup::new().set("OSSICLE_KMS_KEYS", keys).run();
        assert!(ended.stderr.contains(words), "{keys}: {}", ended.stderr);
    }
    let twice = format!("{},{}", kms_keys(), kms_keys());
    let ended = Setup::new().set("OSSICLE_KMS_KEYS", &twice).run();
    assert!(ended.stderr.contains("is there twice"), "{}", ended.stderr);
}
