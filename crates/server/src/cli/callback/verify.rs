//! `ossicle callback verify`: looks at a captured request and says whether it is a genuine callback, and if not, why.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use clap::Args;
use ossicle_callback::VerifyingKey;
use ossicle_callback::receiver::{SignedRequest, Verifier, VerifyError};
use serde_json::json;

use super::{Exit, Format, print};

/// Arguments of `ossicle callback verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The request as it was captured: request line, headers, an empty line, the body. "-" reads standard input.
    #[arg(value_name = "FILE", conflicts_with_all = ["target", "body", "authorization", "pub_key_url"])]
    request: Option<PathBuf>,
    /// Path and query of the request, instead of a file.
    #[arg(long, value_name = "PATH?QUERY", required_unless_present = "request")]
    target: Option<String>,
    /// File with the body.
    #[arg(long, value_name = "FILE", required_unless_present = "request")]
    body: Option<PathBuf>,
    /// The value of the Authorization header.
    #[arg(long, value_name = "BASE64", required_unless_present = "request")]
    authorization: Option<String>,
    /// The value of the x-oss-pub-key-url header.
    #[arg(long, value_name = "BASE64", required_unless_present = "request")]
    pub_key_url: Option<String>,
    /// PEM file of the public key, instead of fetching it from x-oss-pub-key-url.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Besides OSS's own, trust keys whose URL begins with this; may be given several times.
    #[arg(long, value_name = "URL/")]
    trust: Vec<String>,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The parts of a captured request that matter.
#[derive(Debug, PartialEq, Eq)]
struct Captured {
    target: String,
    authorization: String,
    pub_key_url: String,
    body: Vec<u8>,
}

impl Verify {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let captured = self.captured().map_err(Exit::unusable)?;
        let verifier = self.verifier(&captured).map_err(Exit::unusable)?;
        let request = captured.as_request();
        let verdict = verifier.verify(&request).await;
        let hint = match &verdict {
            Ok(()) => None,
            Err(error) => self.hint(&captured, &verifier, error).await,
        };
        print(&self.describe(&captured, verdict.as_ref().err(), hint))?;
        verdict.map_err(|_| Exit::failed(anyhow!("the request is not a genuine callback")))
    }

    fn captured(&self) -> anyhow::Result<Captured> {
        if let Some(path) = &self.request {
            return parse(&read(path)?);
        }
        let given = |value: &Option<String>| value.clone().unwrap_or_default();
        let body = self.body.as_ref().map(read).transpose()?.unwrap_or_default();
        let (target, authorization) = (given(&self.target), given(&self.authorization));
        Ok(Captured { target, authorization, pub_key_url: given(&self.pub_key_url), body })
    }

    fn verifier(&self, captured: &Captured) -> anyhow::Result<Verifier> {
        let mut builder = Verifier::builder();
        for prefix in &self.trust {
            builder = builder.trust(prefix)?;
        }
        if let Some(path) = &self.key {
            let pem = String::from_utf8(read(path)?).context("the key is not PEM text")?;
            let key = VerifyingKey::from_pem(&pem)?;
            let url = captured.key_url().context("x-oss-pub-key-url is not base64 of a URL")?;
            // Who brings the key along trusts it, wherever the request says it lies.
            let folder = url.rsplit_once('/').map_or(url.as_str(), |(folder, _)| folder);
            builder = builder.trust(format!("{folder}/"))?.key(url, key);
        }
        Ok(builder.build())
    }

    /// Tries the usual mistakes of capturing, to say which one it was.
    async fn hint(&self, captured: &Captured, verifier: &Verifier, error: &VerifyError) -> Option<String> {
        if matches!(error, VerifyError::KeyUrlUntrusted(_)) {
            return Some(
                "add --trust with the beginning of that URL if the key is your own server's".to_owned(),
            );
        }
        if !matches!(error, VerifyError::Signature(_)) {
            return None;
        }
        for (change, body) in captured.other_bodies() {
            let request = SignedRequest { body: &body, ..captured.as_request() };
            if verifier.verify(&request).await.is_ok() {
                return Some(format!("it verifies {change}: the capture, or a proxy, changed the body"));
            }
        }
        let bare = captured.target.split('?').next().unwrap_or_default();
        let request = SignedRequest { path_and_query: bare, ..captured.as_request() };
        if verifier.verify(&request).await.is_ok() {
            return Some("it verifies without the query: something added one on the way".to_owned());
        }
        Some(
            "path, query and body must be exactly what was sent: look for a proxy that rewrites one of them"
                .to_owned(),
        )
    }

    fn describe(&self, captured: &Captured, error: Option<&VerifyError>, hint: Option<String>) -> String {
        let url = captured.key_url();
        if self.format == Format::Json {
            let reason = error.map(ToString::to_string);
            return format!(
                "{}\n",
                json!({ "valid": error.is_none(), "key_url": url, "reason": reason, "hint": hint })
            );
        }
        let url = url.as_deref().unwrap_or("-");
        match error {
            None => format!("valid: signed with the key at {url}\n"),
            Some(error) => {
                let hint = hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
                format!("not valid: {error}\n{hint}")
            }
        }
    }
}

