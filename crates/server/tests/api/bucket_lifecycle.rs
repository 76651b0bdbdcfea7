//! The lifecycle rules of a bucket. What they do is in `lifecycle.rs`.

use ossicle_protocol::Operation;

use crate::harness::Bucket;
use crate::harness::checksum::content_md5;
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketLifecycle])
    .before(|bucket| {
        bucket.root("PUT", "?lifecycle").body(ONE_RULE.replace("set", "was")).send().expect(200);
    })
    .request(|_, draft| draft.body(ONE_RULE))
    .proven(&[
        (
            "x-oss-allow-same-action-overlap",
            Proof::Test("bucket_lifecycle::rules_for_the_same_objects_need_permission"),
        ),
        ("LifecycleConfiguration/Rule/Prefix", EXPIRE),
        ("LifecycleConfiguration/Rule/Status", EXPIRE),
        ("LifecycleConfiguration/Rule/Tag/*", EXPIRE),
        ("LifecycleConfiguration/Rule/Filter/*", EXPIRE),
        ("LifecycleConfiguration/Rule/Expiration/Days", EXPIRE),
        ("LifecycleConfiguration/Rule/Expiration/CreatedBeforeDate", EXPIRE),
        ("LifecycleConfiguration/Rule/Expiration/Date", EXPIRE),
        (
            "LifecycleConfiguration/Rule/Transition/*",
            Proof::Test("lifecycle::objects_move_to_colder_classes"),
        ),
        (
            "LifecycleConfiguration/Rule/Expiration/ExpiredObjectDeleteMarker",
            Proof::Test(
                "lifecycle::objects_that_expire_leave_delete_markers_which_go_when_nothing_is_behind_them",
            ),
        ),
        (
            "LifecycleConfiguration/Rule/NoncurrentVersionExpiration/*",
            Proof::Test("lifecycle::versions_expire_when_they_have_not_been_the_latest_for_long"),
        ),
        (
            "LifecycleConfiguration/Rule/NoncurrentVersionTransition/*",
            Proof::Test("lifecycle::versions_move_to_colder_classes"),
        ),
        ("LifecycleConfiguration/Rule/AbortMultipartUpload/*", Proof::Test("lifecycle::uploads_are_aborted")),
        ("LifecycleConfiguration/*", Proof::Test("bucket_lifecycle::every_element_comes_back")),
    ])
    .samples(sample);

const EXPIRE: Proof = Proof::Test("lifecycle::objects_expire_by_their_rules");

/// Rules that a request sets.
const ONE_RULE: &str = "<LifecycleConfiguration><Rule><ID>set</ID><Prefix>none/</Prefix>\
    <Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>";

fn sample(name: &str) -> Option<String> {
    if name == "LifecycleConfiguration/Rule/AtimeBase" {
        return Some(ONE_RULE.replace("<Status>", "<AtimeBase>1631698332</AtimeBase><Status>"));
    }
    let (action, element) = name.strip_prefix("LifecycleConfiguration/Rule/")?.split_once('/')?;
    let days = if action == "Transition" { "Days" } else { "NoncurrentDays" };
    let transition = format!(
        "<{action}><{days}>9</{days}><StorageClass>IA</StorageClass><{element}>true</{element}></{action}>"
    );
    Some(ONE_RULE.replace("</Rule>", &format!("{transition}</Rule>")))
}

/// A document with these rules.
pub(crate) fn configuration(rules: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><LifecycleConfiguration>{rules}</LifecycleConfiguration>"
    )
}

/// A rule that is enabled.
pub(crate) fn rule(id: &str, prefix: &str, inside: &str) -> String {
    format!("<Rule><ID>{id}</ID><Prefix>{prefix}</Prefix><Status>Enabled</Status>{inside}</Rule>")
}

/// Deletes after so many days.
pub(crate) fn expire(days: u32) -> String {
    format!("<Expiration><Days>{days}</Days></Expiration>")
}

