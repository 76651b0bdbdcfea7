//! `ossicle lifecycle run`, against a running server.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::harness::{Bucket, Setup};
use crate::run::{on, ossicle};

#[test]
fn rules_are_carried_out_when_they_are_asked_for() {
    let setup =
        Setup::new().set("OSSICLE_LIFECYCLE_EVERY_S", "0").set("OSSICLE_TESTING_LIFECYCLE_DAY_S", "1");
    let server = Arc::new(setup.start());
    let bucket = Bucket::on(&server);
    let rules = "<LifecycleConfiguration><Rule><ID>old\u{7f}</ID><Prefix>a/</Prefix><Status>Enabled</Status>\
                 <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    bucket.root("PUT", "?lifecycle").body(rules).send().expect(200);
    bucket.put("a/1", "12");
    bucket.put("b/1", "12");
    thread::sleep(Duration::from_millis(2100));
    let dry = on(&server, &["lifecycle", "run", "--dry-run"]).exits(0).out;
    assert_eq!(
        dry,
        format!(
            "would delete: {}/a/1, 2 bytes, by the rule old\\u007f\n\
             1 objects (2 bytes) would be deleted, 0 older versions (0 bytes) would be deleted, 0 delete markers (0 bytes) \
             would be removed, 0 objects (0 bytes) would be moved to another storage class, 0 uploads \
             (0 bytes) would be aborted; looked at 1 objects and uploads in 1 buckets with rules\n",
            bucket.name
        )
    );
    bucket.assert_keys(&["a/1", "b/1"]);
    let done = on(&server, &["lifecycle", "run", "--format", "json"]).exits(0).lines();
    assert_eq!((&done[0]["dry_run"], &done[0]["sums"]["expired"]["count"]), (&false.into(), &1.into()));
    bucket.assert_keys(&["b/1"]);
    let none = on(&server, &["lifecycle", "run"]).exits(0).out;
    assert!(none.starts_with("0 objects (0 bytes) deleted, "), "{none}");
    let unreachable = ossicle(&["lifecycle", "run", "--console", "http://127.0.0.1:1"]).exits(1);
    assert!(unreachable.err.contains("is the server running?"), "{}", unreachable.err);
}
