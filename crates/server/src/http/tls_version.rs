//! The version of TLS by which a request came, as an extension of its head.

use rustls::ProtocolVersion;

/// A version as OSS writes it: `1.2` or `1.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TlsVersion(pub(crate) &'static str);

impl TlsVersion {
    /// Returns the version that a handshake came to; others than these are not spoken.
    pub(super) fn negotiated(version: Option<ProtocolVersion>) -> Option<Self> {
        match version? {
            ProtocolVersion::TLSv1_2 => Some(Self("1.2")),
            ProtocolVersion::TLSv1_3 => Some(Self("1.3")),
            _ => None,
        }
    }
}
