//! The command line: the ready line, exit codes and errors that name the cure, TLS, and stopping.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::bucket_https_config;
use crate::harness::application::Identity;
use crate::harness::server::{Ended, folder};
use crate::harness::signing::root_key;
use crate::harness::{Application, Bucket, Reply, Server, Setup, StsRequest, Wire};

/// Checks that a command ended with code 2 and one line that says `words`.
#[track_caller]
fn assert_unusable(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    let told: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("ossicle: ")).collect();
    assert_eq!(told.len(), 1, "{ended:?}");
    for word in words {
        assert!(told[0].contains(word), "no {word:?} in {}", told[0]);
    }
}

#[test]
fn the_ready_line_names_both_addresses() {
    let server = Setup::new().start();
    let (endpoint, console) = (server.address(), server.console());
    let line = format!("{{\"endpoint\":\"http://{endpoint}\",\"console\":\"http://{console}\"}}");
    assert_eq!(server.ready(), line);
    assert!(endpoint.ip().is_loopback() && endpoint.port() != 0 && console.port() != endpoint.port());
    server.request("GET", "/").send().expect(200);
    let health = server.ask_console("/healthz");
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    assert!(server.ask_console("/metrics").expect(200).text().contains("ossicle"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_limit_of_open_files_is_raised_to_what_is_allowed() {
    let server = Setup::new().under("ulimit -S -n 256").start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [line.split_whitespace().nth(3), line.split_whitespace().nth(4)];
    assert!(soft == hard && soft != Some("256"), "{line}");
}

#[test]
fn without_keys() {
    let setup = || {
        let folder = folder();
        let data = folder.path().join("data");
        Setup::new().bare().arguments(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            data.to_str().unwrap(),
        ])
    };
    let words = ["OSSICLE_ROOT_ACCESS_KEY_ID", "OSSICLE_ROOT_ACCESS_KEY_SECRET"];
    assert_unusable(&setup().run(), &words);
    assert_unusable(&setup().set("OSSICLE_ROOT_ACCESS_KEY_ID", "a").run(), &words);
    assert_unusable(
        &setup().set("OSSICLE_ROOT_ACCESS_KEY_ID", "a").set("OSSICLE_ROOT_ACCESS_KEY_SECRET", "").run(),
        &words,
    );
}

#[test]
fn secrets_that_could_be_guessed() {
    let folder = folder();
    let data = folder.path().join("data");
    let with = |secret: &str| Setup::new().data(&data).set("OSSICLE_ROOT_ACCESS_KEY_SECRET", secret);
    for secret in ["x", "fifteen letters", "密密密密密密密密密密密密密密密"] {
        let ended = with(secret).run();
        let words = ["OSSICLE_ROOT_ACCESS_KEY_SECRET", "16 characters", "openssl rand"];
        assert_unusable(&ended, &words);
        assert!(!ended.stderr.contains(secret), "the secret is not told: {ended:?}");
    }
    assert!(!data.exists(), "nothing was begun");
    drop(with("sixteen letters!").start());
}

#[test]
fn places_that_are_taken_or_unusable() {
    let running = Setup::new().start();
    let data = running.data().to_owned();
    assert_unusable(&Setup::new().data(&data).run(), &["in use", "--data-dir"]);
    let taken = running.address().to_string();
    assert_unusable(&Setup::new().arguments(&["--listen", &taken]).run(), &["in use", "--listen"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let console = taken.local_addr().unwrap().to_string();
    assert_unusable(&Setup::new().arguments(&["--console", &console]).run(), &["in use", "--console"]);

    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert_unusable(&Setup::new().data(&file).run(), &["--data-dir"]);
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("notes.txt"), "x").unwrap();
    assert_unusable(&Setup::new().data(&foreign).run(), &["--data-dir"]);
    assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1, "a folder of somebody else's is left alone");
    // The one that runs is not disturbed.
    running.request("GET", "/").send().expect(200);
}

#[test]
fn master_keys_that_cannot_be_used() {
    let folder = folder();
    let (data, apart) = (folder.path().join("data"), folder.path().join("apart.key"));
    drop(Setup::new().data(&data).start());
    let key = data.join("master.key");
    let metadata = std::fs::metadata(&key).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o7777, metadata.len()), (0o600, 32));

    std::fs::write(&key, "too short").unwrap();
    assert_unusable(&Setup::new().data(&data).run(), &["master.key", "32 bytes", "backup"]);

    let elsewhere = |path: &str| Setup::new().data(&data).set("OSSICLE_ACCESS_MASTER_KEY_FILE", path);
    let path = apart.to_str().unwrap();
    drop(elsewhere(path).start());
    assert_eq!(std::fs::metadata(&apart).unwrap().len(), 32);
    std::fs::set_permissions(&apart, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_unusable(&elsewhere(path).run(), &["apart.key", "0640", "chmod 600"]);
    let nowhere = folder.path().join("nowhere/master.key");
    assert_unusable(&elsewhere(nowhere.to_str().unwrap()).run(), &["access.master_key_file"]);
    let checked = Setup::new().bare().arguments(&["fsck", "--data-dir", data.to_str().unwrap()]).run();
    assert!(checked.status.success(), "fsck leaves the key alone: {checked:?}");
}

#[test]
fn certificates_that_cannot_be_used() {
    let (folder, identity) = (folder(), Identity::new());
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cert.pem"), &identity.pem).unwrap();
    std::fs::write(path("key.pem"), &identity.key_pem).unwrap();
    std::fs::write(path("other-key.pem"), Identity::new().key_pem).unwrap();
    std::fs::write(path("empty.pem"), "").unwrap();
    let run = |cert: &str, key: &str| {
        Setup::new().arguments(&["--tls-cert", &path(cert), "--tls-key", &path(key)]).run()
    };
    assert_unusable(&run("missing.pem", "key.pem"), &["missing.pem", "--tls-cert"]);
    assert_unusable(&run("empty.pem", "key.pem"), &["empty.pem", "--tls-cert"]);
    assert_unusable(&run("cert.pem", "missing.pem"), &["missing.pem", "--tls-key"]);
    assert_unusable(&run("cert.pem", "empty.pem"), &["empty.pem", "--tls-key"]);
    assert_unusable(&run("cert.pem", "other-key.pem"), &["belong together"]);
    let alone = Setup::new().arguments(&["--tls-cert", &path("cert.pem")]).run();
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
}

#[test]
fn configurations_that_make_no_sense() {
    let folder = folder();
    let run = |text: &str| {
        let path = folder.path().join("ossicle.toml");
        std::fs::write(&path, text).unwrap();
        Setup::new().arguments(&["--config", path.to_str().unwrap()]).run()
    };
    for (text, words) in [
        ("[server]\nlisten_on = 1\n", ["listen_on", "config print"]),
        ("[sevrer]\n", ["sevrer", "config print"]),
        ("not toml at all", ["ossicle.toml", "ossicle.toml"]),
        ("[callback]\ntimeout_ms = \"soon\"\n", ["ossicle.toml", "ossicle.toml"]),
        ("[callback]\ntimeout_ms = 0\n", ["callback.timeout_ms", "at least 1"]),
        ("[server]\nregion = \"oss-cn-hangzhou\"\n", ["server.region", "oss-"]),
    ] {
        assert_unusable(&run(text), &words);
    }
    let missing = Setup::new().arguments(&["--config", "/nowhere/ossicle.toml"]).run();
    assert_unusable(&missing, &["/nowhere/ossicle.toml"]);
    let environment = Setup::new().set("OSSICLE_CALLBACK_TIMEOUT_MS", "soon").run();
    assert_unusable(&environment, &["OSSICLE_CALLBACK_TIMEOUT_MS"]);
    let no_folder = Setup::new()
        .bare()
        .set("OSSICLE_ROOT_ACCESS_KEY_ID", "a")
        .set("OSSICLE_ROOT_ACCESS_KEY_SECRET", "long enough to use");
    assert_unusable(&no_folder.arguments(&["serve", "--listen", "127.0.0.1:0"]).run(), &["--data-dir"]);
    for arguments in
        [vec!["serve", "--unheard-of"], vec!["unheard-of"], vec![], vec!["serve", "--listen", "nowhere"]]
    {
        let ended = Setup::new().bare().arguments(&arguments).run();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty());
    }
}

