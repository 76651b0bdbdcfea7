//! The policy of a bucket: setting, asking, taking away, and what it allows and denies to whom.

use ossicle_protocol::Operation;

use crate::bucket_public_access_block::block;
use crate::harness::form::{Form, Policy};
use crate::harness::{Answer, Bucket, Request};
use crate::inputs::{Inputs, Proof};

pub(crate) const INPUTS: Inputs = Inputs::of(&[Operation::PutBucketPolicy, Operation::GetBucketPolicy])
    .before(|bucket| set(bucket, &[r#""Effect":"Deny","Action":"oss:GetObject","Principal":["1"]"#]))
    .request(|world, draft| {
        let elements = r#""Effect":"Allow","Action":"oss:GetObject","Principal":["1"]"#;
        draft.body_to_set(&document(world.name(), &[elements]))
    })
    .proven(&[("policy", Proof::Test("bucket_policy::is_answered_as_it_was_set"))]);

/// Returns a policy whose statements are about the bucket and everything in it, unless they say otherwise.
pub(crate) fn document(bucket: &str, statements: &[&str]) -> String {
    let whole = format!(r#""Resource":["acs:oss:*:*:{bucket}","acs:oss:*:*:{bucket}/*"]"#);
    let complete = |elements: &&str| {
        let elements = elements.replace("BUCKET", bucket);
        if elements.contains("Resource") {
            format!("{{{elements}}}")
        } else {
            format!("{{{elements},{whole}}}")
        }
    };
    let statements: Vec<String> = statements.iter().map(complete).collect();
    format!(r#"{{"Version":"1","Statement":[{}]}}"#, statements.join(","))
}

fn set(bucket: &Bucket, statements: &[&str]) {
    put(bucket, statements).send().expect(200);
}

fn put(bucket: &Bucket, statements: &[&str]) -> Request {
    bucket.root("PUT", "?policy").body(document(&bucket.name, statements))
}

#[test]
fn is_answered_as_it_was_set() {
    let bucket = Bucket::new();
    bucket.root("GET", "?policy").send().expect_error(404, "NoSuchBucketPolicy");
    // The text of the Go SDK's suite, with its line ends, and those of the suites for Java, C#, Python and Node.js.
    let texts = [
        "\n\t{\n\t\t\"Version\":\"1\",\n\t\t\"Statement\":[\n\t\t\t{\n\t\t\t\t\"Action\":[\n\t\t\t\t\t\"oss:GetObject\",\n\t\t\t\t\t\
         \"oss:PutObject\"\n\t\t\t\t],\n\t\t\t\t\"Effect\":\"Deny\",\n\t\t\t\t\"Principal\":\"[123456790]\",\n\t\t\t\t\
         \"Resource\":[\"acs:oss:*:1234567890:*/*\"]\n\t\t\t}\n\t\t]\n\t}",
        r#"{"Statement": [{"Effect": "Allow", "Action": ["oss:GetObject", "oss:ListObjects"], "Resource": ["acs:oss:*:*:*/user1/*"]}], "Version": "1"}"#,
        "{\"Version\":\"1\",\"Statement\":[{\"Action\":[\"oss:PutObject\",\"oss:GetObject\"],\"Resource\": \"acs:oss:*:*:*\",\"Effect\": \"Deny\"}]}\n",
        r#"{"Version": "1", "Statement": [{"Action": ["oss:PutObject"], "Effect": "Allow", "Resource": ["acs:oss:*:*:*/*"]}]}"#,
        r#"{"Version":"1","Statement":[{"Action":["oss:PutObject","oss:GetObject"],"Effect":"Deny","Principal":["1234567890"],"Resource":["acs:oss:*:1234567890:*/*"]}]}"#,
    ];
    for text in texts {
        let answer = bucket.root("PUT", "?policy").body(text).send().expect(200);
        assert_eq!(answer.spelled("Content-Length"), "0");
        let answer = bucket.root("GET", "?policy").send().expect(200);
        assert_eq!((answer.text(), answer.spelled("Content-Type")), (text, "application/json"));
        assert_eq!(bucket.root("GET", "?policyStatus").send().expect(200).element("IsPublic"), "false");
    }
    bucket.root("DELETE", "?policy").send().expect(204);
    bucket.root("GET", "?policy").send().expect_error(404, "NoSuchBucketPolicy");
    bucket.root("DELETE", "?policy").send().expect(204);
}

#[test]
fn errors() {
    let bucket = Bucket::new();
    let refused = |body: &str, message: &str| {
        let answer =
            bucket.root("PUT", "?policy").body(body).send().expect_error(400, "InvalidPolicyDocument");
        assert!(answer.element("Message").contains(message), "{}", answer.text());
    };
    refused("{unnormal-policy-text}", "not valid JSON");
    refused("invalidpolicy", "not valid JSON");
    refused("", "not valid JSON");
    refused("\u{feff}{}", "not valid JSON");
    refused(r#"{"Version":"2","Statement":[]}"#, "at least one statement");
    let good = document(&bucket.name, &[r#""Effect":"Deny","Action":"oss:GetObject","Principal":["1"]"#]);
    refused(&good.replace("\"1\",", "\"2\","), "Version: must be \"1\"");
    refused(&good.replace("Deny", "Forbid"), "Statement 1: Effect: \"Forbid\" is neither Allow nor Deny");
    refused(&good.replace(&bucket.name, "another"), "does not name the bucket");
    refused(&format!("{good}{}", " ".repeat(16 * 1024)), "must not have more than 16384 characters");
    refused(&" ".repeat(300_000), "must not have more than 16384 characters");
    bucket.root("PUT", "?policy").body([0xff]).send().expect_error(400, "InvalidPolicyDocument");
    let wrong_digest =
        bucket.root("PUT", "?policy").header("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==").body(&good);
    wrong_digest.send().expect_error(400, "InvalidDigest");
    bucket.root("GET", "?policy").send().expect_error(404, "NoSuchBucketPolicy");
    for method in ["PUT", "GET", "DELETE"] {
        let request = |bucket: &Bucket| {
            bucket.root(method, "?policy").body(if method == "PUT" { good.as_str() } else { "" })
        };
        request(&bucket).anonymous().send().expect_error(403, "AccessDenied");
        request(&Bucket::unmade()).send().expect_error(404, "NoSuchBucket");
    }
    bucket.root("GET", "?policyStatus").anonymous().send().expect_error(403, "AccessDenied");
    Bucket::unmade().root("GET", "?policyStatus").send().expect_error(404, "NoSuchBucket");
}

#[test]
fn everybody_may_do_what_a_policy_allows_everybody() {
    let bucket = Bucket::new();
    bucket.put("open/a", "x");
    bucket.put("shut/a", "x");
    let get = |key: &str| bucket.key("GET", key).anonymous().send();
    get("open/a").expect_error(403, "AccessDenied");
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/open/*""#,
            r#""Effect":"Allow","Action":"oss:ListObjects","Principal":["*"],"Resource":"acs:oss:*:*:BUCKET",
               "Condition":{"StringLike":{"oss:Prefix":["open/*"]}}"#,
            r#""Effect":"Allow","Action":"oss:GetBucketAcl","Principal":[],"Resource":"acs:oss:*:*:BUCKET""#,
        ],
    );
    assert_eq!(bucket.root("GET", "?policyStatus").send().expect(200).element("IsPublic"), "true");
    get("open/a").expect(200);
    bucket.key("HEAD", "open/a").anonymous().send().expect(200);
    bucket.at("HEAD", "open/a?objectMeta").anonymous().send().expect(200);
    get("open/missing").expect_error(404, "NoSuchKey");
    get("shut/a").expect_error(403, "AccessDenied");
    get("shut/missing").expect_error(403, "AccessDenied");
    bucket.key("PUT", "open/a").anonymous().body("y").send().expect_error(403, "AccessDenied");
    bucket.root("GET", "?acl").anonymous().send().expect(200);
    bucket.root("GET", "?cors").anonymous().send().expect_error(403, "AccessDenied");
    for (query, expected) in [
        ("?prefix=open/", 200),
        ("?list-type=2&prefix=open/x", 200),
        ("?prefix=", 403),
        ("", 403),
        ("?prefix=shut/", 403),
    ] {
        bucket.root("GET", query).anonymous().send().expect(expected);
    }
    bucket.root("DELETE", "?policy").send().expect(204);
    get("open/a").expect_error(403, "AccessDenied");
}

#[test]
fn a_denial_wins_over_an_acl_and_does_not_reach_the_owner() {
    let bucket = Bucket::new();
    bucket.set_acl("public-read-write");
    bucket.put("a", "x");
    set(&bucket, &[r#""Effect":"Deny","Action":["oss:GetObject","oss:DeleteObject"],"Principal":"*""#]);
    let answer = bucket.key("GET", "a").anonymous().send().expect_error(403, "AccessDenied");
    assert_eq!(answer.element("Message"), "Access denied by bucket policy.");
    answer.with_ec("0003-00000101");
    bucket.key("DELETE", "a").anonymous().send().expect_error(403, "AccessDenied");
    bucket.key("PUT", "b").anonymous().body("y").send().expect(200);
    assert_eq!(bucket.get("a"), b"x");
    bucket.key("DELETE", "a").send().expect(204);
}

#[test]
fn a_denial_with_a_condition_reaches_the_owner_who_can_take_it_away() {
    let bucket = Bucket::new();
    bucket.put("a", "x");
    let elsewhere = r#""Effect":"Deny","Action":"oss:*","Principal":"*","Condition":{"NotIpAddress":{"acs:SourceIp":["192.0.2.0/24"]}}"#;
    set(&bucket, &[elsewhere]);
    bucket.key("GET", "a").send().expect_error(403, "AccessDenied").with_ec("0003-00000101");
    bucket.root("GET", "").send().expect_error(403, "AccessDenied");
    bucket.root("GET", "?acl").send().expect_error(403, "AccessDenied");
    bucket.root("DELETE", "").send().expect_error(403, "AccessDenied");
    bucket.root("GET", "?policyStatus").send().expect(200);
    bucket.root("GET", "?policy").send().expect(200);
    set(&bucket, &[&elsewhere.replace("192.0.2.0/24", "127.0.0.0/8")]);
    assert_eq!(bucket.get("a"), b"x");
    set(&bucket, &[elsewhere]);
    bucket.root("DELETE", "?policy").send().expect(204);
    assert_eq!(bucket.get("a"), b"x");
}

#[test]
fn a_copy_needs_the_right_to_its_source_too() {
    let (source, bucket) = (Bucket::new(), Bucket::new());
    source.put("a", "x");
    set(
        &bucket,
        &[r#""Effect":"Allow","Action":["oss:PutObject","oss:AbortMultipartUpload"],"Principal":"*""#],
    );
    let copy = |key: &str| {
        let from = format!("/{}/{key}", source.name);
        bucket.key("PUT", "copy").anonymous().header("x-oss-copy-source", &from).send()
    };
    let upload =
        bucket.key("POST", "parts").query("uploads", "").anonymous().send().expect(200).element("UploadId");
    let copy_part = || {
        let from = format!("/{}/a", source.name);
        let part = bucket.key("PUT", "parts").query("partNumber", "1").query("uploadId", &upload);
        part.anonymous().header("x-oss-copy-source", &from).send()
    };
    copy("a").expect_error(403, "AccessDenied");
    copy("missing").expect_error(403, "AccessDenied");
    copy_part().expect_error(403, "AccessDenied");
    set(&source, &[r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*""#]);
    copy("a").expect(200);
    copy("missing").expect_error(404, "NoSuchKey");
    let etag = copy_part().expect(200).element("ETag");
    bucket.complete("parts", &upload, &[(1, etag)]).anonymous().send().expect(200);
    // And to its destination.
    set(&bucket, &[r#""Effect":"Deny","Action":"oss:PutObject","Principal":"*""#]);
    copy("a").expect_error(403, "AccessDenied").with_ec("0003-00000101");
}

#[test]
fn every_step_of_a_multipart_upload_is_decided() {
    let bucket = Bucket::new();
    let begin = |key: &str| bucket.key("POST", key).query("uploads", "").anonymous().send();
    let at = |method: &str, upload: &str| bucket.key(method, "in/a").query("uploadId", upload).anonymous();
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:PutObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/in/*""#,
        ],
    );
    begin("out/a").expect_error(403, "AccessDenied");
    let upload = begin("in/a").expect(200).element("UploadId");
    let part =
        at("PUT", &upload).query("partNumber", "1").body("x").send().expect(200).must("ETag").to_owned();
    // The same object, other actions.
    at("GET", &upload).send().expect_error(403, "AccessDenied");
    at("DELETE", &upload).send().expect_error(403, "AccessDenied");
    bucket.root("GET", "?uploads").anonymous().send().expect_error(403, "AccessDenied");
    bucket.complete("in/a", &upload, &[(1, part)]).anonymous().send().expect(200);
    bucket.key("GET", "in/a").anonymous().send().expect_error(403, "AccessDenied");
    let upload = begin("in/a").expect(200).element("UploadId");
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":["oss:ListParts","oss:AbortMultipartUpload"],"Principal":"*""#,
            r#""Effect":"Allow","Action":"oss:ListMultipartUploads","Principal":"*""#,
        ],
    );
    bucket.root("GET", "?uploads").anonymous().send().expect(200);
    at("GET", &upload).send().expect(200);
    at("PUT", &upload).query("partNumber", "1").body("x").send().expect_error(403, "AccessDenied");
    bucket.complete("in/a", &upload, &[]).anonymous().send().expect_error(403, "AccessDenied");
    at("DELETE", &upload).send().expect(204);
}

#[test]
fn of_many_keys_each_is_decided() {
    let bucket = Bucket::new();
    for key in ["a/1", "a/2", "b/1"] {
        bucket.put(key, "x");
    }
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:DeleteObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/a/*""#,
        ],
    );
    let delete = |keys: &[&str]| {
        let keys: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
        bucket.root("POST", "?delete").anonymous().body(format!("<Delete>{keys}</Delete>")).send()
    };
    delete(&["b/1"]).expect_error(403, "AccessDenied");
    assert_eq!(delete(&["a/1", "b/1"]).expect(200).elements("Key"), ["a/1"]);
    bucket.assert_keys(&["a/2", "b/1"]);
    // The owner's, too.
    set(
        &bucket,
        &[
            r#""Effect":"Deny","Action":"oss:DeleteObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/b/*",
              "Condition":{"Bool":{"acs:SecureTransport":"false"}}"#,
        ],
    );
    let keys = "<Delete><Object><Key>a/2</Key></Object><Object><Key>b/1</Key></Object></Delete>";
    let answer = bucket.root("POST", "?delete").body(keys).send().expect(200);
    assert_eq!(answer.elements("Key"), ["a/2"]);
    bucket.assert_keys(&["b/1"]);
}

#[test]
fn a_form_is_decided_after_its_signature() {
    let bucket = Bucket::new();
    let send = |key: &str, fields: &[(&str, &str)], signed: bool| -> Answer {
        let form = if signed {
            Form::new().fields(Policy::new().condition(r#"["content-length-range", 0, 100]"#).v4())
        } else {
            Form::new()
        };
        let form = fields.iter().fold(form.field("key", key), |form, (name, value)| form.field(name, value));
        form.file("f", "x").onto(bucket.root("POST", "")).send()
    };
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:PutObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/in/*",
              "Condition":{"StringEquals":{"oss:x-oss-object-acl":["default","private"]}}"#,
            r#""Effect":"Deny","Action":"oss:PutObject","Principal":"*","Resource":"acs:oss:*:*:BUCKET/never/*",
              "Condition":{"Bool":{"acs:SecureTransport":"false"}}"#,
        ],
    );
    send("in/a", &[], false).expect(204);
    send("in/b", &[("x-oss-object-acl", "private")], false).expect(204);
    send("in/c", &[("x-oss-object-acl", "public-read")], false).expect_error(403, "AccessDenied");
    send("out/a", &[], false).expect_error(403, "AccessDenied");
    send("out/a", &[], true).expect(204);
    send("never/a", &[], true).expect_error(403, "AccessDenied").with_ec("0003-00000101");
    send("in/d", &[("x-oss-tagging", "team=web")], false).expect_error(403, "AccessDenied");
    bucket.assert_keys(&["in/a", "in/b", "out/a"]);
}

#[test]
fn tags_and_acls_that_a_request_brings_are_conditions() {
    let bucket = Bucket::new();
    let put = |headers: &[(&str, &str)]| {
        let request = bucket.key("PUT", "a").anonymous().body("x");
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    };
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:PutObject","Principal":"*""#,
            r#""Effect":"Allow","Action":"oss:PutObjectTagging","Principal":"*",
              "Condition":{"StringEquals":{"oss:RequestObjectTag/team":["web"]}}"#,
            r#""Effect":"Deny","Action":["oss:PutObject","oss:PutObjectAcl"],"Principal":"*",
              "Condition":{"StringNotEquals":{"oss:x-oss-object-acl":["private","default"]}}"#,
        ],
    );
    put(&[]).expect(200);
    put(&[("x-oss-tagging", "team=web")]).expect(200);
    put(&[("x-oss-tagging", "team=db")]).expect_error(403, "AccessDenied");
    put(&[("x-oss-object-acl", "private")]).expect(200);
    put(&[("x-oss-object-acl", "public-read")]).expect_error(403, "AccessDenied").with_ec("0003-00000101");
    bucket
        .at("PUT", "a?acl")
        .header("x-oss-object-acl", "public-read")
        .send()
        .expect_error(403, "AccessDenied");
    bucket.at("PUT", "a?acl").header("x-oss-object-acl", "private").send().expect(200);
    let tag = |value: &str| {
        let tags =
            format!("<Tagging><TagSet><Tag><Key>team</Key><Value>{value}</Value></Tag></TagSet></Tagging>");
        bucket.at("PUT", "a?tagging").anonymous().body(tags).send()
    };
    tag("web").expect(200);
    tag("db").expect_error(403, "AccessDenied");
    let begin = bucket.key("POST", "b").query("uploads", "").anonymous().header("x-oss-tagging", "team=db");
    begin.send().expect_error(403, "AccessDenied");
}

#[test]
fn tags_that_are_there_are_conditions() {
    let bucket = Bucket::new();
    for (key, team) in [("a", "web"), ("b", "db")] {
        bucket.key("PUT", key).header("x-oss-tagging", &format!("team={team}")).body("x").send().expect(200);
    }
    let get = |key: &str| bucket.key("GET", key).anonymous().send();
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*","Condition":{"StringEquals":{"oss:ExistingObjectTag/team":"web"}}"#,
        ],
    );
    get("a").expect(200);
    get("b").expect_error(403, "AccessDenied");
    get("c").expect_error(403, "AccessDenied");
    set(
        &bucket,
        &[
            r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*","Condition":{"StringEquals":{"oss:BucketTag/stage":"live"}}"#,
        ],
    );
    get("a").expect_error(403, "AccessDenied");
    let tags = "<Tagging><TagSet><Tag><Key>stage</Key><Value>live</Value></Tag></TagSet></Tagging>";
    bucket.root("PUT", "?tagging").body(tags).send().expect(200);
    get("a").expect(200);
}

#[test]
fn headers_and_addresses_are_conditions() {
    let bucket = Bucket::new();
    bucket.put("a", "x");
    let check = |condition: &str, headers: &[(&str, &str)], expected: u16| {
        let elements =
            format!(r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*","Condition":{condition}"#);
        set(&bucket, &[&elements]);
        let request = bucket.key("GET", "a").anonymous();
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .send()
            .expect(expected);
    };
    let agent = r#"{"StringLike":{"acs:UserAgent":"java-sdk*"}}"#;
    check(agent, &[("User-Agent", "java-sdk/1")], 200);
    check(agent, &[("User-Agent", "go-sdk/1")], 403);
    check(agent, &[], 403);
    let referer = r#"{"StringLike":{"acs:Referer":"https://*.example.com/*"}}"#;
    check(referer, &[("Referer", "https://www.example.com/a")], 200);
    check(referer, &[("Referer", "https://www.example.org/a")], 403);
    // Of a long value the beginning counts.
    let long = format!("{}z", "a".repeat(2000));
    check(r#"{"StringLike":{"acs:Referer":"aaa*"}}"#, &[("Referer", &long)], 200);
    check(r#"{"StringLike":{"acs:Referer":"*z"}}"#, &[("Referer", &long)], 403);
    check(r#"{"IpAddress":{"acs:SourceIp":"127.0.0.1"}}"#, &[], 200);
    check(r#"{"IpAddress":{"acs:SourceIp":"192.0.2.1"}}"#, &[], 403);
    // Who forwards is believed where it is a trusted proxy alone.
    check(r#"{"IpAddress":{"acs:SourceIp":"192.0.2.1"}}"#, &[("X-Forwarded-For", "192.0.2.1")], 403);
    check(r#"{"Bool":{"acs:SecureTransport":"true"}}"#, &[], 403);
    check(r#"{"Bool":{"acs:SecureTransport":"true"}}"#, &[("X-Forwarded-Proto", "https")], 403);
    check(r#"{"Bool":{"acs:SecureTransport":"false"}}"#, &[], 200);
    check(r#"{"DateGreaterThan":{"acs:CurrentTime":"2020-01-01T00:00:00Z"}}"#, &[], 200);
    check(r#"{"DateLessThan":{"acs:CurrentTime":"2020-01-01T00:00:00Z"}}"#, &[], 403);
    // Nobody signed, and no network is private.
    check(r#"{"StringLike":{"acs:AccessId":"*"}}"#, &[], 403);
    check(
        r#"{"StringNotLike":{"acs:SourceVpc":"vpc-*"},"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}"#,
        &[],
        200,
    );
}

#[test]
fn a_public_policy_is_refused_and_ignored_while_public_access_is_blocked() {
    let bucket = Bucket::new();
    bucket.put("a", "x");
    let public = [r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*""#];
    set(&bucket, &public);
    bucket.key("GET", "a").anonymous().send().expect(200);
    block(&bucket, true);
    bucket.key("GET", "a").anonymous().send().expect_error(403, "AccessDenied");
    let answer = put(&bucket, &public).send().expect_error(403, "AccessDenied");
    assert_eq!(answer.element("Message"), "Put public bucket policy is not allowed");
    // A network that is fixed is not the public.
    let fixed = r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["127.0.0.0/8"]}}"#;
    set(&bucket, &[fixed]);
    assert_eq!(bucket.root("GET", "?policyStatus").send().expect(200).element("IsPublic"), "false");
    bucket.key("GET", "a").anonymous().send().expect(200);
    block(&bucket, false);
    set(&bucket, &public);
}

#[test]
fn a_bucket_is_gone_with_its_policy() {
    let bucket = Bucket::new();
    set(&bucket, &[r#""Effect":"Allow","Action":"oss:GetObject","Principal":"*""#]);
    bucket.root("DELETE", "").send().expect(204);
    bucket.root("PUT", "").send().expect(200);
    bucket.root("GET", "?policy").send().expect_error(404, "NoSuchBucketPolicy");
    bucket.put("a", "x");
    bucket.key("GET", "a").anonymous().send().expect_error(403, "AccessDenied");
}
