//! What the environment says: `../README.md` lists the variables.

use std::env;
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
            let (callback_url, lifetime) = (variable("CALLBACK_URL"), lifetime()?);
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

fn lifetime() -> anyhow::Result<Duration> {
    let seconds = variable("PERMISSION_SECONDS").map_or(Ok(300), |text| text.parse());
    let seconds = seconds.ok().filter(|seconds| (1..=3600).contains(seconds));
    Ok(Duration::from_secs(seconds.context("PERMISSION_SECONDS must be 1 to 3600")?))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
