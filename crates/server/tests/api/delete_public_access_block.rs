//! `DeletePublicAccessBlock`.

use std::sync::Arc;

use crate::harness::Setup;
use crate::put_bucket_public_access_block::block;
use crate::put_public_access_block::{block_account, open_bucket};

#[test]
fn leaves_access_to_each_bucket_again() {
    let server = Arc::new(Setup::new().start());
    let (open, blocked) = (open_bucket(&server), open_bucket(&server));
    block(&blocked, true);
    block_account(&server, true);
    server.request("DELETE", "/?publicAccessBlock").anonymous().send().expect_error(403, "AccessDenied");
    open.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    for _ in 0..2 {
        server.request("DELETE", "/?publicAccessBlock").send().expect(204);
        open.key("GET", "k").anonymous().send().expect(200);
        blocked.key("GET", "k").anonymous().send().expect_error(403, "AccessDenied");
    }
    let answer = server.request("GET", "/?publicAccessBlock").send().expect(200);
    assert_eq!(answer.element("BlockPublicAccess"), "false");
}
