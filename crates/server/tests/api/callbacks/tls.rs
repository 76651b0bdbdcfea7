//! Application servers behind TLS: the certificate is checked, and the name is sent only when asked for.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use serde_json::json;

use super::{assert_called_back, assert_failed, callback, put};
use crate::harness::application::Identity;
use crate::harness::server::folder;
use crate::harness::{Application, Bucket, Reply, Setup};

const UNREACHABLE: &str = "Error status : -1.OSS can not connect to your callbackUrl, please check it.";

fn url(application: &Application) -> String {
    format!("https://localhost:{}/tls", application.address().port())
}

#[test]
fn trusted_certificates_with_and_without_the_name() {
    let (identity, folder) = (Identity::new(), folder());
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &identity.pem).unwrap();
    let server = Setup::new().set("OSSICLE_CALLBACK_CA_FILE", authority.to_str().unwrap()).start();
    let bucket = Bucket::on(&Arc::new(server));
    let application = Application::tls(&identity, |_| Reply::json("{\"Status\":\"OK\"}"));
    assert_called_back(
        &put(&bucket, "k", &callback(&url(&application), "a=b")).send(),
        "{\"Status\":\"OK\"}",
    );
    for sni in [true, false] {
        let value = json!({"callbackUrl": url(&application), "callbackBody": "a=b", "callbackSNI": sni});
        assert_called_back(&put(&bucket, "k", &value).send(), "{\"Status\":\"OK\"}");
    }
    let names: Vec<Option<String>> = application.requests().into_iter().map(|request| request.sni).collect();
    assert_eq!(names, [None, Some("localhost".to_owned()), None]);
    let request = application.requests().pop().unwrap();
    assert_eq!(request.header("Host"), format!("localhost:{}", application.address().port()));
    assert!(request.is_signed_by(&bucket.server.public_key()));
    // The certificate is for the name, not for the address.
    let value = callback(&format!("https://127.0.0.1:{}/", application.address().port()), "a=b");
    assert_failed(put(&bucket, "k", &value).send(), UNREACHABLE, "0007-00000203");
}

#[test]
fn unknown_certificates_and_servers_without_tls() {
    let bucket = Bucket::new();
    let unknown = Application::tls(&Identity::new(), |_| Reply::json("{}"));
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain_url = format!("https://localhost:{}/", plain.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in plain.incoming().flatten() {
            let _ = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for url in [url(&unknown), plain_url] {
        let value = json!({"callbackUrl": url, "callbackBody": "a=b", "callbackSNI": true});
        assert_failed(put(&bucket, "k", &value).send(), UNREACHABLE, "0007-00000203");
    }
    assert!(unknown.requests().is_empty());
    assert_eq!(bucket.get("k"), b"Hello OSS!");
}

/// Runs commands of a shell in a folder.
fn shell(commands: &str, folder: &Path) {
    let done = Command::new("sh").args(["-e", "-c", commands]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// An application server with `server.pem`, and a server of ours that trusts `ca.pem`.
fn with_files_in(folder: &Path) -> (Application, Bucket) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let identity = Identity { pem: read("server.pem"), key_pem: read("server.key") };
    let authority = folder.join("ca.pem");
    let server = Setup::new().set("OSSICLE_CALLBACK_CA_FILE", authority.to_str().unwrap()).start();
    (Application::tls(&identity, |_| Reply::json("{}")), Bucket::on(&Arc::new(server)))
}

#[test]
fn an_authority_made_as_the_guide_says_is_trusted() {
    let guide = include_str!("../../../../../docs/callbacks.md");
    let (_, section) = guide.split_once("## Application servers with a certificate of your own\n").unwrap();
    let (_, commands) = section.split_once("```sh\n").unwrap();
    let (commands, _) = commands.split_once("```\n").unwrap();
    let folder = folder();
    shell(commands, folder.path());
    let (application, bucket) = with_files_in(folder.path());
    assert_called_back(&put(&bucket, "k", &callback(&url(&application), "a=b")).send(), "{}");
}

#[test]
fn a_plain_self_signed_certificate_is_no_server_of_its_own_authority() {
    let folder = folder();
    let make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.pem -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost\ncp server.pem ca.pem";
    shell(make, folder.path());
    let (application, bucket) = with_files_in(folder.path());
    let answer = put(&bucket, "k", &callback(&url(&application), "a=b")).send();
    let record = bucket.server.delivery(&answer);
    assert_failed(answer, UNREACHABLE, "0007-00000203");
    assert!(record.to_string().contains("CaUsedAsEndEntity"), "{record:#}");
}
