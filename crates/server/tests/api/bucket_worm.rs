//! The retention policy of a bucket, and that no request gets around it. When it ends is tested where time can be set, in the
//! store.

use ossicle_protocol::Operation;

use crate::harness::form::{Form, Policy};
use crate::harness::{Answer, Bucket};
use crate::inputs::{Inputs, Proof};

/// A policy keeps what other operations change: that of another bucket is changed here.
pub(crate) const CHANGES: Inputs =
    Inputs::of(&[Operation::AbortBucketWorm, Operation::CompleteBucketWorm, Operation::GetBucketWorm])
        .before(|bucket| {
            begin_on(bucket, "-empty", 1).expect(200);
        })
        .request(|world, draft| {
            let draft = draft.at(&format!("/{}-empty", world.name()));
            if draft.method() == "POST" {
                draft.query("wormId", &id_on(world.bucket(), "-empty"))
            } else {
                draft
            }
        })
        .changing_nothing()
        .proven(&[("wormId", Proof::Test("bucket_worm::a_policy_is_begun_locked_and_made_longer"))]);

pub(crate) const EXTENSION: Inputs = Inputs::of(&[Operation::ExtendBucketWorm])
    .before(|bucket| {
        bucket.server.request("PUT", &format!("/{}-kept", bucket.name)).send().expect(200);
        begin_on(bucket, "-kept", 1).expect(200);
        let id = id_on(bucket, "-kept");
        bucket.server.request("POST", &format!("/{}-kept?wormId={id}", bucket.name)).send().expect(200);
    })
    .request(|world, draft| {
        let draft = draft.at(&format!("/{}-kept", world.name()));
        draft.query("wormId", &id_on(world.bucket(), "-kept")).body(&extension(2))
    })
    .changing_nothing()
    .proven(&[
        ("wormId", Proof::Test("bucket_worm::a_policy_is_begun_locked_and_made_longer")),
        ("ExtendWormConfiguration/*", Proof::Test("bucket_worm::a_policy_is_begun_locked_and_made_longer")),
    ]);

pub(crate) const BEGINNING: Inputs =
    Inputs::of(&[Operation::InitiateBucketWorm]).request(|_, draft| draft.body(&beginning(1))).proven(&[(
        "InitiateWormConfiguration/*",
        Proof::Test("bucket_worm::a_policy_is_begun_locked_and_made_longer"),
    )]);

fn beginning(days: u32) -> String {
    format!(
        "<InitiateWormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></InitiateWormConfiguration>"
    )
}

fn extension(days: u32) -> String {
    format!(
        "<ExtendWormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></ExtendWormConfiguration>"
    )
}

fn begin_on(bucket: &Bucket, other: &str, days: u32) -> Answer {
    let target = format!("/{}{other}?worm", bucket.name);
    bucket.server.request("POST", &target).body(beginning(days)).send()
}

fn id_on(bucket: &Bucket, other: &str) -> String {
    let target = format!("/{}{other}?worm", bucket.name);
    bucket.server.request("GET", &target).send().expect(200).element("WormId")
}

fn begin(bucket: &Bucket, days: u32) -> Answer {
    begin_on(bucket, "", days)
}

fn initiate(bucket: &Bucket, days: u32) -> String {
    begin(bucket, days).expect(200).must("x-oss-worm-id").to_owned()
}

fn extend(bucket: &Bucket, id: &str, days: u32) -> Answer {
    bucket.root("POST", &format!("?wormId={id}&wormExtend")).body(extension(days)).send()
}

