//! The rules against overwriting.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::harness::form::{Form, Policy};
use crate::inputs::{Inputs, Proof};
use crate::put_symlink::link;

pub(crate) const INPUTS: Inputs = Inputs::of(&[
    Operation::PutBucketOverwriteConfig,
    Operation::GetBucketOverwriteConfig,
    Operation::DeleteBucketOverwriteConfig,
])
.before(|bucket| {
    set(bucket, "<Rule><ID>1</ID><Action>forbid</Action><Prefix>kept/</Prefix></Rule>");
})
.request(|_, draft| {
    draft.body_to_set(&document("<Rule><ID>2</ID><Action>forbid</Action><Suffix>.kept</Suffix></Rule>"))
})
.proven(&[(
    "OverwriteConfiguration/*",
    Proof::Test("bucket_overwrite_config::no_way_of_writing_replaces_what_is_protected"),
)]);

fn document(rules: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OverwriteConfiguration>{rules}</OverwriteConfiguration>"
    )
}

fn set(bucket: &Bucket, rules: &str) {
    bucket.root("PUT", "?overwriteConfig").body(document(rules)).send().expect(200);
}

#[test]
fn sets_asks_for_and_takes_away_the_rules() {
    let bucket = Bucket::new();
    let get = || bucket.root("GET", "?overwriteConfig").send();
    get().expect_error(404, "NoSuchBucketOverwriteConfig");
    let rules = "<Rule><ID>rule-001</ID><Action>forbid</Action><Prefix>a/</Prefix><Suffix>.txt</Suffix>\
                 <Principals><Principal>277379621561571234</Principal></Principals></Rule>";
    set(&bucket, rules);
    assert_eq!(get().expect(200).text(), document(rules));
    // A rule without an id gets one.
    set(&bucket, "<Rule><Action>forbid</Action></Rule><Rule><Action>forbid</Action></Rule>");
    let ids = get().expect(200).elements("ID");
    assert!(ids.len() == 2 && ids[0] != ids[1] && ids[0].len() == 36, "{ids:?}");
    for (body, code) in [
        ("", "MalformedXML"),
        ("<Rule/>", "MalformedXML"),
        ("<Rule><Action>allow</Action></Rule>", "InvalidArgument"),
    ] {
        bucket.root("PUT", "?overwriteConfig").body(document(body)).send().expect_error(400, code);
    }
    assert_eq!(get().expect(200).elements("ID"), ids);
    for _ in 0..2 {
        bucket.root("DELETE", "?overwriteConfig").send().expect(204);
    }
    get().expect_error(404, "NoSuchBucketOverwriteConfig");
}

#[test]
fn no_way_of_writing_replaces_what_is_protected() {
    let bucket = Bucket::new();
    set(&bucket, "<Rule><Action>forbid</Action><Prefix>a/</Prefix><Suffix>.txt</Suffix></Rule>");
    let key = "a/k.txt";
    // What is not there is no loss.
    let begun = bucket.initiate(key);
    let part = bucket.part(key, &begun, 1, b"new");
    bucket.put(key, "old");
    bucket.put("source", "new");
    let source = format!("/{}/source", bucket.name);
    let refused = |answer: crate::harness::Answer| {
        answer.expect_error(409, "FileAlreadyExists");
        assert_eq!(bucket.get(key), b"old");
    };
    refused(bucket.key("PUT", key).body("new").send());
    refused(bucket.key("PUT", key).header("x-oss-forbid-overwrite", "false").body("new").send());
    refused(bucket.key("PUT", key).header("x-oss-copy-source", &source).send());
    refused(link(&bucket, key, "source"));
    refused(bucket.key("POST", key).query("uploads", "").send());
    refused(bucket.complete(key, &begun, &[(1, part)]).send());
    let signed = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name)).v4();
    let form = Form::new().field("key", key).fields(signed).file("k.txt", b"new");
    refused(form.onto(bucket.root("POST", "").anonymous()).send());
    // Other keys are overwritten, and those of the rule deleted.
    for other in ["a/k.gif", "b/k.txt"] {
        bucket.put(other, "old");
        bucket.put(other, "new");
    }
    bucket.key("DELETE", key).send().expect(204);
    bucket.put(key, "new");
    bucket.root("DELETE", "?overwriteConfig").send().expect(204);
    bucket.put(key, "newer");
}

#[test]
fn a_rule_may_be_about_some_principals_only() {
    let bucket = Bucket::new();
    let rule = |who: &str| {
        format!("<Rule><Action>forbid</Action><Principals><Principal>{who}</Principal></Principals></Rule>")
    };
    bucket.put("k", "old");
    set(&bucket, &rule("1234567890"));
    bucket.put("k", "by somebody else");
    let owner = bucket.root("GET", "?acl").send().expect(200).element("ID");
    for who in [owner.as_str(), "*"] {
        set(&bucket, &rule(who));
        bucket.key("PUT", "k").body("new").send().expect_error(409, "FileAlreadyExists");
    }
    bucket.set_acl("public-read-write");
    set(&bucket, &rule(&owner));
    bucket.key("PUT", "k").body("by nobody that is known").anonymous().send().expect(200);
}
