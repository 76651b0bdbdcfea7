//! Client-side encryption of multipart uploads. The server sees ciphertext only, but a client that wants to decrypt a range
//! later relies on parts of one size, so what an upload declares of sizes is enforced, and what its parts repeat of the
//! key must be the same. ECs of the manual, 0005-00000406 to 0005-00000420.

use http::HeaderMap;
use ossicle_protocol::xml::ClientEncryption;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::Attributes;

use crate::oss::attributes::META;

const KEY: &str = "x-oss-meta-client-side-encryption-key";
const DATA_SIZE: &str = "x-oss-meta-client-side-encryption-data-size";
const PART_SIZE: &str = "x-oss-meta-client-side-encryption-part-size";

/// What UploadPart may repeat of the upload's headers, and what is answered if it differs.
const REPEATED: [(&str, &str); 7] = [
    (KEY, "0005-00000412"),
    ("x-oss-meta-client-side-encryption-start", "0005-00000413"),
    ("x-oss-meta-client-side-encryption-cek-alg", "0005-00000414"),
    ("x-oss-meta-client-side-encryption-wrap-alg", "0005-00000415"),
    ("x-oss-meta-client-side-encryption-magic-number-hmac", "0005-00000416"),
    (DATA_SIZE, "0005-00000417"),
    (PART_SIZE, "0005-00000418"),
];

/// The sizes that an upload declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    data: u64,
    part: u64,
}

impl Sizes {
    /// Reads them from what an upload was begun with, where they are there to be kept to.
    pub(crate) fn of_upload(attributes: &Attributes) -> Option<Self> {
        Self::of_new(attributes).ok().flatten()
    }

    /// Reads them from what an upload is to be begun with. An upload with an encrypted key needs both.
    pub(crate) fn of_new(attributes: &Attributes) -> Result<Option<Self>, Error> {
        let data = size(attributes, DATA_SIZE, "0005-00000408")?;
        let part = size(attributes, PART_SIZE, "0005-00000409")?.filter(|size| *size > 0);
        if value(attributes, KEY).is_some() {
            if data.is_none() {
                return Err(refused(DATA_SIZE, "0005-00000406"));
            }
            if part.is_none() {
                return Err(refused(PART_SIZE, "0005-00000407"));
            }
        }
        Ok(data.zip(part).map(|(data, part)| Self { data, part }))
    }

    /// Returns how many parts the data makes.
    fn parts(self) -> u64 {
        self.data.div_ceil(self.part)
    }

    /// Checks that the part of this number has the length it must have.
    pub(crate) fn check_part(self, number: u32, length: u64) -> Result<(), Error> {
        let number = u64::from(number);
        let before_it = self.part.saturating_mul(number.saturating_sub(1));
        let (expected, ec) = if number < self.parts() {
            (self.part, "0005-00000419")
        } else {
            (self.data.saturating_sub(before_it), "0005-00000420")
        };
        if length == expected {
            return Ok(());
        }
        Err(Error::new(ErrorCode::InvalidArgument)
            .with_ec(ec)
            .with_message("The size of the part does not match the client-side encryption of the upload.")
            .with_detail("PartNumber", number.to_string())
            .with_detail("ProposedSize", length.to_string())
            .with_detail("ExpectedSize", expected.to_string()))
    }

    /// Refuses more parts than the data makes.
    pub(crate) fn check_count(self, listed: usize) -> Result<(), Error> {
        if listed as u64 <= self.parts() { Ok(()) } else { Err(refused(PART_SIZE, "0005-00000411")) }
    }

    /// Returns the length of the whole object.
    pub(crate) fn data(self) -> u64 {
        self.data
    }
}

/// Returns the refusal of an upload whose parts are not all of its data.
pub(crate) fn wrong_data_size(actual: u64) -> Error {
    refused(DATA_SIZE, "0005-00000420").with_detail("ActualSize", actual.to_string())
}

/// Checks that a part repeats nothing that differs from what its upload was begun with.
pub(crate) fn check_repeated(headers: &HeaderMap, upload: &Attributes) -> Result<(), Error> {
    for (name, ec) in REPEATED {
        let Some(given) = headers.get(name).filter(|value| !value.is_empty()) else { continue };
        match name {
            DATA_SIZE => number(given.as_bytes(), name, "0005-00000408").map(drop)?,
            PART_SIZE => number(given.as_bytes(), name, "0005-00000409").map(drop)?,
            _ => {}
        }
        if Some(given.as_bytes()) != value(upload, name) {
            return Err(refused(name, ec));
        }
    }
    Ok(())
}

