//! Permission for an app to upload by itself: temporary credentials from STS, good for one user's folder only.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha1::Sha1;

use crate::settings::{Role, UploadTarget};

const TIMEOUT: Duration = Duration::from_secs(4);
const LONGEST_ANSWER: u64 = 64 * 1024;
/// Whole files and parts; no reading, listing or deleting.
const ACTIONS: [&str; 3] = ["oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"];
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StsError {
    /// Such as `NoPermission`: for whoever runs this server, not for its users.
    #[error("STS refused: {0} {1}")]
    Refused(u16, String),
    /// No answer, or one that never ends.
    #[error("STS cannot be reached: {0}")]
    Unreachable(#[from] ureq::Error),
    /// Something else than credentials.
    #[error("STS answered something else than credentials: {0}")]
    Answer(#[from] serde_json::Error),
    /// The thread that was to ask has ended.
    #[error("the asking thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// Temporary credentials, named as the SDKs for apps expect them.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TemporaryCredentials {
    access_key_id: String,
    access_key_secret: String,
    security_token: String,
    expiration: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    credentials: TemporaryCredentials,
}

/// Asks for credentials of which nothing is left but uploads below this folder.
pub(crate) async fn assume_role(
    target: &UploadTarget,
    role: &Role,
    session_name: &str,
    folder: &str,
) -> Result<TemporaryCredentials, StsError> {
    let resource = format!("acs:oss:*:*:{}/{folder}/*", target.bucket);
    let statement = json!({ "Effect": "Allow", "Action": ACTIONS, "Resource": [resource] });
    let policy = json!({ "Version": "1", "Statement": [statement] }).to_string();
    let form = signed_form(target, role, session_name, policy, SystemTime::now());
    let endpoint = role.endpoint.clone();
    let answer = tokio::task::spawn_blocking(move || post(&endpoint, &form)).await??;
    Ok(serde_json::from_str::<Answer>(&answer)?.credentials)
}

/// Returns the form of an AssumeRole request, signed with version 1 of the RPC signature.
fn signed_form(
    target: &UploadTarget,
    role: &Role,
    session_name: &str,
    policy: String,
    now: SystemTime,
) -> String {
    let parameters = BTreeMap::from([
        ("AccessKeyId", target.access_key_id.clone()),
        ("Action", "AssumeRole".to_owned()),
        ("DurationSeconds", role.lifetime.as_secs().to_string()),
        ("Format", "JSON".to_owned()),
        ("Policy", policy),
        ("RoleArn", role.arn.clone()),
        ("RoleSessionName", session_name.to_owned()),
        ("SignatureMethod", "HMAC-SHA1".to_owned()),
        ("SignatureNonce", hex::encode(rand::random::<[u8; 16]>())),
        ("SignatureVersion", "1.0".to_owned()),
        ("Timestamp", humantime::format_rfc3339_seconds(now).to_string()),
        ("Version", "2015-04-01".to_owned()),
    ]);
    // Sorted by name, as the signature wants.
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    let form = pairs.collect::<Vec<_>>().join("&");
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mac = Hmac::<Sha1>::new_from_slice(format!("{}&", target.access_key_secret).as_bytes())
        .expect("a key of any length");
    let mac = mac.chain_update(format!("POST&%2F&{}", encoded(&form)));
    format!("{form}&Signature={}", encoded(&BASE64.encode(mac.finalize().into_bytes())))
}

fn post(endpoint: &str, form: &str) -> Result<String, StsError> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .new_agent();
    let request = agent.post(endpoint).content_type("application/x-www-form-urlencoded");
    let mut response = request.send(form)?;
    let answer = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string()?;
    match response.status().as_u16() {
        200 => Ok(answer),
        status => Err(StsError::Refused(status, answer)),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
