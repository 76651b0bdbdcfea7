//! The configuration: one commented default file, a file of the operator's, the environment and flags on top,
//! and the whole validated before anything starts. Each setting is documented where its default stands, in `default.toml`. It knows nothing of how a setting is used.

mod kms_key;
mod storage_place;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use toml::{Table, Value};

pub(crate) use self::kms_key::KmsKey;
pub(crate) use self::storage_place::{SecretUrl, StoragePlace};

/// The commented default configuration, as `ossicle config print` shows it.
pub(crate) const DEFAULT_CONFIG: &str = include_str!("config/default.toml");

/// The largest floor of a client's speed: half of the slowest that a client may ask to be throttled to.
const MOST_BYTES_PER_SECOND: u64 = 51_200;

const DAY_S: u32 = 24 * 3600;
const YEAR_S: u64 = 366 * 24 * 3600;

/// Every setting of the server, validated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) account: Account,
    pub(crate) access: Access,
    pub(crate) kms: Kms,
    pub(crate) sts: StsSettings,
    pub(crate) storage: Storage,
    pub(crate) callback: Callback,
    pub(crate) redelivery: Redelivery,
    pub(crate) lifecycle: LifecycleSettings,
    pub(crate) restore: RestoreSettings,
    pub(crate) metrics: MetricsSettings,
    pub(crate) log: Log,
    pub(crate) testing: Testing,
}

/// `[server]`: addresses, names and limits of the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    #[serde(deserialize_with = "optional")]
    pub(crate) console: Option<SocketAddr>,
    pub(crate) console_hosts: Vec<String>,
    #[serde(deserialize_with = "optional")]
    pub(crate) public_url: Option<String>,
    pub(crate) region: String,
    pub(crate) any_region: bool,
    pub(crate) domains: Vec<String>,
    pub(crate) custom_domains: Vec<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    #[serde(deserialize_with = "optional")]
    pub(crate) tls_cert: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) threads: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_console_connections: usize,
    pub(crate) handshake_timeout_s: u64,
    pub(crate) head_timeout_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) stall_timeout_s: u64,
    pub(crate) min_bytes_per_second: u64,
    pub(crate) answer_memory_mib: u64,
    pub(crate) drain_timeout_s: u64,
}

/// `[account]`: who owns the buckets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) owner_id: String,
}

/// `[access]`: what everybody may be allowed, and the key that keeps secrets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(crate) block_public_access: bool,
    #[serde(deserialize_with = "optional")]
    pub(crate) master_key_file: Option<PathBuf>,
    pub(crate) former_master_key_files: Vec<PathBuf>,
}

/// `[kms]`: keys that objects are encrypted under by their ids.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kms {
    pub(crate) keys: Vec<KmsKey>,
}

/// `[sts]`: temporary credentials.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StsSettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `[storage]`: where data lies and how it is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    #[serde(deserialize_with = "optional")]
    pub(crate) data_dir: Option<PathBuf>,
    #[serde(deserialize_with = "optional")]
    pub(crate) metadata: Option<SecretUrl>,
    #[serde(deserialize_with = "optional")]
    pub(crate) data: Option<SecretUrl>,
    pub(crate) content_grace_s: u64,
    pub(crate) durability: Durability,
    pub(crate) cache_mib: u64,
    pub(crate) abort_multipart_days: u32,
}

/// What a 200 promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// The object survives a power loss.
    Durable,
    /// The last moments before a power loss may be gone.
    Relaxed,
}

/// `[callback]`: what callbacks may reach and how long they may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callback {
    pub(crate) allow_private: bool,
    pub(crate) allow_cidrs: Vec<IpNet>,
    pub(crate) timeout_ms: u64,
    pub(crate) max_response_bytes: u64,
    pub(crate) max_in_flight: usize,
    pub(crate) max_in_flight_per_destination: usize,
    #[serde(deserialize_with = "optional")]
    pub(crate) public_key_url: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) vpc_id: String,
    pub(crate) journal_days: u64,
    pub(crate) journal_max_records: u64,
    pub(crate) mask: Vec<String>,
}

/// `[redelivery]`: trying failed callbacks again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redelivery {
    pub(crate) enabled: bool,
    pub(crate) buckets: Vec<String>,
    pub(crate) first_delay_ms: u64,
    pub(crate) max_delay_ms: u64,
    pub(crate) max_attempts: u32,
    pub(crate) max_age_hours: u64,
    pub(crate) per_destination: usize,
    pub(crate) breaker_failures: u32,
}

