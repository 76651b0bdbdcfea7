//! Callbacks over TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ossicle_callback::{AddressGuard, ClientConfig, ClientError, Delivery, DeliveryClient, FindingKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::application::{assert_failed, message, ok, read_request, serve};

const UNREACHABLE: &str = "Error status : -1.OSS can not connect to your callbackUrl, please check it.";

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file, _folder: folder }
    }

    fn issue(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.guard = AddressGuard::loopback();
        config.timeout = Duration::from_secs(2);
        config.system_roots = false;
        config.ca_file = Some(self.file.clone());
        for name in ["app.example.com", "other.example.com"] {
            config.hosts.insert(name.to_owned(), vec!["127.0.0.1".parse().unwrap()]);
        }
        config
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Serves JSON over TLS; answers every request on a connection.
async fn serve_tls(config: ServerConfig) -> u16 {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = serve(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while let Some(request) = read_request(&mut stream).await {
                assert!(request.starts_with("POST /cb HTTP/1.1\r\n"));
                stream.write_all(ok("{}").as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    })
    .await;
    address.port()
}

fn server_for(certificate: (CertificateDer<'static>, PrivateKeyDer<'static>)) -> ServerConfig {
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.0], certificate.1)
        .unwrap()
}

async fn deliver(client: &DeliveryClient, host: &str, port: u16, sni: bool) -> Delivery {
    let mut message = message(&[&format!("https://{host}:{port}/cb")]);
    message.sni = sni;
    client.deliver(&message).await
}

#[tokio::test]
async fn callbacks_over_tls_reuse_their_connection() {
    let authority = Authority::new();
    let port = serve_tls(server_for(authority.issue("app.example.com"))).await;
    let client = DeliveryClient::new(authority.config()).unwrap();
    for (sni, reused) in [(false, false), (false, true), (true, false), (true, true), (false, true)] {
        let delivery = deliver(&client, "app.example.com", port, sni).await;
        assert!(delivery.outcome.is_ok(), "{:?}", delivery.attempts);
        assert_eq!(
            delivery.attempts[0].reused_connection, reused,
            "connections with and without SNI are apart"
        );
    }
}

/// Has a certificate only for clients that say the name, and notes what they say.
#[derive(Debug)]
struct OnlyByName(Arc<CertifiedKey>);

impl ResolvesServerCert for OnlyByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        (hello.server_name() == Some("app.example.com")).then(|| Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn sni_is_sent_only_when_asked_for() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("app.example.com");
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let resolver = Arc::new(OnlyByName(Arc::new(CertifiedKey::new(vec![certificate], key))));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    let port = serve_tls(config).await;
    let client = DeliveryClient::new(authority.config()).unwrap();
    assert!(deliver(&client, "app.example.com", port, true).await.outcome.is_ok());
    let delivery = deliver(&client, "app.example.com", port, false).await;
    assert_failed(&delivery, UNREACHABLE, "0007-00000203", FindingKind::NeedsSni);
    let sentence = &delivery.attempts[0].findings[0].sentence;
    assert!(sentence.contains("set callbackSNI to true"), "{sentence}");
}

#[tokio::test]
async fn the_certificate_is_verified_without_sni_too() {
    let authority = Authority::new();
    let port = serve_tls(server_for(authority.issue("app.example.com"))).await;
    let client = DeliveryClient::new(authority.config()).unwrap();
    let delivery = deliver(&client, "other.example.com", port, false).await;
    assert_failed(&delivery, UNREACHABLE, "0007-00000203", FindingKind::NeedsSni);
    let delivery = deliver(&client, "other.example.com", port, true).await;
    assert_failed(&delivery, UNREACHABLE, "0007-00000203", FindingKind::TlsFailed);

    let stranger = Authority::new();
    let port = serve_tls(server_for(stranger.issue("app.example.com"))).await;
    for sni in [false, true] {
        let delivery = deliver(&client, "app.example.com", port, sni).await;
        assert_failed(&delivery, UNREACHABLE, "0007-00000203", FindingKind::TlsFailed);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_failure() {
    let address = serve(|mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let authority = Authority::new();
    let client = DeliveryClient::new(authority.config()).unwrap();
    let delivery = deliver(&client, "app.example.com", address.port(), false).await;
    assert_failed(&delivery, UNREACHABLE, "0007-00000203", FindingKind::TlsFailed);
}

#[tokio::test]
async fn a_handshake_that_hangs_is_late() {
    let address = serve(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let authority = Authority::new();
    let mut config = authority.config();
    config.timeout = Duration::from_millis(300);
    let client = DeliveryClient::new(config).unwrap();
    let delivery = deliver(&client, "app.example.com", address.port(), true).await;
    assert_eq!(delivery.outcome.unwrap_err().ec, "0007-00000202");
}

#[test]
fn an_unusable_ca_file_is_an_error_at_once() {
    for (name, content) in
        [("missing", None), ("empty", Some("")), ("nonsense", Some("-----BEGIN CERTIFICATE-----\n?"))]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let mut config = ClientConfig::default();
        config.ca_file = Some(path.clone());
        let ClientError::CaFile { path: named, .. } = DeliveryClient::new(config).unwrap_err() else {
            panic!()
        };
        assert_eq!(named, path);
    }
}
