//! Hosts and paths: any pair is resolved or refused, and a resolved target written in path style is the same target.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_protocol::{Addressing, BucketName, Target, percent_encode};

fuzz_target!(|input: (&str, &str)| {
    let (host, path) = input;
    let custom = BucketName::parse("assets").map(|bucket| ("cdn.example.org".to_owned(), bucket));
    let addressing = Addressing::new(vec!["example.com".to_owned()], custom.into_iter().collect());
    let _ = addressing.alternative(Some(host), path);
    if let Ok(addressed) = addressing.resolve(Some(host), path) {
        let again = match &addressed.target {
            Target::Service => "/".to_owned(),
            Target::Bucket(bucket) => format!("/{bucket}"),
            Target::Object(bucket, key) => format!("/{bucket}/{}", percent_encode(key.as_str())),
        };
        assert_eq!(addressing.resolve(None, &again).map(|again| again.target), Ok(addressed.target));
    }
});