/// `[lifecycle]`: carrying out the rules of buckets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifecycleSettings {
    pub(crate) every_s: u64,
}

/// `[restore]`: reading archived objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreSettings {
    pub(crate) required: bool,
    pub(crate) archive_s: u64,
    pub(crate) cold_archive_expedited_s: u64,
    pub(crate) cold_archive_standard_s: u64,
    pub(crate) cold_archive_bulk_s: u64,
    pub(crate) deep_cold_archive_expedited_s: u64,
    pub(crate) deep_cold_archive_standard_s: u64,
}

/// `[testing]`: what tests of applications may want to be quicker than it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Testing {
    pub(crate) lifecycle_day_s: u32,
    pub(crate) restore_day_s: u32,
}

/// `[metrics]`: where figures are told besides the console's address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsSettings {
    #[serde(deserialize_with = "optional")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `[log]`: what is written where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
    #[serde(deserialize_with = "optional")]
    pub(crate) access_log: Option<PathBuf>,
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why a configuration cannot be used; the text names the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not TOML, a key is unknown or a value has the wrong type.
    #[error("configuration {origin}: {message}")]
    Invalid {
        /// The file, or the environment variable.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// A value is of the right type but makes no sense.
    #[error("configuration: {0}")]
    Senseless(String),
}

impl Server {
    /// Returns the memory for downloads that clients are slow to take, in bytes.
    pub(crate) fn answer_memory(&self) -> u64 {
        self.answer_memory_mib.saturating_mul(1024 * 1024)
    }

    /// Checks what bounds connections. Times are a year at the most, so that none overflows.
    fn validate_bounds(&self) -> Result<(), ConfigError> {
        for (name, seconds) in [
            ("handshake_timeout_s", self.handshake_timeout_s),
            ("head_timeout_s", self.head_timeout_s),
            ("idle_timeout_s", self.idle_timeout_s),
            ("stall_timeout_s", self.stall_timeout_s),
        ] {
            if !(1..=YEAR_S).contains(&seconds) {
                return Err(ConfigError::Senseless(format!("server.{name} must be 1 to {YEAR_S}")));
            }
        }
        if !(1..=MOST_BYTES_PER_SECOND).contains(&self.min_bytes_per_second) {
            return Err(ConfigError::Senseless(format!(
                "server.min_bytes_per_second must be 1 to {MOST_BYTES_PER_SECOND}: clients may ask for a speed of \
                 102400 bytes a second, and a network is not always as fast as one thinks"
            )));
        }
        if !(1..=1 << 20).contains(&self.answer_memory_mib) {
            return Err(ConfigError::Senseless("server.answer_memory_mib must be 1 to 1048576".to_owned()));
        }
        Ok(())
    }
}

impl RestoreSettings {
    fn validate(&self) -> Result<(), ConfigError> {
        for (name, seconds) in [
            ("archive_s", self.archive_s),
            ("cold_archive_expedited_s", self.cold_archive_expedited_s),
            ("cold_archive_standard_s", self.cold_archive_standard_s),
            ("cold_archive_bulk_s", self.cold_archive_bulk_s),
            ("deep_cold_archive_expedited_s", self.deep_cold_archive_expedited_s),
            ("deep_cold_archive_standard_s", self.deep_cold_archive_standard_s),
        ] {
            if seconds > YEAR_S {
                return Err(ConfigError::Senseless(format!("restore.{name} must be 0 to {YEAR_S}")));
            }
        }
        Ok(())
    }
}

impl Testing {
    /// Returns the length of a day for which an object can be restored, in milliseconds.
    pub(crate) fn restore_day_ms(&self) -> i64 {
        i64::from(self.restore_day_s) * 1000
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let days = [("lifecycle_day_s", self.lifecycle_day_s), ("restore_day_s", self.restore_day_s)];
        match days.into_iter().find(|(_, seconds)| !(1..=DAY_S).contains(seconds)) {
            Some((name, _)) => Err(ConfigError::Senseless(format!("testing.{name} must be 1 to {DAY_S}"))),
            None => Ok(()),
        }
    }

    /// Returns the length of a day of lifecycle rules, in milliseconds.
    pub(crate) fn lifecycle_day_ms(&self) -> i64 {
        i64::from(self.lifecycle_day_s) * 1000
    }
}

