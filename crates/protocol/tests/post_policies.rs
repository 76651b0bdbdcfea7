//! POST policies: conditions of every kind, their failures as OSS words them, and the signatures of forms.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::post_policy::{PostPolicy, presented};
use ossicle_protocol::sign::{Scope, Signer};
use ossicle_protocol::{BucketName, Error, ErrorCode, SecretKey, Timestamp};

const NOW: i64 = 1_417_392_000; // 2014-12-01T00:00:00Z

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(NOW)
}

fn parse(conditions: &str) -> Result<PostPolicy, Error> {
    let json = format!(r#"{{"expiration": "2014-12-01T12:00:00.000Z", "conditions": [{conditions}]}}"#);
    PostPolicy::parse(&STANDARD.encode(json))
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn check_fields(policy: &PostPolicy, pairs: &[(&str, &str)]) -> Result<(), Error> {
    policy.check_fields(&fields(pairs), &BucketName::parse("johnsmith").unwrap(), now())
}

#[test]
fn conditions() {
    let check = |conditions: &str, pairs: &[(&str, &str)], failed: Option<&str>| {
        let result = check_fields(&parse(conditions).unwrap(), pairs);
        let message = result.map_err(|error| {
            assert_eq!(error.code(), ErrorCode::AccessDenied);
            error.message().to_owned()
        });
        let failed =
            failed.map(|text| format!("Invalid according to Policy: Policy Condition failed: {text}"));
        assert_eq!(message.err(), failed, "{conditions} {pairs:?}");
    };
    // OSS manual, "PostObject", appendix "Policy", and "PostObject common errors".
    let manual = r#"{"bucket": "johnsmith"}, ["starts-with", "$key", "user/eric/"]"#;
    check(manual, &[("key", "user/eric/a")], None);
    check(manual, &[("key", "user/a")], Some(r#"["starts-with", "$key", "user/eric/"]"#));
    check(r#"{"bucket": "mingdi-bjx"}"#, &[], Some(r#"["eq", "$bucket", "mingdi-bjx"]"#));
    // A form cannot pretend to another bucket.
    check(r#"{"bucket": "other"}"#, &[("bucket", "other")], Some(r#"["eq", "$bucket", "other"]"#));
    check(r#"["eq", "$Content-Encoding", "ZLIB"]"#, &[("content-encoding", "ZLIB")], None);
    check(r#"{"X-OSS-Meta-A": "b"}"#, &[("x-oss-meta-a", "b")], None);
    check(r#"{"key": "a"}"#, &[("KEY", "a")], None);
    check(r#"{"key": "a"}"#, &[("key", "A")], Some(r#"["eq", "$key", "a"]"#));
    check(r#"["eq", "$x:tag", "b"]"#, &[], Some(r#"["eq", "$x:tag", "b"]"#));
    check(r#"["eq", "$callback", "e30="]"#, &[("callback", "e30=")], None);
    check(r#"["starts-with", "$key", ""]"#, &[("key", "any")], None);
    check(r#"["starts-with", "$x-oss-meta-a", ""]"#, &[], None);
    check(r#"["starts-with", "$x-oss-meta-a", "p"]"#, &[], Some(r#"["starts-with", "$x-oss-meta-a", "p"]"#));
    let types = r#"["in", "$content-type", ["image/jpg", "image/png"]]"#;
    check(types, &[("Content-Type", "image/png")], None);
    check(types, &[("Content-Type", "image/gif")], Some(types));
    check(types, &[], Some(types));
    let caching = r#"["not-in", "$cache-control", ["no-cache"]]"#;
    check(caching, &[("Cache-Control", "max-age=1")], None);
    check(caching, &[("Cache-Control", "no-cache")], Some(caching));
    check(caching, &[], None);
    // Every occurrence counts, whichever one is used later.
    check(r#"{"key": "a"}"#, &[("key", "a"), ("key", "b")], Some(r#"["eq", "$key", "a"]"#));
    // A dollar sign that begins no variable, escaped once (manual) or twice (C# sample).
    check(r#"["eq", "$key", "user/\${filename}"]"#, &[("key", "user/${filename}")], None);
    check(r#"["eq", "$key", "user/\\${filename}"]"#, &[("key", "user/${filename}")], None);
    check(r#"["eq", "$key", "user/${filename}"]"#, &[("key", "user/${filename}")], None);
    check(r#"["eq", "$key", "a\"\\b"]"#, &[("key", "a\"\\b")], None);
}

#[test]
fn lengths() {
    let policy = parse(r#"["content-length-range", 1, 10], ["content-length-range", 0, 8]"#).unwrap();
    let check = |length: u64, expected: Option<ErrorCode>| {
        assert_eq!(policy.check_length(length).map_err(|error| error.code()).err(), expected, "{length}");
    };
    check(0, Some(ErrorCode::EntityTooSmall));
    check(1, None);
    check(8, None);
    check(9, Some(ErrorCode::EntityTooLarge));
    assert_eq!(policy.max_length(), Some(8));
    let bucket = BucketName::parse("johnsmith").unwrap();
    assert!(policy.check(&fields(&[]), &bucket, 8, now()).is_ok());
    assert!(policy.check(&fields(&[]), &bucket, 9, now()).is_err());
    assert_eq!(parse(r#"{"key": "a"}"#).unwrap().max_length(), None);
}

#[test]
fn expiration() {
    let policy = parse(r#"{"key": "a"}"#).unwrap();
    let bucket = BucketName::parse("johnsmith").unwrap();
    let at = |seconds| {
        policy.check_fields(&fields(&[("key", "a")]), &bucket, Timestamp::from_unix_seconds(seconds))
    };
    assert!(at(NOW + 43_200).is_ok());
    let error = at(NOW + 43_201).unwrap_err();
    assert_eq!(error.message(), "Invalid according to Policy: Policy expired.");
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[test]
fn malformed_policies() {
    let check = |json: &str, ec: &str| {
        let error = PostPolicy::parse(&STANDARD.encode(json)).unwrap_err();
        assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidPolicyDocument, ec), "{json} {error}");
        assert!(error.message().starts_with("Invalid Policy: "), "{error}");
    };
    check("", "");
    check("[]", "");
    check("{", "");
    check(&"[".repeat(10_000), "");
    check(r#"{"conditions": [["content-length-range", 0, 1048576000]]}"#, "0006-00000208");
    check(r#"{"expiration": 5, "conditions": [{"key": "a"}]}"#, "0006-00000208");
    check(r#"{"expiration": "tomorrow", "conditions": [{"key": "a"}]}"#, "0006-00000208");
    check(r#"{"expiration": "2014-12-01T12:00:00.000Z"}"#, "");
    check(r#"{"expiration": "2014-12-01T12:00:00.000Z", "conditions": []}"#, "");
    check(r#"{"expiration": "2014-12-01T12:00:00.000Z", "conditions": {}}"#, "");
    let check_conditions = |conditions: &str, ec: &str| {
        let error = parse(conditions).unwrap_err();
        assert_eq!(
            (error.code(), error.ec()),
            (ErrorCode::InvalidPolicyDocument, ec),
            "{conditions} {error}"
        );
    };
    // The published pages of these codes.
    check_conditions(r#"123, ["content-length-range", 10, 1024]"#, "0006-00000222");
    check_conditions(r#"["not-in", "cache-control", "no-cache"]"#, "0006-00000224");
    check_conditions(r#"["content-length-range", "test", 10]"#, "0006-00000220");
    check_conditions(r#"["content-length-range", 10, 1]"#, "0006-00000220");
    check_conditions(r#"["content-length-range", -1, 1]"#, "0006-00000220");
    check_conditions(r#"["like", "$key", "a"]"#, "0006-00000224");
    check_conditions(r#"["eq", "$key"]"#, "0006-00000224");
    check_conditions(r#"["eq", "$key", 5]"#, "0006-00000224");
    check_conditions(r#"{"key": 5}"#, "0006-00000224");
    let two = parse(r#"{"a": "b", "c": "d"}"#).unwrap_err();
    let message = "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one \
                   property specified.";
    assert_eq!(two.message(), message);
    assert!(PostPolicy::parse("not base64!").is_err());
    assert!(PostPolicy::parse("/w==").is_err());
}

#[test]
fn base64_with_line_breaks_and_without_padding() {
    let json = r#"{"expiration": "2014-12-01T12:00:00.000Z", "conditions": [{"key": "a"}]} "#;
    let encoded = STANDARD.encode(json);
    let (front, back) = encoded.split_at(40);
    PostPolicy::parse(&format!("{front}\r\n{back}\n")).unwrap();
    PostPolicy::parse(encoded.trim_end_matches('=')).unwrap();
}

#[test]
fn form_signatures_both_ways() {
    let signer = Signer::new("ak", SecretKey::new("sk"), "cn-hangzhou");
    let json = r#"{"expiration": "2014-12-01T12:00:00.000Z", "conditions": [{"key": "a"}]}"#;
    for form in [signer.sign_post_policy_v1(json), signer.sign_post_policy_v4(json, now())] {
        let form: Vec<_> = form.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
        let presented = presented(&form).unwrap().unwrap();
        assert_eq!(presented.access_key_id(), "ak");
        presented.verify(&SecretKey::new("sk"), now(), &Scope::default()).unwrap();
        let wrong = presented.verify(&SecretKey::new("no"), now(), &Scope::default()).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::SignatureDoesNotMatch);
        let said = wrong.details().find(|(name, _)| *name == "StringToSign").unwrap().1;
        assert_eq!(said, presented.policy());
        PostPolicy::parse(presented.policy()).unwrap();
    }
    let token = signer.with_security_token("t").sign_post_policy_v4(json, now());
    assert_eq!(presented(&token).unwrap().unwrap().security_token(), Some("t"));
}

#[test]
fn form_signatures_made_elsewhere() {
    // Computed with Python's hmac module, as the form sample of the second Python SDK does it.
    let policy =
        STANDARD.encode(r#"{"expiration": "2014-12-01T12:00:00.000Z", "conditions": [{"key": "a"}]}"#);
    let form = fields(&[
        ("OSSAccessKeyId", "ak"),
        ("policy", &policy),
        ("Signature", "C1LC8ayj/aRfdTNI315za67+j2k="),
    ]);
    presented(&form).unwrap().unwrap().verify(&SecretKey::new("sk"), now(), &Scope::default()).unwrap();
    let form = fields(&[
        ("policy", &policy),
        ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
        ("x-oss-credential", "ak/20141201/cn-hangzhou/oss/aliyun_v4_request"),
        ("x-oss-date", "20141201T000000Z"),
        ("x-oss-signature", "75bc3c078259d8bbfcc10eac89151b09da39a08ce22b42b9b42cbd4837ae1f98"),
    ]);
    presented(&form).unwrap().unwrap().verify(&SecretKey::new("sk"), now(), &Scope::default()).unwrap();
}

#[test]
fn incomplete_forms() {
    let check = |pairs: &[(&str, &str)], expected: Option<&str>| match presented(&fields(pairs)) {
        Ok(form) => assert!(form.is_none() && expected.is_none(), "{pairs:?}"),
        Err(error) => assert_eq!(Some(error.ec()), expected, "{pairs:?} {error}"),
    };
    check(&[("key", "a")], None);
    check(&[("x-oss-security-token", ""), ("policy", "")], None);
    check(&[("OSSAccessKeyId", "ak"), ("Signature", "x")], Some("0002-00000702"));
    check(&[("OSSAccessKeyId", "ak"), ("policy", "e30=")], Some("0002-00000703"));
    check(&[("policy", "e30=")], Some("0002-00000706"));
    check(&[("x-oss-signature", "x")], Some("0002-00000002"));
    let v4 = ("x-oss-signature-version", "OSS4-HMAC-SHA256");
    check(&[v4], Some("0002-00000706"));
    check(&[v4, ("x-oss-credential", "ak/20141201/r/oss/nonsense")], Some("0002-00000710"));
    let credential = ("x-oss-credential", "ak/20141201/r/oss/aliyun_v4_request");
    check(&[v4, credential], Some("0002-00000505"));
    check(&[v4, credential, ("x-oss-date", "20141202T000000Z")], Some("0002-00000710"));
    check(&[v4, credential, ("x-oss-date", "20141201T000000Z")], Some("0002-00000702"));
}

#[test]
fn v4_forms_have_a_time_and_a_region() {
    let signer = Signer::new("ak", SecretKey::new("sk"), "cn-hangzhou");
    let form = presented(&signer.sign_post_policy_v4("{}", now())).unwrap().unwrap();
    let at = |offset: i64, region: Option<&str>| {
        let scope = Scope { region: region.map(str::to_owned) };
        let result = form.verify(&SecretKey::new("sk"), Timestamp::from_unix_seconds(NOW + offset), &scope);
        result.map_err(|error| error.code()).err()
    };
    assert_eq!(at(604_800, Some("cn-hangzhou")), None);
    assert_eq!(at(604_801, None), Some(ErrorCode::AccessDenied));
    assert_eq!(at(-900, None), None);
    assert_eq!(at(-901, None), Some(ErrorCode::RequestTimeTooSkewed));
    assert_eq!(at(0, Some("cn-beijing")), Some(ErrorCode::InvalidArgument));
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,60}", json in r#"[\[\]{}:,"$a-c\\0-9 ]{0,60}"#) {
        let _ = PostPolicy::parse(&text);
        let _ = PostPolicy::parse_json(&json);
        if let Ok(policy) = parse(&json) {
            let _ = check_fields(&policy, &[("a", "b")]);
        }
    }
}
