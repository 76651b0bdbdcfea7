//! TLS for outgoing connections: the chain is always verified against the name, telling the server the name is
//! a choice.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The certificates that are trusted, and the TLS configurations made from them on first use.
#[derive(Debug)]
pub(crate) struct Roots {
    extra: Vec<CertificateDer<'static>>,
    system: bool,
    // Reading the system's certificates takes megabytes and milliseconds that plain HTTP need not pay.
    with_sni: OnceLock<Result<Arc<ClientConfig>, String>>,
    without_sni: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// A handshake that failed.
#[derive(Debug)]
pub(crate) struct TlsError {
    pub(crate) kind: TlsErrorKind,
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsErrorKind {
    /// The server behaves as one does that must be told the name.
    NameMatters,
    Other,
}

impl Roots {
    /// Loads the system's certificates, if wanted, and those of a PEM file.
    pub(crate) fn new(system: bool, file: Option<&Path>) -> Result<Self, (PathBuf, String)> {
        let extra = match file {
            None => Vec::new(),
            Some(path) => read_certificates(path).map_err(|reason| (path.to_owned(), reason))?,
        };
        Ok(Self { extra, system, with_sni: OnceLock::new(), without_sni: OnceLock::new() })
    }

    /// Loads the system's certificates.
    #[cfg(feature = "receiver")]
    pub(crate) fn system() -> Self {
        Self { extra: Vec::new(), system: true, with_sni: OnceLock::new(), without_sni: OnceLock::new() }
    }

    /// Performs the handshake over a connected stream.
    pub(crate) async fn handshake(
        &self,
        stream: TcpStream,
        host: &str,
        sni: bool,
    ) -> Result<TlsStream<TcpStream>, TlsError> {
        let name = ServerName::try_from(host.strip_suffix('.').unwrap_or(host).to_owned())
            .map_err(|error| TlsError { kind: TlsErrorKind::Other, reason: error.to_string() })?;
        let config = self.config(sni).map_err(|reason| TlsError { kind: TlsErrorKind::Other, reason })?;
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| explain(&error))
    }

    fn config(&self, sni: bool) -> Result<Arc<ClientConfig>, String> {
        let cell = if sni { &self.with_sni } else { &self.without_sni };
        cell.get_or_init(|| self.build(sni).map(Arc::new)).clone()
    }

    fn build(&self, sni: bool) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        if self.system {
            // Single unreadable certificates in a system store are common and harmless.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.enable_sni = sni;
        Ok(config)
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("no certificate in this file".to_owned());
    }
    Ok(certificates)
}

fn explain(error: &io::Error) -> TlsError {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let kind = match cause {
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnrecognisedName
            | AlertDescription::HandshakeFailure
            | AlertDescription::InternalError
            | AlertDescription::AccessDenied,
        )) => TlsErrorKind::NameMatters,
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => TlsErrorKind::NameMatters,
        _ => TlsErrorKind::Other,
    };
    TlsError { kind, reason: error.to_string() }
}
