//! A key of the key ring as a setting has it: `id=key`, the key being 32 bytes in hexadecimal or base64.

use std::fmt;

use serde::Deserialize;

use crate::access::master_key::MasterKey;

/// A key with its id. It is never printed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct KmsKey {
    pub(crate) id: String,
    pub(crate) key: MasterKey,
}

impl TryFrom<String> for KmsKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (id, key) = text.split_once('=').unwrap_or((&text, ""));
        let id = id.trim();
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/.:".contains(&b));
        if id.is_empty() || id.len() > ossicle_protocol::Sse::MAX_KEY_ID || !is_plain {
            let most = ossicle_protocol::Sse::MAX_KEY_ID;
            return Err(format!(
                "kms.keys: an entry is \"id=key\", and the id has 1 to {most} letters, digits and -_/.:"
            ));
        }
        let key = MasterKey::parse(key).ok_or_else(|| {
            format!(
                "kms.keys: the key of {id} is no 32 bytes in hexadecimal or base64: take what `openssl rand -hex 32` writes"
            )
        })?;
        Ok(Self { id: id.to_owned(), key })
    }
}

impl fmt::Debug for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKey").field("id", &self.id).finish_non_exhaustive()
    }
}
