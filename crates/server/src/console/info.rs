//! The server's information for the console: addresses, keys to read, settings. Never a secret.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::HeaderMap;
use ossicle_store::Health;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Console;
use crate::app;
use crate::config::Durability;

/// Handles `GET /api/info`.
pub(super) async fn info(State(console): State<Console>, headers: HeaderMap) -> Json<Value> {
    let config = &console.app.config;
    let server = &config.server;
    let (access_key_id, _) = console.app.credentials.root();
    let figures = console.app.store.figures();
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "dev": console.dev,
        "uptime_s": (app::now().unix_millis() - console.started_ms) / 1000,
        "endpoint": console.endpoint_for(&headers),
        "listen": &*console.endpoint,
        "console": format!("http://{}", console.address),
        "application_url": console.application_url(),
        "access_key_id": access_key_id,
        "owner_id": config.account.owner_id,
        "region": server.region,
        "any_region": server.any_region,
        "domains": server.domains,
        "custom_domains": server.custom_domains,
        "tls": server.tls_cert.is_some(),
        "health": health(&console.app.store.health()),
        "storage": {
            "is_shared": console.app.store.is_shared(),
            "data_dir": config.storage.data_dir.as_ref().map(|dir| dir.display().to_string()),
            "durability": match config.storage.durability {
                Durability::Durable => "durable",
                Durability::Relaxed => "relaxed",
            },
            "commits": figures.commits,
            "commands": figures.commands,
        },
        "callback": callback(&console),
        "redelivery": redelivery(&console),
    }))
}

fn callback(console: &Console) -> Value {
    let settings = &console.app.config.callback;
    let allow_cidrs: Vec<String> = settings.allow_cidrs.iter().map(ToString::to_string).collect();
    json!({
        "public_key_url": console.app.callbacks.public_key_url(),
        "key_file": key_file(console),
        "key_fingerprint": console.app.callbacks.public_pem(&key_file(console)).and_then(|pem| fingerprint(&pem)),
        "allow_private": settings.allow_private,
        "allow_cidrs": allow_cidrs,
        "timeout_ms": settings.timeout_ms,
        "max_response_bytes": settings.max_response_bytes,
        "max_in_flight": settings.max_in_flight,
        "journal_days": settings.journal_days,
        "journal_max_records": settings.journal_max_records,
        "masks": settings.mask.len(),
    })
}

fn redelivery(console: &Console) -> Value {
    let settings = &console.app.callbacks.redelivery;
    json!({
        "enabled": settings.enabled,
        "buckets": settings.buckets,
        "first_delay_ms": settings.first_delay_ms,
        "max_delay_ms": settings.max_delay_ms,
        "max_attempts": settings.max_attempts,
        "max_age_hours": settings.max_age_hours,
        "per_destination": settings.per_destination,
        "breaker_failures": settings.breaker_failures,
    })
}

fn health(health: &Health) -> Value {
    match health {
        Health::Good => json!({ "state": "good" }),
        Health::Impaired { reason } => json!({ "state": "impaired", "reason": reason }),
        Health::Poisoned { reason } => json!({ "state": "poisoned", "reason": reason }),
        _ => json!({ "state": "unknown" }),
    }
}

/// Returns the file of the key that signs now.
fn key_file(console: &Console) -> String {
    format!("callback_pub_key_v{}.pem", console.app.callbacks.keys.now().newest())
}

/// Returns the SHA-256 of the key's DER, as SSH writes fingerprints: short enough to compare by eye.
fn fingerprint(pem: &str) -> Option<String> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(base64).ok()?;
    Some(format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(der))))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    /// Compares with `openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` on the key of OSS's
    /// manual.
    #[test]
    fn fingerprints_hash_the_der() {
        let pem = "-----BEGIN PUBLIC KEY-----\n\
                   MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs\n\
                   C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==\n\
                   -----END PUBLIC KEY-----\n";
        assert_eq!(fingerprint(pem).as_deref(), Some("SHA256:ofVND7kmOhQnbJ6JD5nN6umGJls5heaxqkYDYxxbyc8"));
        assert_eq!(fingerprint("-----BEGIN\n!\n"), None);
    }
}
