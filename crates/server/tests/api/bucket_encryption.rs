//! The encryption that a bucket's objects get by default.

use ossicle_protocol::Operation;

use crate::encryption::{ALGORITHM, KEY_ID, assert_encrypted};
use crate::harness::{Answer, Bucket};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[
    Operation::PutBucketEncryption,
    Operation::GetBucketEncryption,
    Operation::DeleteBucketEncryption,
])
.before(|bucket| {
    set(bucket, "<SSEAlgorithm>AES256</SSEAlgorithm>").expect(200);
})
.request(|_, draft| draft.body_to_set(&document("<SSEAlgorithm>SM4</SSEAlgorithm>")))
.proven(&[(
    "ServerSideEncryptionRule/*",
    Proof::Test("bucket_encryption::sets_asks_for_and_takes_away_the_rule"),
)]);

fn document(rule: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>{rule}\
         </ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>"
    )
}

pub(crate) fn set(bucket: &Bucket, rule: &str) -> Answer {
    bucket.root("PUT", "?encryption").body(document(rule)).send()
}

/// The suite of oss2, test_put_bucket_encryption, and the manual's errors.
#[test]
fn sets_asks_for_and_takes_away_the_rule() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?encryption").send();
    get().expect_error(404, "NoSuchServerSideEncryptionRule");
    assert_eq!(bucket.root("GET", "?bucketInfo").send().expect(200).element("SSEAlgorithm"), "None");
    let kms = "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>123</KMSMasterKeyID>\
               <KMSDataEncryption>SM4</KMSDataEncryption>";
    for rule in [kms, "<SSEAlgorithm>AES256</SSEAlgorithm>", "<SSEAlgorithm>SM4</SSEAlgorithm>", kms] {
        set(&bucket, rule).expect(200);
        assert_eq!(get().expect(200).text(), document(rule));
    }
    let info = bucket.root("GET", "?bucketInfo").send().expect(200);
    let told = ["SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption"].map(|name| info.element(name));
    assert_eq!(told, ["KMS", "123", "SM4"]);
    let wrong = [
        ("<SSEAlgorithm>DES</SSEAlgorithm>", "InvalidEncryptionAlgorithmError"),
        ("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>1</KMSMasterKeyID>", "InvalidArgument"),
        ("", "MalformedXML"),
    ];
    for (rule, code) in wrong {
        set(&bucket, rule).expect_error(400, code);
    }
    assert_eq!(get().expect(200).text(), document(kms));
    for _ in 0..2 {
        bucket.root("DELETE", "?encryption").send().expect(204);
    }
    get().expect_error(404, "NoSuchServerSideEncryptionRule");
}

#[test]
fn objects_are_encrypted_as_the_bucket_has_it_unless_the_request_says_otherwise() {
    let bucket = Bucket::new();
    bucket.put("plain", "Hello");
    set(&bucket, "<SSEAlgorithm>SM4</SSEAlgorithm>").expect(200);
    assert_encrypted(&bucket.put("k", "Hello"), "SM4");
    assert_encrypted(&bucket.key("PUT", "aes").header(ALGORITHM, "AES256").body("x").send(), "AES256");
    assert_encrypted(&bucket.at("POST", "a?append&position=0").body("Hello").send().expect(200), "SM4");
    let source = format!("/{}/plain", bucket.name);
    assert_encrypted(&bucket.key("PUT", "c").header("x-oss-copy-source", &source).send().expect(200), "SM4");
    assert_encrypted(&bucket.at("POST", "m?uploads").send().expect(200), "SM4");
    for key in ["k", "a", "c"] {
        assert_encrypted(&bucket.key("HEAD", key).send(), "SM4");
        assert_eq!(bucket.get(key), b"Hello");
    }
    let head = bucket.key("HEAD", "plain").send();
    assert!(
        head.header(ALGORITHM).is_none() && head.header(KEY_ID).is_none(),
        "what was there stays as it is"
    );
    bucket.root("DELETE", "?encryption").send().expect(204);
    assert!(bucket.put("k", "Hello").header(ALGORITHM).is_none());
}
