//! The media types of a callback.

use serde::{Deserialize, Serialize};

/// Content-Type of the callback, which also decides how variables are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BodyType {
    /// `application/x-www-form-urlencoded`, the default.
    #[default]
    #[serde(rename = "application/x-www-form-urlencoded")]
    Form,
    /// `application/json`.
    #[serde(rename = "application/json")]
    Json,
}

impl BodyType {
    /// Returns the media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}
