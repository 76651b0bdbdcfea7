//! The outer form of both parameters: base64 of UTF-8 JSON, at most 5 KiB.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// How long a base64 value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// Headers and query parameters.
    FiveKiB,
    /// Form fields, whose own limit is the form's, and stored policies.
    Unlimited,
}

impl SizeLimit {
    pub(crate) fn is_exceeded_by(self, base64: &str) -> bool {
        self == Self::FiveKiB && base64.len() > 5 * 1024
    }
}

/// Decodes either alphabet, padded or not; `None` when any other character stands inside, a blank included.
pub(crate) fn decode(base64: &str) -> Option<Vec<u8>> {
    let engine = if base64.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    engine.decode(base64).ok()
}

/// Parses text that must be a JSON object in UTF-8.
pub(crate) fn parse_object(json: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
}
