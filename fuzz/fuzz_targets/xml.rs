//! Documents: any bytes are read or refused, and what was read survives being written and read again, but for
//! characters that XML cannot carry: those are replaced once and then stay.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_protocol::configurations::BucketCallbackPolicy;
use ossicle_protocol::xml::{CompleteMultipartUpload, CreateBucketConfiguration, DeleteRequest, Document};
use ossicle_protocol::{CorsRules, LifecycleRules};

fuzz_target!(|body: &[u8]| {
    let _ = CompleteMultipartUpload::parse(body);
    let _ = CreateBucketConfiguration::parse(body);
    let _ = DeleteRequest::parse(body);
    if let Ok(rules) = CorsRules::parse(body) {
        let once = CorsRules::parse(rules.to_xml().as_bytes());
        let twice = once.as_ref().map(|rules| CorsRules::parse(rules.to_xml().as_bytes()));
        assert_eq!(twice, Ok(once.clone()));
    }
    if let Ok(rules) = LifecycleRules::parse(body) {
        assert_eq!(LifecycleRules::parse(rules.to_xml().as_bytes()), Ok(rules));
    }
    if let Ok(policy) = BucketCallbackPolicy::parse(body) {
        let once = BucketCallbackPolicy::parse(policy.to_xml().as_bytes());
        let twice = once.as_ref().map(|policy| BucketCallbackPolicy::parse(policy.to_xml().as_bytes()));
        assert_eq!(twice, Ok(once.clone()));
    }
});
