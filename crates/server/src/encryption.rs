//! Encryption at rest: the ciphers of content, and the ring of keys that seal the keys of content. What requests ask for is
//! the OSS front end's business, and where the bytes pass the store's.

mod ciphers;
mod key_ring;

pub(crate) use key_ring::KeyRing;
