//! `HttpsConfiguration`: the versions of TLS by which a bucket may be reached, both what `PutBucketHttpsConfig` is sent and what
//! `GetBucketHttpsConfig` answers.

use crate::inputs::Fate::{Honoured, Ignored, Refused};
use crate::inputs::{Input, Place, refuse_value};
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::document;
use crate::{Error, ErrorCode, Operation};

/// The versions as OSS writes them.
const VERSIONS: [&str; 4] = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const OF_SUITES: &str = "it counts where a choice of cipher suites is enabled, which is refused";

/// The versions of TLS by which a bucket may be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpsConfiguration {
    enabled: bool,
    versions: Vec<&'static str>,
}

impl HttpsConfiguration {
    /// Returns whether the bucket may be reached by a version, such as `1.2`.
    #[must_use]
    pub fn allows(&self, version: &str) -> bool {
        !self.enabled || self.versions.iter().any(|allowed| allowed.strip_prefix("TLSv") == Some(version))
    }
}

impl Document for HttpsConfiguration {
    const MAX_BODY: usize = 16 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("HttpsConfiguration/TLS/Enable", Honoured),
        Input::element("HttpsConfiguration/TLS/TLSVersion", Honoured),
        Input::element(
            "HttpsConfiguration/CipherSuite/Enable",
            Refused { code: ErrorCode::NotImplemented, unless: &["false"] },
        ),
        Input::element("HttpsConfiguration/CipherSuite/StrongCipherSuite", Ignored(OF_SUITES)),
        Input::element("HttpsConfiguration/CipherSuite/CustomCipherSuite", Ignored(OF_SUITES)),
        Input::element("HttpsConfiguration/CipherSuite/TLS13CustomCipherSuite", Ignored(OF_SUITES)),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "HttpsConfiguration", Self::MAX_BODY)?;
        if let Some(suites) = root.child("CipherSuite")? {
            let (name, enabled) = ("HttpsConfiguration/CipherSuite/Enable", suites.flag("Enable")?);
            let value = if enabled { "true" } else { "false" };
            refuse_value(Operation::PutBucketHttpsConfig, Place::Element, name, value)?;
        }
        let tls = root.only("TLS")?;
        tls.required("Enable")?;
        let enabled = tls.flag("Enable")?;
        let mut versions = Vec::new();
        for asked in tls.children("TLSVersion").map(|version| version.text().trim()) {
            let known = VERSIONS.into_iter().find(|known| *known == asked);
            let known = known.ok_or_else(|| malformed("TLSVersion must be one from TLSv1.0 to TLSv1.3."))?;
            if !versions.contains(&known) {
                versions.push(known);
            }
        }
        if enabled && versions.is_empty() {
            return Err(malformed("There is no TLSVersion."));
        }
        Ok(Self { enabled, versions })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("HttpsConfiguration", 256, |c| {
            c.nested("TLS", |c| {
                c.flag("Enable", self.enabled);
                for version in &self.versions {
                    c.text("TLSVersion", version);
                }
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{HttpsConfiguration, VERSIONS};
    use crate::ErrorCode;
    use crate::xml::Document;

    proptest! {
        #[test]
        fn reads_what_it_writes(
            enabled in any::<bool>(),
            versions in prop::sample::subsequence(VERSIONS.to_vec(), 1..=4),
        ) {
            let document = HttpsConfiguration { enabled, versions };
            assert_eq!(HttpsConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
        }
    }

    fn read(inside: &str) -> Result<HttpsConfiguration, crate::Error> {
        HttpsConfiguration::parse(format!("<HttpsConfiguration>{inside}</HttpsConfiguration>").as_bytes())
    }

    #[test]
    fn versions_that_are_allowed() {
        let check = |inside: &str, allowed: &[&str]| {
            let read = read(&format!("<TLS>{inside}</TLS>")).expect(inside);
            for version in ["1.2", "1.3"] {
                assert_eq!(read.allows(version), allowed.contains(&version), "{inside} {version}");
            }
        };
        check("<Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion>", &["1.2"]);
        check(
            "<Enable>true</Enable><TLSVersion>TLSv1.3</TLSVersion><TLSVersion>TLSv1.3</TLSVersion>",
            &["1.3"],
        );
        check("<Enable>true</Enable><TLSVersion>TLSv1.1</TLSVersion>", &[]);
        check("<Enable>false</Enable><TLSVersion>TLSv1.1</TLSVersion>", &["1.2", "1.3"]);
        check("<Enable>false</Enable>", &["1.2", "1.3"]);
    }

    #[test]
    fn refuses_bad_documents() {
        let check = |inside: &str, code: ErrorCode| {
            assert_eq!(read(inside).expect_err(inside).code(), code, "{inside}");
        };
        // The first two: Python SDK, test_bucket_https_config.py.
        check("<TLS><Enable>true</Enable></TLS>", ErrorCode::MalformedXML);
        check("<TLS><Enable>true</Enable><TLSVersion>aaa</TLSVersion></TLS>", ErrorCode::MalformedXML);
        check("", ErrorCode::MalformedXML);
        check("<TLS/>", ErrorCode::MalformedXML);
        check("<TLS><Enable>perhaps</Enable></TLS>", ErrorCode::MalformedXML);
        let suites = "<TLS><Enable>false</Enable></TLS><CipherSuite><Enable>true</Enable></CipherSuite>";
        check(suites, ErrorCode::NotImplemented);
        assert!(read(&suites.replace("true", "false")).is_ok());
    }
}
