//! What one user may upload: the checks before anything is signed, and the object and the callback that it is signed for.

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use ossicle_callback::BodyType;
use ossicle_callback::builder::Callback;
use serde::Deserialize;
use sha2::Sha256;

use crate::Refused;
use crate::uploads::Fields;

pub(crate) const LARGEST_FILE: u64 = 10 * 1024 * 1024;
/// What a browser would run, such as `text/html`, is not among them.
const CONTENT_TYPES: [&str; 8] = [
    "application/pdf",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/mp4",
    "video/quicktime",
];

// String variables bring their own quotes; numbers have none.
const BODY: &str = concat!(
    r#""bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},"#,
    r#""reqId":${reqId}"#
);

/// The query of a request for a permission.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    user: String,
    name: String,
    #[serde(rename = "type")]
    content_type: String,
    size: String,
    version: Option<String>,
}

/// A version of the signature.
#[derive(Clone, Copy)]
pub(crate) enum Version {
    V1,
    V4,
}

impl Asked {
    /// Stands for your login: take the user from a session that you have verified, and not from the query.
    pub(crate) fn user(&self) -> Result<&str, Refused> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (2..=64).contains(&self.user.len()) && self.user.bytes().all(letter) {
            return Ok(&self.user);
        }
        let reason = "nobody is logged in: user must be 2 to 64 letters, digits, - and _";
        Err(Refused(StatusCode::UNAUTHORIZED, reason.to_owned()))
    }

    /// Returns what the file is called on the user's machine.
    pub(crate) fn name(&self) -> Result<&str, Refused> {
        checked_name(&self.name)
    }

    /// Returns a content type that this application takes.
    pub(crate) fn content_type(&self) -> Result<&str, Refused> {
        if CONTENT_TYPES.contains(&self.content_type.as_str()) {
            return Ok(&self.content_type);
        }
        Err(bad_request(format!("the type must be one of {}", CONTENT_TYPES.join(", "))))
    }

    /// Returns the length of the file in bytes.
    pub(crate) fn size(&self) -> Result<u64, Refused> {
        let size = self.size.parse().ok().filter(|size| (1..=LARGEST_FILE).contains(size));
        size.ok_or_else(|| bad_request(format!("the size must be 1 to {LARGEST_FILE} bytes")))
    }

    pub(crate) fn version(&self) -> Result<Version, Refused> {
        match self.version.as_deref() {
            Some("v1") => Ok(Version::V1),
            Some("v4") | None => Ok(Version::V4),
            Some(_) => Err(bad_request("the version must be v1 or v4".to_owned())),
        }
    }
}

pub(crate) fn checked_name(name: &str) -> Result<&str, Refused> {
    if (1..=255).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(bad_request("the name must be a text of 1 to 255 characters".to_owned()))
}

pub(crate) fn bad_request(reason: String) -> Refused {
    Refused(StatusCode::BAD_REQUEST, reason)
}

/// One upload that the application permits. Whatever is signed pins all of it.
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) callback: Callback,
    /// `None` leaves it to the uploader.
    pub(crate) content_type: Option<String>,
}

impl Upload {
    /// Names the object, and asks for a callback that brings the variables.
    ///
    /// What the file was called travels as a custom variable; so does the user, whom nobody can tell from the object's
    /// name.
    pub(crate) fn new(
        (bucket, folder): (&str, &str),
        (callback_url, callback_secret): (&str, Option<&str>),
        file_name: &str,
        further: &[(&str, &str)],
    ) -> Self {
        let key = format!("{folder}/{}{}", hex::encode(rand::random::<[u8; 16]>()), extension(file_name));
        let proof = callback_secret.map(|secret| proof(secret, bucket, &key));
        let query = proof.map(|mac| format!("?proof={}", hex::encode(mac.finalize().into_bytes())));
        let mut callback = Callback::new(format!("{callback_url}{}", query.unwrap_or_default()));
        let mut names = vec!["name"];
        for (name, value) in further {
            names.push(name);
            callback = callback.var(*name, *value);
        }
        let callback = callback.var("name", file_name).body(callback_body(&names), BodyType::Json);
        Self { key, callback, content_type: None }
    }

    pub(crate) fn of_type(self, content_type: &str) -> Self {
        Self { content_type: Some(content_type.to_owned()), ..self }
    }
}

/// Returns what a callback is to say: all about the object, and these custom variables.
pub(crate) fn callback_body(names: &[&str]) -> String {
    let custom: String = names.iter().map(|name| format!(r#","{name}":${{x:{name}}}"#)).collect();
    format!("{{{BODY}{custom}}}")
}

/// Returns where a user's uploads are; who has temporary credentials can upload nowhere else.
pub(crate) fn folder_of(user: &str) -> String {
    format!("users/{user}")
}

/// Returns whether the proof that came with a callback is that of the object that the callback names, or of its user's
/// folder.
pub(crate) fn is_proved(secret: &str, given: &[u8], fields: &Fields) -> bool {
    let field = |name| fields.get(name).filter(|text| !text.is_empty());
    let Some((bucket, name)) = field("bucket").zip(field("object")) else { return false };
    let is = |of: &str| proof(secret, bucket, of).verify_slice(given).is_ok();
    let Some(user) = name.strip_prefix("users/").and_then(|rest| rest.split_once('/')).map(|(user, _)| user)
    else {
        return is(name);
    };
    // Who has temporary credentials words his callbacks himself.
    let says_another = fields.get("user").is_some_and(|said| said != user);
    !says_another && (is(name) || is(&format!("{}/", folder_of(user))))
}

/// Shows that this application asked for the callback of this object, or of all objects of a folder `users/.../`.
pub(crate) fn proof(secret: &str, bucket: &str, name: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.chain_update(format!("{bucket}/{name}"))
}

fn extension(file_name: &str) -> String {
    match file_name.rsplit_once('.') {
        Some((_, letters))
            if (1..=8).contains(&letters.len())
                && letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            format!(".{}", letters.to_ascii_lowercase())
        }
        _ => String::new(),
    }
}
