//! POST policies and form signatures: any text is read or refused, and no unsigned form is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_protocol::post_policy::{PostPolicy, presented};
use ossicle_protocol::sign::Scope;
use ossicle_protocol::{BucketName, SecretKey, Timestamp};

fuzz_target!(|input: (&str, Vec<(String, String)>, u64)| {
    let (json, fields, length) = input;
    let now = Timestamp::from_unix_millis(0);
    let _ = PostPolicy::parse(json);
    if let (Ok(policy), Ok(bucket)) = (PostPolicy::parse_json(json), BucketName::parse("bucket")) {
        let whole = policy.check(&fields, &bucket, length, now).is_ok();
        let parts = policy.check_fields(&fields, &bucket, now).is_ok() && policy.check_length(length).is_ok();
        assert_eq!(whole, parts);
        if policy.max_length().is_some_and(|most| length > most) {
            assert!(policy.check_length(length).is_err());
        }
    }
    if let Ok(Some(form)) = presented(&fields) {
        let secret = SecretKey::new("a secret that no input contains");
        assert!(form.verify(&secret, now, &Scope::default()).is_err());
    }
});
