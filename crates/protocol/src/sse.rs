//! Server-side encryption as requests ask for it and answers tell of it: an algorithm, and for `KMS` perhaps a key and an
//! algorithm for the data.

use crate::{Error, ErrorCode};

/// The headers and form fields that ask for it.
const ALGORITHM: &str = "x-oss-server-side-encryption";
const KEY_ID: &str = "x-oss-server-side-encryption-key-id";
const DATA: &str = "x-oss-server-side-data-encryption";

/// Who keeps the keys, and the cipher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sse {
    /// OSS does, and encrypts by AES-256.
    Aes256,
    /// OSS does, and encrypts by SM4.
    Sm4,
    /// A key management service does.
    Kms {
        /// The id of its key; its default one if there is none.
        key_id: Option<String>,
        /// Data is encrypted by SM4, and not by AES-256.
        sm4: bool,
    },
}

impl Sse {
    /// The longest id of a key. Those of Alibaba Cloud have 36 characters.
    pub const MAX_KEY_ID: usize = 55;

    /// Reads what a request asks for. Without an algorithm the rest counts for nothing, and with another than `KMS` neither
    /// (suite of oss2, test_put_object_with_encryption).
    ///
    /// # Errors
    /// `InvalidEncryptionAlgorithmError` for an algorithm that there is not, `InvalidArgument` for an id that is too long, and
    /// what `get` fails with.
    pub fn requested<'a>(
        get: impl Fn(&'static str) -> Result<Option<&'a str>, Error>,
    ) -> Result<Option<Self>, Error> {
        let given = |name| Ok::<_, Error>(get(name)?.map(str::trim).filter(|value| !value.is_empty()));
        let Some(algorithm) = given(ALGORITHM)? else { return Ok(None) };
        Self::of(algorithm, given(KEY_ID)?, given(DATA)?).map(Some)
    }

    /// Reads a rule of a bucket.
    ///
    /// # Errors
    /// The same, and `InvalidArgument` for a key where it does not apply.
    pub fn of_rule(algorithm: &str, key_id: Option<&str>, data: Option<&str>) -> Result<Self, Error> {
        let sse = Self::of(algorithm, key_id, data)?;
        match (&sse, key_id) {
            (Self::Aes256 | Self::Sm4, Some(key_id)) => {
                let message = "KMSMasterKeyID is not applicable if the default sse algorithm is not KMS";
                Err(Error::invalid_argument(message, "KMSMasterKeyID", key_id))
            }
            _ => Ok(sse),
        }
    }

    fn of(algorithm: &str, key_id: Option<&str>, data: Option<&str>) -> Result<Self, Error> {
        let invalid = || {
            Error::new(ErrorCode::InvalidEncryptionAlgorithmError).with_message(
                "The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.",
            )
        };
        match algorithm {
            "AES256" => Ok(Self::Aes256),
            "SM4" => Ok(Self::Sm4),
            "KMS" => {
                if let Some(key_id) = key_id.filter(|key_id| key_id.len() > Self::MAX_KEY_ID) {
                    let message = format!("A KMS key id has at most {} bytes.", Self::MAX_KEY_ID);
                    return Err(Error::invalid_argument(message, KEY_ID, key_id));
                }
                let sm4 = match data {
                    None | Some("AES256") => false,
                    Some("SM4") => true,
                    Some(_) => return Err(invalid()),
                };
                Ok(Self::Kms { key_id: key_id.map(str::to_owned), sm4 })
            }
            _ => Err(invalid()),
        }
    }

    /// Returns the algorithm as headers and rules have it.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Sm4 => "SM4",
            Self::Kms { .. } => "KMS",
        }
    }

    /// Returns the id of the key, if one was chosen.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Kms { key_id, .. } => key_id.as_deref(),
            Self::Aes256 | Self::Sm4 => None,
        }
    }

    /// Returns the algorithm of the data where it is told.
    #[must_use]
    pub fn data_algorithm(&self) -> Option<&'static str> {
        match self {
            Self::Kms { sm4: true, .. } => Some("SM4"),
            _ => None,
        }
    }

    /// Returns the headers by which answers tell of it.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let headers =
            [(ALGORITHM, Some(self.algorithm())), (KEY_ID, self.key_id()), (DATA, self.data_algorithm())];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{ALGORITHM, DATA, KEY_ID, Sse};
    use crate::{Error, ErrorCode};

    /// The suite of oss2 (test_server_side_encryotion.py), and the manual's PutObject.
    #[test]
    fn headers_ask_and_tell() {
        let check = |asked: [&'static str; 3], expected: Result<&[(&str, &str)], ErrorCode>| {
            let get = |name| {
                let asked = [ALGORITHM, KEY_ID, DATA].iter().zip(asked).find(|(n, _)| **n == name);
                Ok(asked.map(|(_, value)| value))
            };
            let found = Sse::requested(get);
            let told = found.as_ref().map(|sse| sse.iter().flat_map(Sse::headers).collect::<Vec<_>>());
            assert_eq!(told.map_err(Error::code), expected.map(<[_]>::to_vec), "{asked:?}");
        };
        check(["", "", ""], Ok(&[]));
        check(["", "id", "SM4"], Ok(&[]));
        check(["AES256", "", ""], Ok(&[(ALGORITHM, "AES256")]));
        check(["AES256", "id", "SM4"], Ok(&[(ALGORITHM, "AES256")]));
        check(["SM4", "", "SM4"], Ok(&[(ALGORITHM, "SM4")]));
        check(["KMS", "", ""], Ok(&[(ALGORITHM, "KMS")]));
        check(["KMS", "id", "SM4"], Ok(&[(ALGORITHM, "KMS"), (KEY_ID, "id"), (DATA, "SM4")]));
        check(["KMS", "", "DES"], Err(ErrorCode::InvalidEncryptionAlgorithmError));
        check(["aes256", "", ""], Err(ErrorCode::InvalidEncryptionAlgorithmError));
        check(["None", "", ""], Err(ErrorCode::InvalidEncryptionAlgorithmError));
    }
}
