//! A callback ready to be sent.

use serde::{Deserialize, Serialize};

use super::record::readable_bytes;
use crate::body_type::BodyType;
use crate::url::CallbackUrl;

/// A callback with its body rendered and signed. Serializable, so that it can be kept and sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The URLs, in the order to try.
    pub urls: Vec<CallbackUrl>,
    /// The value of `Host`, when it is not the URL's authority.
    pub host: Option<String>,
    /// True if TLS tells the server the name.
    pub sni: bool,
    /// The media type of the body.
    pub content_type: BodyType,
    /// Headers that the uploader adds.
    pub additional_headers: Vec<(String, String)>,
    /// The body.
    #[serde(with = "readable_bytes")]
    pub body: Vec<u8>,
    /// The signatures, one for each URL: the request target is part of what is signed.
    pub signatures: Vec<String>,
    /// The URL of the public key; sent in base64.
    pub public_key_url: String,
    /// The bucket.
    pub bucket: String,
    /// The request id of the upload.
    pub request_id: String,
    /// The uploader.
    pub requester: String,
    /// Whose bucket it is.
    pub owner: String,
    /// The value of `Date`.
    pub date: String,
    /// A stable identifier for receivers that want to see repeats as such; sent when set.
    pub delivery_id: Option<String>,
    /// The number of this attempt, from 1; sent together with the delivery id.
    pub attempt: u32,
}
