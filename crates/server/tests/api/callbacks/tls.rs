//! Application servers behind TLS: the certificate is checked, and the name is sent only when asked for.

use std::io::Write as _;
use std::net::TcpListener;
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