#[test]
fn the_printed_configuration_is_one_that_works() {
    let printed = Setup::new().bare().arguments(&["config", "print"]).run();
    assert_eq!(printed.status.code(), Some(0));
    assert!(printed.stdout.contains("[callback]") && printed.stderr.is_empty());
    let folder = folder();
    let path = folder.path().join("ossicle.toml");
    std::fs::write(&path, &printed.stdout).unwrap();
    let server = Setup::new().arguments(&["--config", path.to_str().unwrap()]).start();
    server.request("GET", "/").send().expect(200);
}

#[test]
fn file_environment_and_flags_override_in_that_order() {
    let folder = folder();
    let path = folder.path().join("ossicle.toml");
    std::fs::write(
        &path,
        "[server]\nregion = \"eu-west-1\"\n[account]\nowner_id = \"42\"\n[callback]\nallow_private = false\n",
    )
    .unwrap();
    let server = Setup::new()
        .arguments(&["--config", path.to_str().unwrap()])
        .set("OSSICLE_SERVER_REGION", "us-east-1")
        .start();
    let answer = server.request("GET", "/").region("us-east-1").send().expect(200);
    assert_eq!(answer.element("ID"), "42");
    server.request("GET", "/").region("eu-west-1").send().expect_error(400, "InvalidArgument");
    // --allow-private-callbacks stands on the command line.
    server.request("PUT", "/bucket").region("us-east-1").send().expect(200);
    let application = Application::json("{}");
    let json = serde_json::json!({"callbackUrl": application.url("/"), "callbackBody": "a=b"}).to_string();
    let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, json);
    let put = server
        .request("PUT", "/bucket/k")
        .region("us-east-1")
        .header("x-oss-callback", &value)
        .body("x")
        .send();
    assert_eq!(put.expect(200).text(), "{}");
}

