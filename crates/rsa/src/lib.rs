//! RSA signatures, PKCS #1 v1.5 with MD5, which OSS's upload callbacks are signed with, computed by AWS-LC.
//!
//! Safe Rust libraries either refuse MD5 or need several times as long, and an uploader waits for this one number. The
//! functions of AWS-LC take pointers; this crate is the one place where the project has `unsafe`, and all of it.

#![expect(unsafe_code, reason = "the functions of AWS-LC take pointers")]
#![deny(clippy::multiple_unsafe_ops_per_block, clippy::undocumented_unsafe_blocks, unsafe_op_in_unsafe_fn)]

use std::ffi::{c_int, c_uint};
use std::ptr::NonNull;

use aws_lc_sys as aws_lc;

/// A private key that signs. Threads may share it.
pub struct PrivateKey {
    key: NonNull<aws_lc::RSA>,
    /// Bytes of a signature.
    size: usize,
}

/// A private key that AWS-LC does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusableKey;

/// A signature that could not be computed: memory or random numbers failed, or a check found the result wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureFailed;

// SAFETY: the key owns its RSA object alone, and nothing in that object belongs to one thread.
unsafe impl Send for PrivateKey {}

// SAFETY: AWS-LC documents that signing with one RSA object from several threads at once is safe, and this type offers
// nothing else.
unsafe impl Sync for PrivateKey {}

impl PrivateKey {
    /// Reads and checks a key in PKCS #1 form (DER).
    ///
    /// # Errors
    /// [`UnusableKey`] when it is no private key, its numbers do not belong together or its size is not accepted.
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, UnusableKey> {
        // SAFETY: the pointer and the length describe `der`, which is only read and not kept.
        let key = unsafe { aws_lc::RSA_private_key_from_bytes(der.as_ptr(), der.len()) };
        let Some(key) = NonNull::new(key) else {
            forget_errors();
            return Err(UnusableKey);
        };
        // SAFETY: the object has just been made and is not freed yet.
        let size = unsafe { aws_lc::RSA_size(key.as_ptr()) };
        // From here on the object is freed when the key is dropped.
        Ok(Self { key, size: size as usize })
    }

    /// Signs an MD5 digest.
    ///
    /// # Errors
    /// [`SignatureFailed`].
    pub fn sign_md5(&self, digest: &[u8; 16]) -> Result<Vec<u8>, SignatureFailed> {
        let mut signature = vec![0; self.size];
        let mut length: c_uint = 0;
        // SAFETY: the digest has the length that is told; AWS-LC writes at most `RSA_size` bytes, which `signature`
        // has; the key lives as long as `self` and signing does not change it.
        let signed: c_int = unsafe {
            aws_lc::RSA_sign(
                aws_lc::NID_md5,
                digest.as_ptr(),
                digest.len(),
                signature.as_mut_ptr(),
                &raw mut length,
                self.key.as_ptr(),
            )
        };
        if signed != 1 || length as usize != self.size {
            forget_errors();
            return Err(SignatureFailed);
        }
        Ok(signature)
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        // SAFETY: the object was made by `from_pkcs1_der`, belongs to `self` alone and is not used after this. AWS-LC
        // overwrites the secret numbers before it gives their memory back.
        unsafe { aws_lc::RSA_free(self.key.as_ptr()) };
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PrivateKey").field("bits", &(self.size * 8)).finish_non_exhaustive()
    }
}

impl std::fmt::Display for UnusableKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("not a private RSA key that can sign")
    }
}

impl std::fmt::Display for SignatureFailed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the signature could not be computed")
    }
}

impl std::error::Error for UnusableKey {}

impl std::error::Error for SignatureFailed {}

/// Clears the errors that AWS-LC keeps in a queue of each thread, where nobody would ever read them.
fn forget_errors() {
    // SAFETY: it takes nothing and touches only what belongs to this thread.
    unsafe { aws_lc::ERR_clear_error() };
}
