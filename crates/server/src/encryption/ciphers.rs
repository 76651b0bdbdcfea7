//! The ciphers of content: AES-256 and SM4, both in Galois/Counter Mode.

use std::fmt;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ossicle_store::{Cipher, ContentKey, Error};
use sm4::Sm4;

/// Bytes of the key of content. SM4 takes the first half.
pub(super) const KEY: usize = 32;

/// Bytes of a tag.
const TAG: usize = 16;

/// Makes the key of content that was encrypted with the cipher; none if the library does not take it.
pub(super) fn content_key(cipher: Cipher, key: &[u8; KEY]) -> Option<Box<dyn ContentKey>> {
    match cipher {
        Cipher::Aes256Gcm => {
            let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
            Some(Box::new(Aes(LessSafeKey::new(key))))
        }
        Cipher::Sm4Gcm => {
            let half = key.first_chunk::<16>()?;
            Some(Box::new(Sm4Gcm(Box::new(AesGcm::new(half.into())))))
        }
    }
}

struct Aes(LessSafeKey);

/// SM4 in the generic GCM of RustCrypto, whose name is that of its most common cipher.
struct Sm4Gcm(Box<AesGcm<Sm4, U12>>);

impl ContentKey for Aes {
    fn seal(&self, nonce: [u8; 12], chunk: &mut Vec<u8>) -> Result<(), Error> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce, Aad::empty(), chunk).map_err(|_| failed())
    }

    fn open(&self, nonce: [u8; 12], chunk: &mut [u8]) -> bool {
        self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), chunk).is_ok()
    }
}

impl ContentKey for Sm4Gcm {
    fn seal(&self, nonce: [u8; 12], chunk: &mut Vec<u8>) -> Result<(), Error> {
        let tag = self.0.encrypt_inout_detached(&nonce.into(), b"", chunk.as_mut_slice().into());
        chunk.extend_from_slice(&tag.map_err(|_| failed())?);
        Ok(())
    }

    fn open(&self, nonce: [u8; 12], chunk: &mut [u8]) -> bool {
        let Some((text, tag)) = chunk.split_last_chunk_mut::<TAG>() else { return false };
        self.0.decrypt_inout_detached(&nonce.into(), b"", text.into(), &(*tag).into()).is_ok()
    }
}

impl fmt::Debug for Aes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aes(..)")
    }
}

impl fmt::Debug for Sm4Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sm4Gcm(..)")
    }
}

fn failed() -> Error {
    Error::Corrupt { what: "the cryptographic library does not encrypt".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn both_ciphers_open_what_they_sealed_and_nothing_else() {
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let key = content_key(cipher, &[7; KEY]).unwrap();
            let mut chunk = b"text".to_vec();
            key.seal([1; 12], &mut chunk).unwrap();
            assert_eq!(chunk.len(), 4 + TAG);
            let mut opened = chunk.clone();
            assert!(key.open([1; 12], &mut opened));
            assert_eq!(&opened[..4], b"text");
            assert!(!key.open([2; 12], &mut chunk.clone()), "another nonce");
            assert!(
                !content_key(cipher, &[8; KEY]).unwrap().open([1; 12], &mut chunk.clone()),
                "another key"
            );
            for at in 0..chunk.len() {
                let mut changed = chunk.clone();
                changed[at] ^= 1;
                assert!(!key.open([1; 12], &mut changed), "{cipher:?} byte {at}");
            }
            assert!(!key.open([1; 12], &mut [0; 15]), "shorter than a tag");
        }
    }

    /// RFC 8998, A.1, without its associated data: the text is encrypted the same, and the tag is another.
    #[test]
    fn sm4_is_that_of_the_standard() {
        let mut key = [0; KEY];
        key[..16].copy_from_slice(&hex("0123456789abcdeffedcba9876543210"));
        let nonce = hex("00001234567800000000abcd").try_into().unwrap();
        let mut chunk = hex(concat!(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        ));
        content_key(Cipher::Sm4Gcm, &key).unwrap().seal(nonce, &mut chunk).unwrap();
        let expected = hex(concat!(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
        ));
        assert_eq!(&chunk[..64], expected);
    }
}