#[test]
fn serves_over_tls() {
    let (folder, identity) = (folder(), Identity::new());
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cert.pem"), &identity.pem).unwrap();
    std::fs::write(path("key.pem"), &identity.key_pem).unwrap();
    let server = Setup::new()
        .arguments(&["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")])
        .set("OSSICLE_STS_LISTEN", "127.0.0.1:0")
        .start();
    assert!(server.ready().starts_with("{\"endpoint\":\"https://127.0.0.1:"));
    assert!(server.ready().contains("\"sts\":\"https://127.0.0.1:"));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(identity.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let speaking = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_protocol_versions(versions).unwrap();
        Arc::new(config.with_root_certificates(roots.clone()).with_no_client_auth())
    };
    let config = speaking(rustls::DEFAULT_VERSIONS);
    let older = speaking(&[&rustls::version::TLS12]);
    let open_with = |config: &Arc<rustls::ClientConfig>, address| {
        Wire::open(address).layered(|socket| {
            let name = ServerName::try_from("localhost").unwrap();
            let connection = rustls::ClientConnection::new(Arc::clone(config), name).unwrap();
            rustls::StreamOwned::new(connection, socket)
        })
    };
    let open = |address| open_with(&config, address);
    for (address, host) in [(server.sts(), "h"), (server.address(), "sts.aliyuncs.com")] {
        let mut wire = open(address);
        wire.send(StsRequest::new(address, "GetCallerIdentity").host(host).to_bytes());
        wire.answer().expect(200);
    }
    let mut wire = open(server.address());
    server.request("PUT", "/bucket").send_on(&mut wire).expect(200);
    server.request("PUT", "/bucket/k").body(vec![7; 1_000_000]).send_on(&mut wire).expect(200);
    assert_eq!(server.request("GET", "/bucket/k").send_on(&mut wire).expect(200).body.len(), 1_000_000);
    let initiated =
        server.request("POST", "/bucket/k?uploads").send_on(&mut wire).expect(200).element("UploadId");
    let complete = server.request("POST", "/bucket/k").query("uploadId", &initiated);
    let answer = complete.body("<CompleteMultipartUpload/>").send_on(&mut wire).expect(200);
    assert!(answer.element("Location").starts_with("https://"), "{answer:?}");
    // Policies may ask for a version.
    let policy = r#"{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":"oss:GetObject",
        "Resource":"acs:oss:*:*:bucket/*","Condition":{"StringEquals":{"oss:TLSVersion":"1.3"}}}]}"#;
    server.request("PUT", "/bucket?policy").body(policy).send_on(&mut wire).expect(200);
    let get = || server.request("GET", "/bucket/k").anonymous();
    get().send_on(&mut open(server.address())).expect(200);
    get().send_on(&mut open_with(&older, server.address())).expect_error(403, "AccessDenied");
    // So may the bucket itself, of everybody.
    let only = |version: &str| {
        let tls = format!("<Enable>true</Enable><TLSVersion>{version}</TLSVersion>");
        let set = server.request("PUT", "/bucket?httpsConfig").body(bucket_https_config::document(&tls));
        set.send_on(&mut open(server.address())).expect(200);
    };
    let head = || server.request("GET", "/bucket?acl");
    only("TLSv1.3");
    head().send_on(&mut open(server.address())).expect(200);
    let refused = head().send_on(&mut open_with(&older, server.address())).expect_error(403, "AccessDenied");
    refused.with("Message", "The bucket does not allow TLSv1.2.").with("BucketName", "bucket");
    only("TLSv1.2");
    head().send_on(&mut open(server.address())).expect_error(403, "AccessDenied");
    head().send_on(&mut open_with(&older, server.address())).expect(200);
    // Plain HTTP on this port is not answered in plain.
    let mut plain = Wire::open(server.address());
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    plain.finish_sending();
}

