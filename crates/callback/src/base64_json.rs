//! The outer form of both parameters: base64 of UTF-8 JSON, at most 5 KiB.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The longest value, wherever it comes from: OSS's error pages (0007-00000001 and 0007-00000101) name the header, the query
/// parameter and the form field.
const LONGEST: usize = 5 * 1024;

/// Returns whether a base64 value is longer than OSS takes it.
pub(crate) fn is_too_long(base64: &str) -> bool {
    base64.len() > LONGEST
}

/// Decodes either alphabet, padded or not.
///
/// # Errors
/// What is wrong, when any other character stands inside, a blank included.
pub(crate) fn decode(base64: &str) -> Result<Vec<u8>, String> {
    let engine = if base64.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    engine.decode(base64).map_err(|error| error.to_string())
}

/// Parses text that must be a JSON object in UTF-8.
///
/// # Errors
/// What is wrong, and where.
pub(crate) fn parse_object(json: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}
