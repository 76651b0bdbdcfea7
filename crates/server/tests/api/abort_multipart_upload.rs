//! `AbortMultipartUpload`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::AbortMultipartUpload])
    .request(|world, draft| draft.of_key("folder/parts").query("uploadId", world.upload()));

#[test]
fn forgets_the_parts() {
    let bucket = Bucket::new();
    let id = bucket.initiate("k");
    let part = bucket.part("k", &id, 1, b"x");
    let abort = || bucket.key("DELETE", "k").query("uploadId", &id);
    abort().anonymous().send().expect_error(403, "AccessDenied");
    abort().send().expect(204);
    abort().send().expect_error(404, "NoSuchUpload").with_ec("0042-00000002");
    bucket.complete("k", &id, &[(1, part)]).send().expect_error(404, "NoSuchUpload");
    bucket.key("GET", "k").query("uploadId", &id).send().expect_error(404, "NoSuchUpload");
    assert!(bucket.root("GET", "?uploads").send().elements("UploadId").is_empty());
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn touches_neither_the_object_nor_other_uploads() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let (first, second) = (bucket.initiate("k"), bucket.initiate("k"));
    let part = bucket.part("k", &second, 1, b"y");
    bucket.key("DELETE", "other").query("uploadId", &first).send().expect_error(404, "NoSuchUpload");
    bucket.key("DELETE", "k").query("uploadId", &first).send().expect(204);
    assert_eq!(bucket.get("k"), b"x");
    bucket.complete("k", &second, &[(1, part)]).send().expect(200);
    assert_eq!(bucket.get("k"), b"y");
}
