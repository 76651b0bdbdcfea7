//! `GetPublicAccessBlock`.

use std::sync::Arc;

use crate::harness::Setup;
use crate::put_public_access_block::{block_account, open_bucket};

#[test]
fn tells_whether_access_to_all_buckets_is_blocked() {
    let server = Arc::new(Setup::new().start());
    let bucket = open_bucket(&server);
    let get = || server.request("GET", "/?publicAccessBlock").send().expect(200);
    assert_eq!(get().element("BlockPublicAccess"), "false");
    block_account(&server, true);
    let answer = get();
    assert_eq!(
        (answer.element("BlockPublicAccess").as_str(), answer.spelled("Content-Type")),
        ("true", "application/xml")
    );
    // A bucket tells its own setting.
    assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("BlockPublicAccess"), "false");
    server.request("GET", "/?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
}
