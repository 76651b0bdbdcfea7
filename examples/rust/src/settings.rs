//! What the environment says: `../README.md` lists the variables.

use std::env;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, bail};
use ossicle_callback::VerifyingKey;
use ossicle_callback::receiver::VerifierBuilder;

/// Everything that can be set but the verifier's part.
pub(crate) struct Settings {
    pub(crate) listen: String,
    pub(crate) database: String,
    pub(crate) callback_path: String,
    pub(crate) callback_secret: Option<String>,
    pub(crate) upload: Option<UploadTarget>,
    pub(crate) role: Option<Role>,
}

/// Where browsers and apps upload to, and the access key that signs their permissions.
pub(crate) struct UploadTarget {
    pub(crate) url: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: String,
    pub(crate) callback_url: Option<String>,
    /// Of a permission.
    pub(crate) lifetime: Duration,
}

/// The role whose temporary credentials apps get, where STS gives them, and for how long.
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) endpoint: String,
    pub(crate) lifetime: Duration,
}

impl UploadTarget {
    /// Returns what SDKs are told: the URL without the bucket, be that in its path or in its host name.
    pub(crate) fn endpoint(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        let authority = authority.strip_prefix(&format!("{}.", self.bucket)).unwrap_or(authority);
        format!("{scheme}://{authority}")
    }
}

impl Settings {
    /// Reads and checks every variable, so that a mistake shows at the start and not at the first upload.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let callback_path = variable("CALLBACK_PATH").unwrap_or_else(|| "/callback".to_owned());
        Ok(Self {
            listen: variable("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            database: variable("DATABASE").unwrap_or_else(|| "uploads.db".to_owned()),
            callback_path: callback_path.trim_end_matches('/').to_owned(),
            callback_secret: variable("CALLBACK_SECRET"),
            upload: upload_target()?,
            role: role()?,
        })
    }
}

/// Adds the keys that the environment names to those of OSS.
pub(crate) fn trust(mut verifier: VerifierBuilder) -> anyhow::Result<VerifierBuilder> {
    for prefix in variable("TRUSTED_KEY_URLS").unwrap_or_default().split_whitespace() {
        verifier = verifier.trust(prefix).context("TRUSTED_KEY_URLS")?;
    }
    for pinned in variable("PINNED_KEYS").unwrap_or_default().split_whitespace() {
        let (url, file) = pinned.split_once('=').context("PINNED_KEYS must be URL=FILE")?;
        let pem = std::fs::read_to_string(file).with_context(|| format!("PINNED_KEYS: reading {file}"))?;
        verifier = verifier.key(url, VerifyingKey::from_pem(&pem).context("PINNED_KEYS")?);
    }
    Ok(verifier)
}

fn upload_target() -> anyhow::Result<Option<UploadTarget>> {
    let names = ["OSS_UPLOAD_URL", "OSS_BUCKET", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"];
    match names.map(variable) {
        [Some(url), Some(bucket), Some(region), Some(access_key_id), Some(access_key_secret)] => {
            if !is_http(&url) {
                bail!("OSS_UPLOAD_URL: {url} must start with http:// or https://");
            }
            let (callback_url, lifetime) =
                (variable("CALLBACK_URL"), seconds("PERMISSION_SECONDS", 300, 1..=3600)?);
            let target = UploadTarget {
                url,
                bucket,
                region,
                access_key_id,
                access_key_secret,
                callback_url,
                lifetime,
            };
            Ok(Some(target))
        }
        values if values.iter().all(Option::is_none) => Ok(None),
        _ => bail!("upload forms need all of {}", names.join(", ")),
    }
}

fn role() -> anyhow::Result<Option<Role>> {
    let Some(arn) = variable("STS_ROLE_ARN") else { return Ok(None) };
    // Who has temporary credentials words his callbacks himself; only the proof ties them to his own folder.
    if variable("CALLBACK_SECRET").is_none() || variable("OSS_UPLOAD_URL").is_none() {
        bail!("STS_ROLE_ARN needs CALLBACK_SECRET, OSS_UPLOAD_URL and the rest");
    }
    let endpoint = variable("STS_ENDPOINT").unwrap_or_else(|| "http://127.0.0.1:9003".to_owned());
    if !is_http(&endpoint) || endpoint.trim_end_matches('/').matches('/').count() > 2 {
        bail!("STS_ENDPOINT: {endpoint} must start with http:// or https:// and have no path");
    }
    Ok(Some(Role { arn, endpoint, lifetime: seconds("STS_SECONDS", 3600, 900..=43_200)? }))
}

fn is_http(url: &str) -> bool {
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = authority.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    !authority.is_empty() && !authority.contains(['?', '#', '@', ' '])
}

fn seconds(name: &str, otherwise: u64, range: RangeInclusive<u64>) -> anyhow::Result<Duration> {
    let seconds = variable(name).map_or(Ok(otherwise), |text| text.parse()).ok();
    let seconds = seconds.filter(|seconds| range.contains(seconds));
    let bounds = || format!("{name} must be {} to {}", range.start(), range.end());
    Ok(Duration::from_secs(seconds.with_context(bounds)?))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
