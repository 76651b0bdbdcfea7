//! The signature of a callback: what is signed, signing, verifying, and keys as PEM.
//!
//! One function, [`string_to_sign`], serves the signer and the verifier, so that they cannot disagree.
//! The scheme (RSA, PKCS #1 v1.5, MD5) is OSS's and is not negotiable; the keys made here have 2048 bits.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, RsaPublicKey};
use rsa::pkcs8::der::Document;
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, PublicKey};
use zeroize::Zeroizing;

/// OSS's own key has 512 bits; nothing shorter was ever used.
const SMALLEST_KEY_BITS: usize = 512;

/// The reason for which a key cannot be read, made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not an RSA key in PEM form.
    #[error("not an RSA key in PEM form")]
    Malformed,
    /// The key could not be generated.
    #[error("no key could be generated: {0}")]
    Generate(String),
    /// The signature could not be computed.
    #[error("the signature could not be computed")]
    Sign,
}

/// A signature that does not belong to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The value is not base64.
    #[error("the signature is not base64")]
    NotBase64,
    /// The signature was made for other bytes or with another key.
    #[error("the signature does not match the request and this key")]
    Mismatch,
}

/// Returns the bytes that are signed: the percent-decoded path, the query as it is, a line feed, the body.
///
/// `+` stays `+`, an escape that is none stays as it is, an empty path is `/`, and a query of `?` alone is none.
///
/// ```
/// use ossicle_callback::string_to_sign;
///
/// assert_eq!(string_to_sign("/a%20b?q=%20", b"x=1"), b"/a b?q=%20\nx=1");
/// ```
#[must_use]
pub fn string_to_sign(path_and_query: &str, body: &[u8]) -> Vec<u8> {
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at(at),
        None => (path_and_query, ""),
    };
    let path = if path.is_empty() { "/" } else { path };
    let query = if query == "?" { "" } else { query };
    let mut text = Vec::with_capacity(path_and_query.len() + body.len() + 2);
    text.extend(percent_decode_str(path));
    text.extend_from_slice(query.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(body);
    text
}

/// The private key that signs callbacks. `Debug` shows nothing of it.
pub struct SigningKey {
    key: PrivateKey,
}

impl SigningKey {
    /// Makes a new key of 2048 bits. Takes a fraction of a second.
    ///
    /// # Errors
    /// [`KeyError::Generate`] when the system's random numbers fail.
    pub fn generate_rsa_2048() -> Result<Self, KeyError> {
        let key =
            PrivateKey::new(&mut rand::rng(), 2048).map_err(|error| KeyError::Generate(error.to_string()))?;
        Self::prepare(key)
    }

    /// Reads a private key, PKCS #8 or PKCS #1.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = PrivateKey::from_pkcs8_pem(pem).or_else(|_| PrivateKey::from_pkcs1_pem(pem).map_err(drop));
        Self::prepare(key.map_err(|()| KeyError::Malformed)?)
    }

    /// Writes the private key as PKCS #8 PEM, for safekeeping.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the key cannot be encoded.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.key.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Malformed)
    }

    /// Writes the private key as PKCS #1 DER, for a library that signs faster.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the key cannot be encoded.
    pub fn to_pkcs1_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let document = self.key.to_pkcs1_der().map_err(|_| KeyError::Malformed)?;
        Ok(document.to_bytes())
    }

    /// Writes the public key as PEM, for publication under the key URL.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the key cannot be encoded.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        self.key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Malformed)
    }

    /// Returns the key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { key: self.key.to_public_key() }
    }

    /// Signs a callback; the value of its `Authorization` header. Costs far more than anything else in a
    /// delivery: call it off the threads that serve I/O.
    ///
    /// # Errors
    /// [`KeyError::Sign`] when the key is too short for the scheme.
    pub fn sign(&self, path_and_query: &str, body: &[u8]) -> Result<String, KeyError> {
        let digest = Md5::digest(string_to_sign(path_and_query, body));
        let signature = self.key.sign(Pkcs1v15Sign::new::<Md5>(), &digest).map_err(|_| KeyError::Sign)?;
        Ok(BASE64.encode(signature))
    }

    fn prepare(mut key: PrivateKey) -> Result<Self, KeyError> {
        key.precompute().map_err(|_| KeyError::Malformed)?;
        Ok(Self { key })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningKey").field("bits", &(self.key.size() * 8)).finish_non_exhaustive()
    }
}

/// The public key that verifies callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    key: PublicKey,
}

impl VerifyingKey {
    /// Reads a public key of at least 512 bits (OSS's own has 512), `SubjectPublicKeyInfo` or PKCS #1.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pem = crate::pem::rewrapped(pem).ok_or(KeyError::Malformed)?;
        let (label, document) = Document::from_pem(&pem).map_err(|_| KeyError::Malformed)?;
        let der = document.as_bytes();
        let key = match label {
            "PUBLIC KEY" => {
                let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| KeyError::Malformed)?;
                // 1.2.840.113549.1.1.1 is rsaEncryption.
                if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
                    return Err(KeyError::Malformed);
                }
                parse_public_key(info.subject_public_key.raw_bytes())
            }
            "RSA PUBLIC KEY" => parse_public_key(der),
            _ => None,
        };
        key.map(|key| Self { key }).ok_or(KeyError::Malformed)
    }

    /// Checks a signature in base64, as it stands in the `Authorization` header.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, path_and_query: &str, body: &[u8], signature: &str) -> Result<(), SignatureError> {
        let signature = BASE64.decode(signature.trim()).map_err(|_| SignatureError::NotBase64)?;
        let digest = Md5::digest(string_to_sign(path_and_query, body));
        let scheme = Pkcs1v15Sign::new::<Md5>();
        self.key.verify(scheme, &digest, &signature).map_err(|_| SignatureError::Mismatch)
    }
}

/// Reads a public key from its DER: the crate's own decoder refuses the 512 bits of OSS's key, so the numbers are taken
/// out here.
fn parse_public_key(der: &[u8]) -> Option<PublicKey> {
    let numbers: RsaPublicKey<rsa::pkcs1::UintRef<'_>> = RsaPublicKey::try_from(der).ok()?;
    let modulus = numbers.modulus.as_bytes();
    let exponent = numbers.public_exponent.as_bytes();
    let modulus = BoxedUint::from_be_slice(modulus, bits(modulus)?).ok()?;
    let exponent = BoxedUint::from_be_slice(exponent, bits(exponent)?).ok()?;
    PublicKey::new_with_size_limits(modulus, exponent, SMALLEST_KEY_BITS..=PublicKey::MAX_SIZE).ok()
}

fn bits(bytes: &[u8]) -> Option<u32> {
    u32::try_from(bytes.len()).ok()?.checked_mul(8)
}
