//! Access keys. The secret of one is told when it is made, and never again.

use http::{Method, StatusCode};
use ossicle_store::{AccessKey, Error, IdentityKind, RotateAccessKey};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Administration, Refusal, Request, check_comment, new_ids, status_word};
use crate::access::master_key::Purpose;

/// The longest time for which an old key counts beside the one that takes its place.
const LONGEST_GRACE_S: u32 = 90 * 24 * 3600;

/// A key to make.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    #[serde(default)]
    comment: String,
}

/// How a key is rotated.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// For how many seconds the old key counts still.
    #[serde(default)]
    grace_s: u32,
}

impl Administration<'_> {
    pub(super) async fn keys(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        match (&request.method, rest) {
            (&Method::GET, []) => {
                let (account, user) = self.owner_of_keys(request).await?;
                let keys = self.store.access_keys(&account, &user).await?;
                let keys = keys.iter().map(|key| self.describe_key(key));
                Ok(json!({ "keys": keys.collect::<Vec<_>>() }))
            }
            (&Method::POST, []) => self.create_key(request).await,
            (&Method::GET, [id]) => {
                let known = self.store.known_access_key(id).await?;
                Ok(self.describe_key(&known.ok_or(Error::NoSuchIdentity(IdentityKind::AccessKey))?.key))
            }
            (&Method::POST, [id, "rotate"]) => self.rotate_key(request, id).await,
            (&Method::PATCH, [id]) => {
                Ok(self.describe_key(&self.store.change_access_key(id, request.change()?).await?))
            }
            (&Method::DELETE, [id]) => {
                self.store.delete_access_key(id).await?;
                Ok(json!({ "deleted": id }))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }

    /// Returns the account, and the user of it that is named, whose keys a request is about.
    async fn owner_of_keys(&self, request: &Request) -> Result<(String, String), Refusal> {
        let account = self.account_of(request).await?;
        let user = request.parameters.user.clone().unwrap_or_default();
        if !user.is_empty() && self.store.user(&account, &user).await?.is_none() {
            return Err(Error::NoSuchIdentity(IdentityKind::User).into());
        }
        Ok((account, user))
    }

    async fn create_key(&self, request: &Request) -> Result<Value, Refusal> {
        let New { comment } = if request.body.is_null() { New::default() } else { request.body()? };
        check_comment(&comment)?;
        let (account, user) = self.owner_of_keys(request).await?;
        let (id, secret) = new_ids::access_key();
        let sealed_secret = self.seal(&id, &secret)?;
        let created_ms = self.now_ms;
        let key = AccessKey { id, account, user, sealed_secret, created_ms, comment, ..AccessKey::default() };
        self.store.create_access_key(key.clone()).await?;
        Ok(self.with_secret(&key, &secret))
    }

    async fn rotate_key(&self, request: &Request, old: &str) -> Result<Value, Refusal> {
        let rotation: Rotation = if request.body.is_null() { Rotation::default() } else { request.body()? };
        if rotation.grace_s > LONGEST_GRACE_S {
            return Err(Refusal::invalid(format!("grace_s is {LONGEST_GRACE_S} at most.")));
        }
        let (id, secret) = new_ids::access_key();
        let rotate = RotateAccessKey {
            old: old.to_owned(),
            ends_ms: self.now_ms.saturating_add(i64::from(rotation.grace_s) * 1000),
            sealed_secret: self.seal(&id, &secret)?,
            id,
            now_ms: self.now_ms,
        };
        let key = self.store.rotate_access_key(rotate).await?;
        Ok(self.with_secret(&key, &secret))
    }

    fn seal(&self, id: &str, secret: &str) -> Result<Vec<u8>, Refusal> {
        self.master_key.seal(Purpose::AccessKeySecret(id), secret.as_bytes()).map_err(|error| {
            tracing::error!(%error, "an access key cannot be made");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "The secret cannot be sealed.")
        })
    }

    fn with_secret(&self, key: &AccessKey, secret: &Zeroizing<String>) -> Value {
        let mut described = self.describe_key(key);
        if let Some(fields) = described.as_object_mut() {
            fields.insert("secret".to_owned(), secret.as_str().into());
        }
        described
    }

    fn describe_key(&self, key: &AccessKey) -> Value {
        let has_ended = key.ends_ms.is_some_and(|end| end <= self.now_ms);
        json!({
            "id": key.id,
            "account": key.account,
            "user": (!key.user.is_empty()).then_some(&key.user),
            "status": if has_ended { "Disabled" } else { status_word(key.status) },
            "created_ms": key.created_ms,
            "rotated_ms": key.rotated_ms,
            "ends_ms": key.ends_ms,
            "comment": key.comment,
        })
    }
}
