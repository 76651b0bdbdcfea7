//! The content of a verified callback.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::body_type::BodyType;

/// A body that is not what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The body is not JSON, although its type says so, or does not fit.
    #[error("the body is not the expected JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The body is not a form, or does not fit.
    #[error("the body is not the expected form: {0}")]
    Form(#[from] serde_urlencoded::de::Error),
    /// The type is neither JSON nor a form.
    #[error("the body is neither JSON nor a form")]
    Type,
    /// A field is missing or is no number.
    #[error("the field {0} is missing or malformed")]
    Field(&'static str),
}

/// A callback whose signature has been verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallbackEvent {
    /// The bucket, as the header says; the headers are not covered by the signature, the body is.
    pub bucket: Option<String>,
    /// The request id of the upload, as the header says.
    pub request_id: Option<String>,
    /// `x-ossicle-delivery-id`: equal for every try of one callback, when the store may send it again.
    pub delivery_id: Option<String>,
    /// The type of the body, `None` when it is neither a form nor JSON.
    pub body_type: Option<BodyType>,
    /// The body.
    pub body: Bytes,
}

impl CallbackEvent {
    /// Makes an event from the parts of a request that was verified; header names in lower case.
    pub fn new<'a>(body: Bytes, header: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        let owned = |name| header(name).map(str::to_owned);
        let media_type = header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let body_type = [BodyType::Form, BodyType::Json]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(media_type));
        Self {
            bucket: owned("x-oss-bucket"),
            request_id: owned("x-oss-request-id"),
            delivery_id: owned("x-ossicle-delivery-id"),
            body_type,
            body,
        }
    }

    /// Reads the body as a type of your own, from a form or from JSON.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, EventError> {
        match self.body_type {
            Some(BodyType::Json) => Ok(serde_json::from_slice(&self.body)?),
            Some(BodyType::Form) => Ok(serde_urlencoded::from_bytes(&self.body)?),
            None => Err(EventError::Type),
        }
    }

    /// Reads the members of the form or of the JSON object as text; numbers and booleans are written out, `null` is
    /// left out, nested values stay JSON.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn fields(&self) -> Result<BTreeMap<String, String>, EventError> {
        if self.body_type == Some(BodyType::Json) {
            let members: BTreeMap<String, Json> = self.deserialize()?;
            let text = |value: Json| match value {
                Json::Null => None,
                Json::String(text) => Some(text),
                other => Some(other.to_string()),
            };
            return Ok(members.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect());
        }
        self.deserialize()
    }

    /// Reads the body that `builder::Callback::standard` asks for.
    ///
    /// # Errors
    /// [`EventError`] when bucket, object, ETag or size are missing.
    pub fn upload(&self) -> Result<Upload, EventError> {
        Upload::from_fields(self.fields()?)
    }
}

/// An upload, as a callback with the standard body describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The object's name.
    pub object: String,
    /// The ETag, without quotes.
    pub etag: String,
    /// The size in bytes.
    pub size: u64,
    /// The Content-Type.
    pub mime_type: Option<String>,
    /// Width of an image.
    pub image_width: Option<u64>,
    /// Height of an image.
    pub image_height: Option<u64>,
    /// Format of an image.
    pub image_format: Option<String>,
    /// CRC-64 of the object.
    pub crc64: Option<u64>,
    /// MD5 of the object in base64, where the operation has one.
    pub content_md5: Option<String>,
    /// The uploader's address.
    pub client_ip: Option<String>,
    /// The request id of the upload.
    pub request_id: Option<String>,
    /// The operation, such as `PutObject`.
    pub operation: Option<String>,
    /// Everything else, custom variables among it, by name.
    pub others: BTreeMap<String, String>,
}

impl Upload {
    fn from_fields(mut fields: BTreeMap<String, String>) -> Result<Self, EventError> {
        let mut take = |name: &'static str| fields.remove(name).filter(|text| !text.is_empty());
        let required = |text: Option<String>, name| text.ok_or(EventError::Field(name));
        let number = |text: Option<String>, name| {
            text.map(|text| text.parse::<u64>().map_err(|_| EventError::Field(name))).transpose()
        };
        Ok(Self {
            bucket: required(take("bucket"), "bucket")?,
            object: required(take("object"), "object")?,
            etag: required(take("etag"), "etag")?,
            size: number(take("size"), "size")?.ok_or(EventError::Field("size"))?,
            mime_type: take("mimeType"),
            image_width: number(take("imageInfo.width"), "imageInfo.width")?,
            image_height: number(take("imageInfo.height"), "imageInfo.height")?,
            image_format: take("imageInfo.format"),
            crc64: number(take("crc64"), "crc64")?,
            content_md5: take("contentMd5"),
            client_ip: take("clientIp"),
            request_id: take("reqId"),
            operation: take("operation"),
            others: fields,
        })
    }
}
