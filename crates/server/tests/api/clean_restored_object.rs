//! `CleanRestoredObject`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::Inputs;
use crate::restore_object::{document, put, quick, restore};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::CleanRestoredObject])
    .before(|bucket| {
        put(bucket, "folder/restored", "ColdArchive");
        restore(bucket, "folder/restored", &document(1, "Expedited")).expect(202);
    })
    .request(|_, draft| draft.of_key("folder/restored"));

fn clean(bucket: &Bucket, key: &str) -> crate::harness::Answer {
    bucket.at("POST", &format!("{key}?cleanRestoredObject")).send()
}

#[test]
fn a_restored_object_is_frozen_at_once() {
    let bucket = quick("86400");
    put(&bucket, "k", "ColdArchive");
    clean(&bucket, "k").expect_error(409, "ArchiveRestoreFileStale").with_ec("0016-00000718");
    restore(&bucket, "k", &document(1, "Bulk")).expect(202);
    clean(&bucket, "k").expect_error(409, "ArchiveRestoreNotFinished").with_ec("0016-00000719");
    restore(&bucket, "k", &document(1, "Expedited")).expect(202);
    assert_eq!(bucket.get("k"), b"content");
    bucket.at("POST", "k?cleanRestoredObject").anonymous().send().expect_error(403, "AccessDenied");
    clean(&bucket, "k").expect(200);
    bucket.at("GET", "k").send().expect_error(403, "InvalidObjectState");
    clean(&bucket, "k").expect_error(409, "ArchiveRestoreFileStale");
    put(&bucket, "ia", "IA");
    clean(&bucket, "ia").expect_error(400, "OperationNotSupported");
    clean(&bucket, "none").expect_error(404, "NoSuchKey");
}