/// Returns what ListParts tells of the encryption, so that an upload can be resumed.
pub(crate) fn described(upload: &Attributes) -> ClientEncryption {
    let text = |name: &str| {
        let name = ["x-oss-meta-client-side-encryption-", name].concat();
        value(upload, &name).map(|value| String::from_utf8_lossy(value).into_owned())
    };
    ClientEncryption {
        key: text("key"),
        start: text("start"),
        cek_alg: text("cek-alg"),
        wrap_alg: text("wrap-alg"),
        data_size: text("data-size"),
        part_size: text("part-size"),
    }
}

fn value<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a [u8]> {
    let own_name = name.strip_prefix(META)?;
    let found = attributes.metadata.iter().find(|(candidate, _)| candidate == own_name);
    found.map(|(_, value)| value.as_slice()).filter(|value| !value.is_empty())
}

fn size(attributes: &Attributes, name: &'static str, ec: &'static str) -> Result<Option<u64>, Error> {
    value(attributes, name).map(|value| number(value, name, ec)).transpose()
}

fn number(value: &[u8], name: &'static str, ec: &'static str) -> Result<u64, Error> {
    let digits = Some(value).filter(|value| value.iter().all(u8::is_ascii_digit));
    let text = digits.and_then(|value| std::str::from_utf8(value).ok());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| refused_value(name, ec, &String::from_utf8_lossy(value)))
}

fn refused(name: &'static str, ec: &'static str) -> Error {
    refused_value(name, ec, "")
}

fn refused_value(name: &'static str, ec: &'static str, value: &str) -> Error {
    let message = "The client-side encryption of the upload is missing, not valid or not followed.";
    Error::invalid_argument(message, name, value).with_ec(ec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(headers: &[(&str, &str)]) -> Attributes {
        let headers = headers
            .iter()
            .map(|(name, value)| (["client-side-encryption-", name].concat(), value.as_bytes().to_vec()));
        Attributes { metadata: headers.collect(), ..Attributes::default() }
    }

    #[test]
    fn sizes_that_are_declared() {
        let check = |headers: &[(&str, &str)], expected: Result<Option<(u64, u64)>, &str>| {
            let sizes =
                Sizes::of_new(&upload(headers)).map(|sizes| sizes.map(|sizes| (sizes.data, sizes.part)));
            assert_eq!(sizes.as_ref().map_err(Error::ec), expected.as_ref().map_err(|ec| *ec), "{headers:?}");
        };
        check(&[], Ok(None));
        check(&[("data-size", "2048"), ("part-size", "1024")], Ok(Some((2048, 1024))));
        check(&[("key", "k"), ("data-size", "0"), ("part-size", "1")], Ok(Some((0, 1))));
        check(&[("data-size", "2048")], Ok(None));
        check(&[("key", "k"), ("part-size", "1024")], Err("0005-00000406"));
        check(&[("key", "k"), ("data-size", "1024")], Err("0005-00000407"));
        check(&[("key", "k"), ("data-size", "1024"), ("part-size", "0")], Err("0005-00000407"));
        check(&[("data-size", "9x5.2"), ("part-size", "1")], Err("0005-00000408"));
        check(&[("data-size", "1"), ("part-size", "-1")], Err("0005-00000409"));
    }

    #[test]
    fn sizes_of_parts() {
        let sizes = Sizes { data: 2500, part: 1024 };
        for (number, length, expected) in [
            (1, 1024, ""),
            (2, 1024, ""),
            (3, 452, ""),
            (1, 1023, "0005-00000419"),
            (2, 1025, "0005-00000419"),
            (3, 1024, "0005-00000420"),
            (3, 0, "0005-00000420"),
            (4, 1, "0005-00000420"),
        ] {
            let ec = sizes
                .check_part(number, length)
                .map_or_else(|error| error.ec().to_owned(), |()| String::new());
            assert_eq!(ec, expected, "part {number} of {length}");
        }
        assert!(sizes.check_count(3).is_ok());
        assert_eq!(sizes.check_count(4).unwrap_err().ec(), "0005-00000411");
    }
}
