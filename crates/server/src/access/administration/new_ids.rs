//! New ids and secrets, at random.

use rand::RngExt as _;
use rand::distr::{Alphanumeric, SampleString as _};
use zeroize::Zeroizing;

/// What ids of access keys begin with.
const KEY_PREFIX: &str = "LTAI";

/// Random characters of an access key's id and of its secret.
const KEY_ID_CHARACTERS: usize = 20;
const SECRET_CHARACTERS: usize = 30;

/// Makes the id of an account: 16 digits, the first of them 1.
pub(super) fn account() -> String {
    format!("1{:015}", rand::rng().random_range(0..1_000_000_000_000_000_u64))
}

/// Makes the id of a user: 18 digits, the first of them 2.
pub(super) fn user() -> String {
    format!("2{:017}", rand::rng().random_range(0..100_000_000_000_000_000_u64))
}

/// Makes the id of a role: 18 digits, the first of them 3.
pub(super) fn role() -> String {
    format!("3{:017}", rand::rng().random_range(0..100_000_000_000_000_000_u64))
}

/// Makes the id of an access key and its secret.
pub(super) fn access_key() -> (String, Zeroizing<String>) {
    let text = |length| Alphanumeric.sample_string(&mut rand::rng(), length);
    (format!("{KEY_PREFIX}{}", text(KEY_ID_CHARACTERS)), Zeroizing::new(text(SECRET_CHARACTERS)))
}
