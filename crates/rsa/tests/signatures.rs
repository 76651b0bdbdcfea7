//! Signatures compared with another implementation's, and keys that are none.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::sync::{Arc, OnceLock};
use std::thread;

use ossicle_rsa::{PrivateKey, UnusableKey};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, PublicKey};

/// OSS signs with MD5; this is its `DigestInfo` (RFC 8017, section 9.2, note 1) for an implementation without the hash.
const MD5_PREFIX: [u8; 18] = [
    0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04,
    0x10,
];

fn md5_scheme() -> Pkcs1v15Sign {
    Pkcs1v15Sign { hash_len: Some(16), prefix: MD5_PREFIX.into() }
}

fn key(bits: usize) -> rsa::PrivateKey {
    rsa::PrivateKey::new(&mut rand::rng(), bits).unwrap()
}

fn of(key: &rsa::PrivateKey) -> PrivateKey {
    PrivateKey::from_pkcs1_der(key.to_pkcs1_der().unwrap().as_bytes()).unwrap()
}

fn shared() -> &'static rsa::PrivateKey {
    static KEY: OnceLock<rsa::PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| key(2048))
}

#[test]
fn the_same_signature_as_the_rsa_crate_for_every_size_that_servers_use() {
    for bits in [1024, 2048, 3072, 4096] {
        let theirs = key(bits);
        let ours = of(&theirs);
        assert_eq!(format!("{ours:?}"), format!("PrivateKey {{ bits: {bits}, .. }}"));
        for seed in [0_u8, 1, 0x7f, 0xff] {
            let digest = [seed; 16];
            let signature = ours.sign_md5(&digest).unwrap();
            assert_eq!(signature, theirs.sign(md5_scheme(), &digest).unwrap(), "{bits} bits, {seed}");
            assert_eq!(signature.len(), theirs.size());
        }
    }
}

#[test]
fn threads_share_a_key() {
    let ours = Arc::new(of(shared()));
    let public: PublicKey = shared().to_public_key();
    thread::scope(|scope| {
        for seed in 0..8_u8 {
            let (ours, public) = (Arc::clone(&ours), &public);
            scope.spawn(move || {
                for round in 0..50_u8 {
                    let digest = [seed.wrapping_mul(31).wrapping_add(round); 16];
                    public.verify(md5_scheme(), &digest, &ours.sign_md5(&digest).unwrap()).unwrap();
                }
            });
        }
    });
}

#[test]
fn what_is_no_private_key_is_refused() {
    let der = shared().to_pkcs1_der().unwrap().as_bytes().to_vec();
    let refused = |der: &[u8]| assert_eq!(PrivateKey::from_pkcs1_der(der).unwrap_err(), UnusableKey);
    refused(b"");
    refused(b"not DER");
    refused(&der[..der.len() - 1]);
    refused(&[&der[..], b"x"].concat());
    refused(&vec![0x30; 100_000]);
    // A key whose numbers do not belong together: the first prime with its last bit but one flipped.
    let prime = rsa::traits::PrivateKeyParts::primes(shared())[0].to_be_bytes();
    let at = der.windows(prime.len()).position(|window| *window == *prime).unwrap() + prime.len() - 1;
    let mut bent = der;
    bent[at] ^= 2;
    refused(&bent);
}
