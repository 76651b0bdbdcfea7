//! Transfer acceleration, which is kept and told.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketTransferAcceleration])
    .before(|bucket| set(bucket, "false"))
    .request(|_, draft| draft.body(&document("true")))
    .proven(&[(
        "TransferAccelerationConfiguration/Enabled",
        Proof::Test("bucket_transfer_acceleration::is_told_as_it_was_set"),
    )]);

fn document(enabled: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TransferAccelerationConfiguration><Enabled>{enabled}</Enabled>\
         </TransferAccelerationConfiguration>"
    )
}

fn set(bucket: &Bucket, enabled: &str) {
    bucket.root("PUT", "?transferAcceleration").body(document(enabled)).send().expect(200);
}

#[test]
fn is_told_as_it_was_set() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?transferAcceleration").send();
    get().expect_error(404, "NoSuchTransferAccelerationConfiguration").with("BucketName", &bucket.name);
    for (enabled, status) in [("true", "Enabled"), ("false", "Disabled"), ("true", "Enabled")] {
        set(&bucket, enabled);
        assert_eq!(String::from_utf8_lossy(&get().expect(200).body), document(enabled));
        let info = bucket.root("GET", "?bucketInfo").send().expect(200);
        assert_eq!(info.element("TransferAcceleration"), status);
    }
    for body in ["", "<TransferAccelerationConfiguration/>", &document("Enabled"), &document("")] {
        bucket.root("PUT", "?transferAcceleration").body(body).send().expect_error(400, "MalformedXML");
    }
    for method in ["GET", "PUT"] {
        bucket.root(method, "?transferAcceleration").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?transferAcceleration").send().expect_error(405, "MethodNotAllowed");
    assert_eq!(String::from_utf8_lossy(&get().expect(200).body), document("true"));
    let missing = bucket.server.request("GET", "/nobody-made-this?transferAcceleration").send();
    missing.expect_error(404, "NoSuchBucket");
}
