//! The status of access monitoring, which is kept and told.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketAccessMonitor])
    .request(|_, draft| draft.body(&document("Enabled")))
    .proven(&[(
        "AccessMonitorConfiguration/Status",
        Proof::Test("bucket_access_monitor::the_status_is_told_as_it_was_set"),
    )]);

fn document(status: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AccessMonitorConfiguration><Status>{status}</Status>\
         </AccessMonitorConfiguration>"
    )
}

#[test]
fn the_status_is_told_as_it_was_set() {
    let bucket = Bucket::new();
    let assert_set = |status: &str| {
        let answer = bucket.root("GET", "?accessmonitor").send().expect(200);
        assert_eq!(String::from_utf8_lossy(&answer.body), document(status));
        let info = bucket.root("GET", "?bucketInfo").send().expect(200);
        assert_eq!(info.element("AccessMonitor"), status);
    };
    assert_set("Disabled");
    for status in ["Enabled", "Disabled", "Enabled"] {
        bucket.root("PUT", "?accessmonitor").body(document(status)).send().expect(200);
        assert_set(status);
    }
    for body in ["", "<AccessMonitorConfiguration/>", &document("aa"), &document("true")] {
        bucket.root("PUT", "?accessmonitor").body(body).send().expect_error(400, "MalformedXML");
    }
    for method in ["GET", "PUT"] {
        bucket.root(method, "?accessmonitor").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?accessmonitor").send().expect_error(405, "MethodNotAllowed");
    assert_set("Enabled");
}
