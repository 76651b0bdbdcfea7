//! The versions of TLS by which a bucket may be reached.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketHttpsConfig])
    .request(|_, draft| draft.body(&document("<Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion>")))
    .proven(&[("HttpsConfiguration/TLS/*", Proof::Test("startup::serves_over_tls"))])
    .samples(|name| {
        let plain = document("<Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion>");
        let element = name.rsplit('/').next()?;
        let suites = format!("<CipherSuite><{element}>true</{element}></CipherSuite></HttpsConfiguration>");
        Some(plain.replace("</HttpsConfiguration>", &suites))
    });

pub(crate) fn document(tls: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HttpsConfiguration><TLS>{tls}</TLS></HttpsConfiguration>"
    )
}

#[test]
fn replaces_the_versions() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?httpsConfig").send().expect(200);
    let assert_set = |tls: &str| assert_eq!(String::from_utf8_lossy(&get().body), document(tls));
    assert_set("<Enable>false</Enable>");
    let both = "<Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion><TLSVersion>TLSv1.3</TLSVersion>";
    for tls in [both, "<Enable>false</Enable>", both] {
        bucket.root("PUT", "?httpsConfig").body(document(tls)).send().expect(200);
        assert_set(tls);
    }
    for body in [
        "",
        "<HttpsConfiguration/>",
        &document("<Enable>true</Enable>"),
        &document("<Enable>true</Enable><TLSVersion>aaa</TLSVersion>"),
    ] {
        bucket.root("PUT", "?httpsConfig").body(body).send().expect_error(400, "MalformedXML");
    }
    let suites = document(both).replace("</TLS>", "</TLS><CipherSuite><Enable>true</Enable></CipherSuite>");
    bucket.root("PUT", "?httpsConfig").body(suites).send().expect_error(501, "NotImplemented");
    for method in ["GET", "PUT"] {
        bucket.root(method, "?httpsConfig").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?httpsConfig").send().expect_error(405, "MethodNotAllowed");
    assert_set(both);
    // What comes in plain has no version.
    bucket.put("k", "x");
}