#[test]
fn every_element_comes_back() {
    let bucket = Bucket::new();
    // In the order in which the answer has them.
    let inside = "<Tag><Key>k</Key><Value>v</Value></Tag>\
        <Expiration><Days>400</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>\
        <Transition><Days>30</Days><StorageClass>IA</StorageClass><IsAccessTime>false</IsAccessTime>\
        <AllowSmallFile>true</AllowSmallFile></Transition>\
        <Transition><Days>60</Days><StorageClass>DeepColdArchive</StorageClass></Transition>\
        <NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>\
        <NoncurrentVersionTransition><NoncurrentDays>3</NoncurrentDays><StorageClass>IA</StorageClass>\
        </NoncurrentVersionTransition>\
        <Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><Not><Prefix>日志/x</Prefix>\
        <Tag><Key>n</Key><Value></Value></Tag></Not></Filter>";
    let dates = "<Expiration><CreatedBeforeDate>2016-12-25T00:00:00.000Z</CreatedBeforeDate></Expiration>\
        <AbortMultipartUpload><CreatedBeforeDate>2016-12-20T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>";
    let older = "<Expiration><Date>2015-11-11T00:00:00.000Z</Date></Expiration>";
    let document = configuration(&format!(
        "{}{}{}",
        rule("r 1", "日志/", inside),
        rule("r2", "b", dates),
        rule("r3", "c", older)
    ));
    let put = bucket.root("PUT", "?lifecycle").header("Content-MD5", &content_md5(document.as_bytes()));
    assert_eq!(put.body(&document).send().expect(200).text(), "");
    let told = bucket.root("GET", "?lifecycle").send().expect(200);
    assert_eq!(told.text().replace('\n', ""), document);
}