impl Config {
    /// Merges the defaults, the file and the environment, and validates the result.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table: Table = parse("default.toml", DEFAULT_CONFIG)?;
        let mut origin = "default.toml".to_owned();
        if let Some(path) = file {
            origin = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            merge(&mut table, parse(&origin, &text)?, &origin)?;
        }
        merge_environment(&mut table, environment)?;
        let config: Self = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
            ConfigError::Invalid { origin, message: error.message().to_owned() }
        })?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let senseless = |text: &str| Err(ConfigError::Senseless(text.to_owned()));
        self.server.validate_bounds()?;
        if self.server.tls_cert.is_some() != self.server.tls_key.is_some() {
            return senseless("server.tls_cert and server.tls_key go together: set both or neither");
        }
        if self.server.region.is_empty() || self.server.region.starts_with("oss-") {
            return senseless("server.region is the bare region, such as \"cn-hangzhou\", without \"oss-\"");
        }
        if let Some(url) = &self.server.public_url
            && !is_origin(url)
        {
            return senseless(
                "server.public_url is scheme, host and port alone, such as \"https://oss.example.com\"",
            );
        }
        if self.callback.timeout_ms == 0 {
            return senseless("callback.timeout_ms must be at least 1");
        }
        if self.callback.max_in_flight == 0 || self.callback.max_in_flight_per_destination == 0 {
            return senseless(
                "callback.max_in_flight and callback.max_in_flight_per_destination must be at least 1",
            );
        }
        if let Some(url) = &self.callback.public_key_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return senseless("callback.public_key_url must start with http:// or https://");
        }
        for pattern in &self.callback.mask {
            if let Err(error) = regex::Regex::new(pattern) {
                return Err(ConfigError::Senseless(format!("callback.mask: {error}")));
            }
        }
        if self.redelivery.per_destination == 0 || self.redelivery.max_attempts == 0 {
            return senseless("redelivery.per_destination and redelivery.max_attempts must be at least 1");
        }
        if !(1..=YEAR_S).contains(&self.storage.content_grace_s) {
            return Err(ConfigError::Senseless(format!("storage.content_grace_s must be 1 to {YEAR_S}")));
        }
        if self.lifecycle.every_s > YEAR_S {
            return Err(ConfigError::Senseless(format!("lifecycle.every_s must be 0 to {YEAR_S}")));
        }
        self.restore.validate()?;
        self.testing.validate()?;
        let ids = &self.kms.keys;
        if let Some(twice) =
            ids.iter().enumerate().find(|(at, key)| ids.iter().take(*at).any(|other| other.id == key.id))
        {
            return Err(ConfigError::Senseless(format!("kms.keys: {} is there twice", twice.1.id)));
        }
        self.custom_domains().map(drop)
    }

    /// Returns the custom domains as (host, bucket).
    pub(crate) fn custom_domains(&self) -> Result<Vec<(String, String)>, ConfigError> {
        let pairs = self.server.custom_domains.iter().map(|entry| match entry.split_once('=') {
            Some((host, bucket)) if !host.is_empty() && !bucket.is_empty() => {
                Ok((host.to_ascii_lowercase(), bucket.to_owned()))
            }
            _ => Err(ConfigError::Senseless(format!(
                "server.custom_domains: \"{entry}\" is not of the form \"host=bucket\""
            ))),
        });
        pairs.collect()
    }

    /// Returns the time for one callback URL.
    pub(crate) fn callback_timeout(&self) -> Duration {
        Duration::from_millis(self.callback.timeout_ms)
    }
}

/// Returns whether a URL is scheme and authority, with nothing that could break out of a header.
fn is_origin(url: &str) -> bool {
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    authority.is_some_and(|authority| {
        !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b))
    })
}

/// Reads TOML. What is wrong is told by its line alone, which may hold a password.
fn parse(origin: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::Invalid {
            origin: origin.to_owned(),
            message: format!("line {line}: {}", error.message().trim_end()),
        }
    })
}

/// Puts `over` on top of `base`, one section at a time. The defaults name every key, so a key that they lack is unknown.
fn merge(base: &mut Table, over: Table, origin: &str) -> Result<(), ConfigError> {
    let unknown = |name: String| ConfigError::Invalid {
        origin: origin.to_owned(),
        message: format!("unknown key {name}; `ossicle config print` lists them all"),
    };
    for (section, value) in over {
        let Some(Value::Table(known)) = base.get_mut(&section) else {
            return Err(unknown(format!("\"{section}\"")));
        };
        let Value::Table(settings) = value else { return Err(unknown(format!("\"{section}\""))) };
        for (key, value) in settings {
            let Some(slot) = known.get_mut(&key) else { return Err(unknown(format!("\"{section}.{key}\""))) };
            *slot = value;
        }
    }
    Ok(())
}

