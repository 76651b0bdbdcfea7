//! TLS for the tests' namespace: a certificate authority made for the run, and a port 443 in front of the server's port 80.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::dns::SERVER;

const NAMES: [&str; 6] = [
    "oss-cn-hangzhou.aliyuncs.com",
    "*.oss-cn-hangzhou.aliyuncs.com",
    "oss-cn-hangzhou-internal.aliyuncs.com",
    "*.oss-cn-hangzhou-internal.aliyuncs.com",
    "sts.aliyuncs.com",
    "sts.cn-hangzhou.aliyuncs.com",
];

/// Serves TLS on port 443 for as long as the process lives; returns the PEM file that clients must trust.
pub(super) fn serve(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut authority = CertificateParams::new(Vec::new())?;
    // A name that is not the certificate's own, or clients take that for self-signed.
    authority.distinguished_name.push(DnType::CommonName, "authority of the test suites");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &authority)?;
    let file = folder.join("authority.pem");
    std::fs::write(&file, authority.pem())
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(
        tokio_rustls::rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()?
    .with_no_client_auth()
    .with_single_cert(
        vec![certificate.der().clone()],
        PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
    )?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind(SocketAddr::from((SERVER, 443))).context("no port for TLS")?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener, acceptor)));
    Ok(file)
}

async fn accept(listener: std::net::TcpListener, acceptor: TlsAcceptor) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        // Either side may break a connection off; the other then sees that.
        tokio::spawn(async move { forward(client, &acceptor).await });
    }
}

async fn forward(client: TcpStream, acceptor: &TlsAcceptor) -> std::io::Result<()> {
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(SocketAddr::from((SERVER, 80))).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