#[test]
fn a_rule_without_an_id_gets_one() {
    let bucket = Bucket::new();
    let nameless = rule("", "a", &expire(1)) + &rule("", "b", &expire(1)).replace("<ID></ID>", "");
    bucket.root("PUT", "?lifecycle").body(configuration(&nameless)).send().expect(200);
    let ids = bucket.root("GET", "?lifecycle").send().expect(200).elements("ID");
    assert_eq!(ids.iter().map(String::len).collect::<Vec<_>>(), [36, 36]);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn rules_for_the_same_objects_need_permission() {
    let bucket = Bucket::new();
    let both = configuration(&format!(
        "{}{}",
        rule("1", "dir1/", &expire(180)),
        rule("2", "dir1/dir2/", &expire(30))
    ));
    let put = |overlap: Option<&str>| {
        let request = bucket.root("PUT", "?lifecycle").body(&both);
        match overlap {
            Some(overlap) => request.header("x-oss-allow-same-action-overlap", overlap).send(),
            None => request.send(),
        }
    };
    for overlap in [None, Some("false")] {
        let refused = put(overlap).expect_error(400, "InvalidRequest");
        assert_eq!(refused.element("Message"), "Overlap for same action type Expiration");
    }
    put(Some("perhaps")).expect_error(400, "InvalidArgument");
    bucket.root("GET", "?lifecycle").send().expect_error(404, "NoSuchLifecycle");
    put(Some("true")).expect(200);
    assert_eq!(bucket.root("GET", "?lifecycle").send().expect(200).elements("ID"), ["1", "2"]);
}

#[test]
fn refuses_what_is_no_rule_and_keeps_what_there_was() {
    let bucket = Bucket::new();
    let put = |rules: &str| bucket.root("PUT", "?lifecycle").body(configuration(rules)).send();
    put(&rule("kept", "a/", &expire(1))).expect(200);
    put("").expect_error(400, "MalformedXML");
    put(&rule("r", "a/", "")).expect_error(400, "MalformedXML").with_ec("0014-00000026");
    put(&rule("r", "a/", "<Expiration></Expiration>"))
        .expect_error(400, "MalformedXML")
        .with_ec("0014-00000060");
    put(&rule("r", "a/", &expire(1)).replace("Enabled", "On")).expect_error(400, "MalformedXML");
    put(&rule("r", "a/", &expire(0))).expect_error(400, "InvalidArgument").with("ArgumentName", "Days");
    put(&rule(&"r".repeat(256), "a/", &expire(1))).expect_error(400, "InvalidArgument");
    put(&rule("r", &"a".repeat(1024), &expire(1))).expect_error(400, "InvalidArgument");
    put(&rule("r", "a/", &expire(1)).repeat(2)).expect_error(400, "InvalidArgument");
    let later = "<Transition><Days>2</Days><StorageClass>Archive</StorageClass></Transition>\
                 <Transition><Days>5</Days><StorageClass>IA</StorageClass></Transition>";
    let order = put(&rule("r", "a/", later)).expect_error(400, "InvalidArgument");
    assert_eq!(
        order.element("Message"),
        "Days in the Transition action for StorageClass Archive must be more than the Transition action for \
         StorageClass IA"
    );
    // OSS manual, PutBucketLifecycle, error codes: access tracking is not enabled for the bucket.
    let access = "<Transition><Days>2</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime></Transition>";
    put(&rule("r", "a/", access)).expect_error(400, "MalformedXML");
    let tag = format!("{}<Tag><Key>%&amp;</Key><Value>v</Value></Tag>", expire(1));
    put(&rule("r", "a/", &tag)).expect_error(400, "InvalidTag");
    // The bounds: rules, tags and exceptions, and the body.
    let many: String = (0..1001).map(|n| rule(&format!("r{n}"), &format!("{n:04}"), &expire(1))).collect();
    put(&many).expect_error(400, "MalformedXML");
    let tags = "<Tag><Key>k</Key><Value>v</Value></Tag>".repeat(101);
    put(&rule("r", "a/", &format!("{}{tags}", expire(1)))).expect_error(400, "MalformedXML");
    let nots = "<Not><Prefix>a/b</Prefix></Not>".repeat(101);
    put(&rule("r", "a/", &format!("{}<Filter>{nots}</Filter>", expire(1)))).expect_error(400, "MalformedXML");
    put(&" ".repeat(1024 * 1024)).expect_error(400, "MalformedXML");
    let cdata = |n: u32| format!("<![CDATA[{n:04}{}]]>", "&".repeat(300));
    let escapes: String = (0..1000).map(|n| rule(&format!("r{n}"), &cdata(n), &expire(1))).collect();
    put(&escapes).expect_error(400, "MalformedXML");
    let digest = bucket.root("PUT", "?lifecycle").header("Content-MD5", &content_md5(b"y"));
    digest.body(configuration(&rule("r", "a/", &expire(1)))).send().expect_error(400, "InvalidDigest");
    bucket.root("PUT", "?lifecycle").anonymous().body("x").send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("PUT", "?lifecycle").body("x").send().expect_error(404, "NoSuchBucket");
    assert_eq!(bucket.root("GET", "?lifecycle").send().expect(200).elements("ID"), ["kept"]);
}

#[test]
fn a_thousand_rules() {
    let bucket = Bucket::new();
    let rules: String = (0..1000).map(|n| rule(&format!("r{n}"), &format!("{n:04}"), &expire(1))).collect();
    bucket.root("PUT", "?lifecycle").body(configuration(&rules)).send().expect(200);
    assert_eq!(bucket.root("GET", "?lifecycle").send().expect(200).elements("Rule").len(), 1000);
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let none = bucket.root("GET", "?lifecycle").send().expect_error(404, "NoSuchLifecycle");
    assert_eq!(none.element("Message"), "No Row found in Lifecycle Table.");
    assert_eq!(none.element("BucketName"), bucket.name);
    bucket.root("GET", "?lifecycle").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?lifecycle").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn takes_the_rules_away() {
    let bucket = Bucket::new();
    bucket.root("PUT", "?lifecycle").body(configuration(&rule("r", "", &expire(1)))).send().expect(200);
    bucket.root("DELETE", "?lifecycle").anonymous().send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "?lifecycle").send().expect(204);
    bucket.root("GET", "?lifecycle").send().expect_error(404, "NoSuchLifecycle");
    bucket.root("DELETE", "?lifecycle").send().expect(204);
    Bucket::unmade().root("DELETE", "?lifecycle").send().expect_error(404, "NoSuchBucket");
}