/// Applies `OSSICLE_<SECTION>_<KEY>`; the type of the default decides how the text is read.
fn merge_environment(
    table: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let environment: Vec<(String, String)> =
        environment.into_iter().filter(|(name, _)| name.starts_with("OSSICLE_")).collect();
    for (section, settings) in table.iter_mut() {
        let Value::Table(settings) = settings else { continue };
        for (key, slot) in settings.iter_mut() {
            let name = format!("OSSICLE_{section}_{key}").to_ascii_uppercase();
            if let Some((_, text)) = environment.iter().find(|(candidate, _)| *candidate == name) {
                *slot = from_text(slot, text).ok_or_else(|| ConfigError::Invalid {
                    origin: name.clone(),
                    message: format!("\"{text}\" is not a {}", slot.type_str()),
                })?;
            }
        }
    }
    Ok(())
}

fn from_text(like: &Value, text: &str) -> Option<Value> {
    Some(match like {
        Value::Integer(_) => Value::Integer(text.trim().parse().ok()?),
        Value::Boolean(_) => Value::Boolean(text.trim().parse().ok()?),
        Value::Array(_) => Value::Array(
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.into()).collect(),
        ),
        _ => Value::String(text.to_owned()),
    })
}

/// Reads a value that may be absent. An empty text stands for "not set".
fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ossicle.toml");
        std::fs::write(&path, text).unwrap();
        let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Config::load(Some(&path), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_valid_and_complete() {
        let config = Config::load(None, []).unwrap();
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.callback_timeout(), Duration::from_secs(5));
        assert_eq!(config.storage.data_dir, None);
    }

    #[test]
    fn file_and_environment_override_in_that_order() {
        let config = load(
            "[callback]\ntimeout_ms = 100\nvpc_id = \"vpc-1\"\n",
            &[
                ("OSSICLE_CALLBACK_TIMEOUT_MS", "200"),
                ("OSSICLE_CALLBACK_ALLOW_CIDRS", "10.0.0.0/8, 192.168.0.0/16"),
            ],
        )
        .unwrap();
        assert_eq!(config.callback.timeout_ms, 200);
        assert_eq!(config.callback.vpc_id, "vpc-1");
        assert_eq!(config.callback.allow_cidrs.len(), 2);
    }

    #[test]
    fn mistakes_name_their_place() {
        let cases = [
            ("[server]\nlisten_on = 1\n", "unknown key \"server.listen_on\""),
            ("[sevrer]\n", "unknown key \"sevrer\""),
            ("[server]\nlisten = \"nowhere\"\n", "invalid socket address"),
            ("[server]\ntls_cert = \"a.pem\"\n", "go together"),
            ("[server]\nregion = \"oss-cn-hangzhou\"\n", "without \"oss-\""),
            ("[server]\ncustom_domains = [\"a.example\"]\n", "host=bucket"),
            ("[server]\npublic_url = \"https://oss.example.com/\"\n", "host and port alone"),
            ("[callback]\nmask = [\"(\"]\n", "callback.mask"),
            ("[callback]\npublic_key_url = \"ftp://x\"\n", "must start with http"),
            ("[server]\nidle_timeout_s = 0\n", "server.idle_timeout_s must be"),
            ("[server]\nhead_timeout_s = 99999999999\n", "server.head_timeout_s must be"),
            ("[server]\nmin_bytes_per_second = 102400\n", "server.min_bytes_per_second must be"),
            ("[server]\nanswer_memory_mib = 0\n", "server.answer_memory_mib must be"),
            ("[server]\nmax_connections = -1\n", "expected usize"),
            ("[storage]\ncontent_grace_s = 0\n", "storage.content_grace_s must be"),
            ("[lifecycle]\nevery_s = 99999999999\n", "lifecycle.every_s must be"),
            ("[testing]\nlifecycle_day_s = 0\n", "testing.lifecycle_day_s must be"),
            ("[testing]\nrestore_day_s = 86401\n", "testing.restore_day_s must be"),
            ("[restore]\narchive_s = 99999999\n", "restore.archive_s must be"),
            ("not toml", "ossicle.toml"),
        ];
        for (text, expected) in cases {
            let error = load(text, &[]).unwrap_err();
            assert!(error.contains(expected), "{text:?} gave {error:?}");
        }
        let error = load("", &[("OSSICLE_SERVER_THREADS", "many")]).unwrap_err();
        assert!(error.contains("OSSICLE_SERVER_THREADS"), "{error}");
    }
}
