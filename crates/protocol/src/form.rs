//! Forms in `multipart/form-data`, as browsers send them to PostObject: a reader that is fed with what arrives, in pieces
//! of any size, and gives back fields and file. It holds no more than [`FIELDS_LIMIT`] and a few kilobytes, and what it
//! does for each byte does not depend on how much came before.

mod boundary;
mod delimiter;
mod parameters;
mod part_head;
mod reader;

pub use boundary::Boundary;
pub use part_head::FileHead;
pub use reader::{FormPiece, FormReader};

use crate::{Error, ErrorCode};

/// The longest name of a field, from the manual (EC 0006-00000110).
pub const NAME_LIMIT: usize = 8 * 1024;

/// The longest value of a field, from the manual (EC 0006-00000111).
pub const VALUE_LIMIT: usize = 2 * 1024 * 1024;

/// The most that all fields before the file may take, from the manual (EC 0006-00000112). The manual speaks of the
/// values; names count too, so that this is what a form can make a server hold.
pub const FIELDS_LIMIT: usize = 8 * 1024 * 1024;

/// The most fields before the file.
pub const FIELD_COUNT_LIMIT: usize = 1000;

/// The most that may stand before the first part; it is not looked at.
pub const PREAMBLE_LIMIT: usize = 64 * 1024;

/// The longest head of a part: a name and a file name of the greatest length, and the rest.
pub const HEAD_LIMIT: usize = 2 * NAME_LIMIT + 8 * 1024;

/// The most lines in the head of a part.
pub const HEAD_LINE_LIMIT: usize = 32;

/// What the error documents of OSS name as the cause.
const EC_INCOMPLETE: &str = "0006-00000104";
const EC_DISPOSITION: &str = "0006-00000109";
const EC_NAME_TOO_LONG: &str = "0006-00000110";
const EC_VALUE_TOO_LONG: &str = "0006-00000111";
const EC_FIELDS_TOO_LONG: &str = "0006-00000112";

fn malformed() -> Error {
    Error::new(ErrorCode::MalformedPOSTRequest).with_ec(EC_INCOMPLETE)
}

fn bad_head() -> Error {
    Error::new(ErrorCode::MalformedPOSTRequest).with_ec(EC_DISPOSITION)
}

fn name_too_long() -> Error {
    Error::new(ErrorCode::FieldItemTooLong)
        .with_ec(EC_NAME_TOO_LONG)
        .with_detail("MaxSizeAllowed", NAME_LIMIT.to_string())
}

/// Names the field: the commonest cause is a file whose field has another name than `file`.
fn value_too_long(name: &str) -> Error {
    const SHOWN: usize = 128;
    let shown = name.get(..name.floor_char_boundary(SHOWN)).unwrap_or_default();
    Error::new(ErrorCode::FieldItemTooLong)
        .with_ec(EC_VALUE_TOO_LONG)
        .with_detail("ArgumentName", shown)
        .with_detail("MaxSizeAllowed", VALUE_LIMIT.to_string())
}

fn fields_too_long() -> Error {
    Error::new(ErrorCode::MaxPOSTPreDataLengthExceededError)
        .with_ec(EC_FIELDS_TOO_LONG)
        .with_detail("MaxSizeAllowed", FIELDS_LIMIT.to_string())
}

fn not_utf8() -> Error {
    Error::new(ErrorCode::InvalidArgument).with_message("The characters encoding must be utf-8.")
}