#[test]
fn sigterm_finishes_what_is_under_way() {
    let mut server = Setup::new().start();
    server.request("PUT", "/bucket").send().expect(200);
    let application =
        Application::always(Reply::after(Duration::from_millis(700), Reply::json("{\"late\":true}")));
    let json = serde_json::json!({"callbackUrl": application.url("/"), "callbackBody": "a=b"}).to_string();
    let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, json);
    let mut under_way = Wire::open(server.address());
    under_way
        .send(server.request("PUT", "/bucket/k").header("x-oss-callback", &value).body("Hello").to_bytes());
    let mut in_body = Wire::open(server.address());
    in_body.send(server.request("PUT", "/bucket/slow").header("Expect", "100-continue").body("Hello").head());
    assert_eq!(in_body.answer().status, 100, "the server waits for the body");
    in_body.send("Hel");
    let mut idle = Wire::open(server.address());
    application.wait_for(1);
    server.terminate();
    assert!(idle.is_closed(), "an idle connection is not waited for");
    in_body.send("lo");
    assert_eq!(in_body.answer().status, 200);
    let answer = under_way.answer();
    assert_eq!((answer.status, answer.text()), (200, "{\"late\":true}"));
    let address = server.address();
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{}", server.log());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_server_that_says_it_is_ready_ends_in_order() {
    for _ in 0..8 {
        let mut server = Setup::new().start();
        server.terminate();
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    }
}

#[test]
fn everything_is_there_again_after_a_stop_and_after_a_kill() {
    let folder = folder();
    let data = folder.path().join("data");
    let large: Vec<u8> = (0..1_500_000).map(|index| (index % 249) as u8).collect();
    let mut server = Setup::new().data(&data).start();
    server.request("PUT", "/bucket").header("x-oss-acl", "public-read").send().expect(200);
    server.request("PUT", "/bucket/small").header("x-oss-meta-a", "1").body("Hello").send().expect(200);
    server.request("PUT", "/bucket/large").body(&large).send().expect(200);
    let upload = server.request("POST", "/bucket/parts?uploads").send().element("UploadId");
    let part =
        server.request("PUT", &format!("/bucket/parts?partNumber=1&uploadId={upload}")).body("part").send();
    let (key, etag) = (server.public_key(), part.must("ETag").to_owned());
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    drop(server);

    let check = |server: &Server| {
        assert_eq!(
            server.request("GET", "/bucket/small").anonymous().send().expect(200).must("x-oss-meta-a"),
            "1"
        );
        assert!(server.request("GET", "/bucket/large").send().expect(200).body == large);
        assert_eq!(server.public_key(), key, "the signing key stays");
    };
    let server = Setup::new().data(&data).start();
    check(&server);
    server.request("PUT", "/bucket/later").body("x").send().expect(200);
    server.request("DELETE", "/bucket/large").send().expect(204);
    server.request("PUT", "/bucket/large").body(&large).send().expect(200);
    drop(server.kill());

    let server = Setup::new().data(&data).start();
    check(&server);
    assert_eq!(server.request("GET", "/bucket/later").send().expect(200).body, b"x");
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    server.request("POST", &format!("/bucket/parts?uploadId={upload}")).body(document).send().expect(200);
    assert_eq!(server.request("GET", "/bucket/parts").send().expect(200).body, b"part");
}

#[test]
fn the_signing_key_is_private() {
    let server = Setup::new().start();
    let mut keys = 0;
    let mut open = vec![server.data().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                open.push(entry.path());
            } else if std::fs::read(entry.path()).unwrap().windows(11).any(|window| window == b"PRIVATE KEY")
            {
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
                keys += 1;
            }
        }
    }
    assert_eq!(keys, 1);
    assert!(!server.public_key().contains("PRIVATE"));
}

#[test]
fn logs_are_on_standard_error_and_keep_the_secret() {
    let server = Arc::new(Setup::new().set("OSSICLE_LOG_LEVEL", "debug").start());
    let bucket = Bucket::on(&server);
    bucket.key("GET", "missing").send().expect_error(404, "NoSuchKey");
    bucket
        .key("GET", "missing")
        .key(&root_key().id, "wrong")
        .send()
        .expect_error(403, "SignatureDoesNotMatch");
    server.wait_for_log("NoSuchKey");
    server.wait_for_log("SignatureDoesNotMatch");
    assert!(!server.log().contains(&root_key().secret));
    let server =
        Arc::new(Setup::new().set("OSSICLE_LOG_FORMAT", "json").set("OSSICLE_LOG_LEVEL", "debug").start());
    Bucket::on(&server).key("GET", "missing").send().expect_error(404, "NoSuchKey");
    server.wait_for_log("NoSuchKey");
    for line in server.log().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}
