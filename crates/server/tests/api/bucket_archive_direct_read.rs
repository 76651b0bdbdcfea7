//! Reading objects of the class `Archive` without restoring them.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::inputs::{Inputs, Proof};
use crate::restore_object::put;

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketArchiveDirectRead])
    .request(|_, draft| draft.body(&document("true")))
    .proven(&[(
        "ArchiveDirectReadConfiguration/Enabled",
        Proof::Test("bucket_archive_direct_read::archives_are_read_at_once_and_colder_classes_are_not"),
    )]);

fn document(enabled: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArchiveDirectReadConfiguration><Enabled>{enabled}</Enabled>\
         </ArchiveDirectReadConfiguration>"
    )
}

#[test]
fn archives_are_read_at_once_and_colder_classes_are_not() {
    let bucket = Bucket::new();
    for class in ["Archive", "ColdArchive"] {
        put(&bucket, class, class);
    }
    let assert_set = |enabled: &str| {
        let answer = bucket.root("GET", "?bucketArchiveDirectRead").send().expect(200);
        assert_eq!(String::from_utf8_lossy(&answer.body), document(enabled));
        let read = bucket.at("GET", "Archive").send();
        match enabled {
            "true" => drop(read.expect(200)),
            _ => drop(read.expect_error(403, "InvalidObjectState")),
        }
        bucket.at("GET", "ColdArchive").send().expect_error(403, "InvalidObjectState");
    };
    assert_set("false");
    for enabled in ["true", "false", "true"] {
        bucket.root("PUT", "?bucketArchiveDirectRead").body(document(enabled)).send().expect(200);
        assert_set(enabled);
    }
    for body in ["", "<ArchiveDirectReadConfiguration/>", &document("aa")] {
        bucket.root("PUT", "?bucketArchiveDirectRead").body(body).send().expect_error(400, "MalformedXML");
    }
    for method in ["GET", "PUT"] {
        bucket.root(method, "?bucketArchiveDirectRead").anonymous().send().expect_error(403, "AccessDenied");
    }
    bucket.root("DELETE", "?bucketArchiveDirectRead").send().expect_error(405, "MethodNotAllowed");
    assert_set("true");
}