#[test]
fn a_policy_is_begun_locked_and_made_longer() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?worm").send();
    let lock = |id: &str| bucket.root("POST", &format!("?wormId={id}")).send();
    let abort = || bucket.root("DELETE", "?worm").send();
    get().expect_error(404, "NoSuchWORMConfiguration");
    abort().expect_error(404, "NoSuchWORMConfiguration");
    lock("1666E2CFB2B3418").expect_error(404, "NoSuchWORMConfiguration");
    for days in [0, 25_551] {
        begin(&bucket, days).expect_error(400, "InvalidWORMConfiguration");
    }
    bucket.root("POST", "?worm").body("<Worm").send().expect_error(400, "MalformedXML");

    let id = initiate(&bucket, 2);
    begin(&bucket, 2).expect_error(409, "WORMConfigurationAlreadyExists");
    let told = get().expect(200);
    let elements = ["WormId", "State", "RetentionPeriodInDays"].map(|name| told.element(name));
    assert_eq!(elements, [id.as_str(), "InProgress", "2"]);
    extend(&bucket, &id, 3).expect_error(400, "InvalidWORMConfiguration");
    abort().expect(204);
    get().expect_error(404, "NoSuchWORMConfiguration");

    let id = initiate(&bucket, 2);
    lock("1666E2CFB2B3418").expect_error(404, "NoSuchWORMConfiguration");
    lock(&id).expect(200);
    lock(&id).expect_error(403, "WORMConfigurationLocked");
    abort().expect_error(403, "WORMConfigurationLocked");
    begin(&bucket, 1).expect_error(409, "WORMConfigurationAlreadyExists");
    for days in [1, 2] {
        extend(&bucket, &id, days).expect_error(400, "InvalidWORMConfiguration");
    }
    extend(&bucket, "1666E2CFB2B3418", 3).expect_error(404, "NoSuchWORMConfiguration");
    extend(&bucket, &id, 3).expect(200);
    let told = get().expect(200);
    let elements = ["WormId", "State", "RetentionPeriodInDays"].map(|name| told.element(name));
    assert_eq!(elements, [id.as_str(), "Locked", "3"]);
    assert!(told.element("CreationDate").ends_with('Z'));
    bucket.root("DELETE", "").send().expect(204);
}

#[test]
fn what_is_kept_is_neither_deleted_nor_overwritten() {
    let bucket = Bucket::new();
    bucket.put("k", "kept");
    bucket.put("source", "new");
    bucket.at("POST", "a?append&position=0").body("kept").send().expect(200);
    let begun = bucket.initiate("k");
    let part = bucket.part("k", &begun, 1, b"new");
    let id = initiate(&bucket, 1);
    let source = format!("/{}/source", bucket.name);
    let onto_itself = format!("/{}/k", bucket.name);
    let form = || {
        let form = Form::new()
            .field("key", "k")
            .fields(Policy::new().condition("[\"content-length-range\",0,1000000]").v1());
        form.file("f", "new").onto(bucket.root("POST", "")).anonymous().send()
    };
    for is_locked in [false, true] {
        if is_locked {
            bucket.root("POST", &format!("?wormId={id}")).send().expect(200);
        }
        let refused = |answer: Answer| {
            answer.expect_error(409, "FileImmutable");
            assert_eq!((bucket.get("k"), bucket.get("a")), (b"kept".to_vec(), b"kept".to_vec()));
        };
        refused(bucket.key("PUT", "k").body("new").send());
        refused(bucket.key("PUT", "k").header("x-oss-copy-source", &source).send());
        let replace = bucket.key("PUT", "k").header("x-oss-copy-source", &onto_itself);
        refused(replace.header("x-oss-metadata-directive", "REPLACE").header("Cache-Control", "x").send());
        refused(form());
        refused(bucket.complete("k", &begun, &[(1, part.clone())]).send());
        refused(bucket.at("PUT", "k?symlink").header("x-oss-symlink-target", "source").send());
        refused(bucket.at("POST", "a?append&position=4").body("new").send());
        refused(bucket.key("DELETE", "k").send());
        let delete = |keys: &str| {
            let body = format!("<Delete><Quiet>false</Quiet>{keys}</Delete>");
            let md5 = crate::harness::checksum::content_md5(body.as_bytes());
            bucket.root("POST", "?delete").header("Content-MD5", &md5).body(body).send()
        };
        refused(delete("<Object><Key>k</Key></Object><Object><Key>a</Key></Object>"));
        let deleted = delete("<Object><Key>k</Key></Object><Object><Key>none</Key></Object>").expect(200);
        assert_eq!(deleted.elements("Key"), ["none"], "what is kept is not among what was deleted");
        bucket.root("DELETE", "").send().expect_error(409, "BucketNotEmpty");
    }
    // What changes neither content nor time is allowed, and so is what is new.
    bucket.at("PUT", "k?acl").header("x-oss-object-acl", "private").send().expect(200);
    bucket.put("new", "x");
    bucket.key("PUT", "copy").header("x-oss-copy-source", &onto_itself).send().expect(200);
    bucket.key("DELETE", "new").send().expect_error(409, "FileImmutable");
    assert_eq!(bucket.get("k"), b"kept");
}

#[test]
fn a_policy_that_is_taken_away_keeps_nothing() {
    let bucket = Bucket::new();
    bucket.put("k", "old");
    initiate(&bucket, 1);
    bucket.key("DELETE", "k").send().expect_error(409, "FileImmutable");
    bucket.root("DELETE", "?worm").send().expect(204);
    bucket.put("k", "new");
    bucket.key("DELETE", "k").send().expect(204);
}