impl Captured {
    fn as_request(&self) -> SignedRequest<'_> {
        SignedRequest {
            path_and_query: &self.target,
            authorization: &self.authorization,
            pub_key_url: &self.pub_key_url,
            body: &self.body,
        }
    }

    fn key_url(&self) -> Option<String> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(&self.pub_key_url).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Returns what the body may have been before editors and terminals got at it.
    fn other_bodies(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut others = Vec::new();
        if let Some(shorter) = self.body.strip_suffix(b"\r\n").or_else(|| self.body.strip_suffix(b"\n")) {
            others.push(("without the line break at the end", shorter.to_vec()));
        }
        if let Ok(text) = std::str::from_utf8(&self.body) {
            if text.contains("\r\n") {
                others.push(("with bare line feeds", text.replace("\r\n", "\n").into_bytes()));
            }
            if text.contains("%2F") || text.contains("%2f") {
                others.push((
                    "with slashes unescaped",
                    text.replace("%2F", "/").replace("%2f", "/").into_bytes(),
                ));
            }
        }
        others
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut content = Vec::new();
        std::io::stdin().read_to_end(&mut content).context("cannot read standard input")?;
        return Ok(content);
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a request message. Lines may end in LF, as text that was pasted does; `Content-Length` cuts what came after.
fn parse(message: &[u8]) -> anyhow::Result<Captured> {
    let split = |separator: &[u8]| {
        let at = message.windows(separator.len()).position(|window| window == separator)?;
        Some((message.get(..at)?, message.get(at + separator.len()..)?))
    };
    let (head, body) = split(b"\r\n\r\n").or_else(|| split(b"\n\n")).unwrap_or((message, &[]));
    let head = std::str::from_utf8(head).context("the head of the request is not text")?;
    let mut lines = head.lines();
    let request_line = lines.next().unwrap_or_default();
    let target = request_line
        .split(' ')
        .nth(1)
        .context("the first line is not a request line such as POST /path HTTP/1.1")?;
    let header = |wanted: &str| {
        head.lines().skip(1).filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(body.len());
    Ok(Captured {
        target: target.to_owned(),
        authorization: header("authorization").context("the request has no Authorization header")?,
        pub_key_url: header("x-oss-pub-key-url").context("the request has no x-oss-pub-key-url header")?,
        body: body.get(..length).unwrap_or(body).to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_messages_are_read_with_either_line_end() {
        let expected = Captured {
            target: "/cb?id=1".to_owned(),
            authorization: "c2ln".to_owned(),
            pub_key_url: "aHR0cA==".to_owned(),
            body: b"bucket=demo".to_vec(),
        };
        let lines = [
            "POST /cb?id=1 HTTP/1.1",
            "authorization: c2ln",
            "X-OSS-Pub-Key-Url:aHR0cA==",
            "Content-Length: 11",
            "",
        ];
        for end in ["\r\n", "\n"] {
            let message = format!("{}{end}bucket=demo\n", lines.join(end));
            assert_eq!(parse(message.as_bytes()).unwrap(), expected);
        }
        for broken in ["", "POST", "POST / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nAuthorization: x\r\n\r\n"] {
            assert!(parse(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
