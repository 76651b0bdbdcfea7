//! The resource group of a bucket, of which there is one.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketResourceGroup])
    .request(|_, draft| draft.body(&document("rg-default")))
    .changing_nothing()
    .proven(&[(
        "BucketResourceGroupConfiguration/ResourceGroupId",
        Proof::Test("bucket_resource_group::there_is_one_group"),
    )]);

fn document(group: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BucketResourceGroupConfiguration><ResourceGroupId>{group}\
         </ResourceGroupId></BucketResourceGroupConfiguration>"
    )
}

#[test]
fn there_is_one_group() {
    let bucket = Bucket::new();
    let assert_default = || {
        let answer = bucket.root("GET", "?resourceGroup").send().expect(200);
        assert_eq!(String::from_utf8_lossy(&answer.body), document("rg-default"));
    };
    assert_default();
    let put = |body: &str| bucket.root("PUT", "?resourceGroup").body(body).send();
    put(&document("rg-default")).expect(200);
    put(&document("")).expect(200);
    put(&document("rg-aekz****"))
        .expect_error(400, "ResourceGroupIdPreCheckError")
        .with_ec("0039-00000003")
        .with("Message", "The resource group id precheck error");
    for body in ["", "<BucketResourceGroupConfiguration/>"] {
        put(body).expect_error(400, "MalformedXML");
    }
    for method in ["GET", "PUT"] {
        bucket.root(method, "?resourceGroup").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?resourceGroup").send().expect_error(405, "MethodNotAllowed");
    assert_default();
}
