//! The diagnostic message of a denied action: which statement denied it, or what is missing. The client gets it sealed, as it is no
//! business of those who may not; who administers opens it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_policy::{Access, Denied};
use serde_json::{Value, json};

use super::master_key::{MasterKey, Purpose};

/// The longest message. What would be longer is not sent, since part of it is of no use.
const MAX_MESSAGE: usize = 1024;

/// Of the resource, so many bytes are told, and so many of the reason.
const MAX_RESOURCE: usize = 128;
const MAX_REASON: usize = 192;

/// Makes the message about an action that was denied. `detail` is what the client is told openly.
pub(super) fn encode(
    master: &MasterKey,
    access: &Access<'_>,
    denied: &Denied<'_>,
    detail: &[(&'static str, String)],
) -> Option<String> {
    let resource = &access.resource;
    let arn = format!("acs:oss:{}:{}:{}", resource.region, resource.account, resource.path);
    let mut message: serde_json::Map<String, Value> =
        detail.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    message.insert("AuthResource".to_owned(), json!(beginning(&arn, MAX_RESOURCE)));
    message.insert("Reason".to_owned(), json!(beginning(&denied.to_string(), MAX_REASON)));
    let sealed =
        master.seal(Purpose::DiagnosticMessage, Value::Object(message).to_string().as_bytes()).ok()?;
    Some(STANDARD.encode(sealed)).filter(|message| message.len() <= MAX_MESSAGE)
}

/// Opens a message; none if it was not made here.
pub(super) fn decode(master: &MasterKey, message: &str) -> Option<Value> {
    let sealed = STANDARD.decode(message.trim()).ok()?;
    serde_json::from_slice(&master.open(Purpose::DiagnosticMessage, &sealed)?).ok()
}

fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}
