//! Which documents are policies, and what is said of those that are not.

use ossicle_policy::{Context, Decision, Key, MAX_STATEMENTS, Value};
use ossicle_policy::{Policy, PolicyKind, Principal, Request, Resource, Verdict, decide_assume_role};

struct Nothing;

impl Context for Nothing {
    fn value(&self, _: &Key) -> Option<Value<'_>> {
        None
    }
}

fn statement(elements: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{{elements}}}]}}"#)
}

const RAM: &str = r#""Effect":"Allow","Action":"oss:*","Resource":"*""#;

#[test]
fn what_is_wrong_is_said() {
    let check = |kind, document: &str, expected: &str| {
        let error = Policy::parse(kind, document).expect_err(document);
        assert_eq!(error.to_string(), expected, "{document}");
    };
    let ram = |document: &str, expected: &str| {
        check(PolicyKind::Ram, document, &format!("The policy document is invalid: {expected}."));
    };
    check(
        PolicyKind::Bucket,
        "{unnormal-policy-text}",
        "The policy document is not valid JSON: key must be a string at line 1 column 2.",
    );
    check(
        PolicyKind::Ram,
        r#"{"Version":"1","Version":"1"}"#,
        "The policy document is not valid JSON: \"Version\" appears twice at line 1 column 29.",
    );
    ram("[]", "Policy: must be an object");
    ram("{}", "Version: is missing");
    ram(r#"{"Version":"2","Statement":[]}"#, "Statement: must have at least one statement, and at most 256");
    ram(&statement(RAM).replace("\"1\"", "\"2\""), "Version: must be \"1\"");
    ram(&statement(RAM).replace("\"1\"", "1"), "Version: must be a string");
    ram(r#"{"Version":"1"}"#, "Statement: is missing");
    ram(r#"{"Version":"1","Statement":{}}"#, "Statement: must be a list");
    ram(r#"{"Version":"1","Statement":["x"]}"#, "Statement 1: must be an object");
    ram(r#"{"Version":"1","Id":"x","Statement":[]}"#, "Id: no element of a RAM policy");
    ram(&statement(""), "Statement 1: Effect: is missing");
    ram(&statement(r#""Effect":"allow""#), "Statement 1: Effect: \"allow\" is neither Allow nor Deny");
    ram(&statement(r#""Effect":"Allow""#), "Statement 1: Action: is missing");
    ram(&statement(r#""Effect":"Allow","Action":"*""#), "Statement 1: Resource: is missing");
    ram(&statement(r#""Effect":"Allow","Action":[],"Resource":"*""#), "Statement 1: Action: names no action");
    ram(
        &statement(r#""Effect":"Allow","Action":"GetObject","Resource":"*""#),
        "Statement 1: Action: \"GetObject\" is no action",
    );
    ram(
        &statement(r#""Effect":"Allow","Action":7,"Resource":"*""#),
        "Statement 1: Action: must be a string or a list of strings",
    );
    ram(
        &statement(r#""Effect":"Allow","Action":"*","NotAction":"*","Resource":"*""#),
        "Statement 1: NotAction: Action and NotAction exclude each other",
    );
    ram(
        &statement(r#""Effect":"Allow","Action":"*","Resource":[]"#),
        "Statement 1: Resource: names no resource",
    );
    ram(
        &statement(r#""Effect":"Allow","Action":"*","Resource":"photos/*""#),
        "Statement 1: Resource: \"photos/*\" is not of the form acs:<service>:<region>:<account>:<resource>",
    );
    ram(
        &statement(&format!(r#"{RAM},"Principal":"*""#)),
        "Statement 1: Principal: no element of a RAM policy",
    );
    ram(
        &statement(&format!(r#"{RAM},"Conditions":{{}}"#)),
        "Statement 1: Conditions: no element of a RAM policy",
    );
    let condition = |condition: &str, expected: &str| {
        ram(
            &statement(&format!(r#"{RAM},"Condition":{condition}"#)),
            &format!("Statement 1: Condition: {expected}"),
        );
    };
    condition("[]", "must be an object");
    condition(
        r#"{"StringEqualsIfExists":{"oss:Prefix":"a"}}"#,
        "\"StringEqualsIfExists\" is no condition operator",
    );
    condition(r#"{"stringequals":{"oss:Prefix":"a"}}"#, "\"stringequals\" is no condition operator");
    condition(r#"{"StringEquals":"a"}"#, "StringEquals: must be an object");
    condition(r#"{"StringEquals":{"oss:Prefx":"a"}}"#, "StringEquals: \"oss:Prefx\" is no condition key");
    condition(r#"{"StringEquals":{"acs:SourcIp":"a"}}"#, "StringEquals: \"acs:SourcIp\" is no condition key");
    condition(r#"{"StringEquals":{"Prefix":"a"}}"#, "StringEquals: \"Prefix\" is no condition key");
    condition(
        r#"{"StringEquals":{"oss:BucketTag/":"a"}}"#,
        "StringEquals: \"oss:BucketTag/\" lacks the key of the tag",
    );
    condition(r#"{"StringEquals":{"oss:Prefix":[]}}"#, "StringEquals: a condition key without a value");
    condition(r#"{"StringEquals":{"oss:Prefix":{}}}"#, "StringEquals: must be a string or a list of strings");
    condition(r#"{"NumericEquals":{"oss:ContentLength":"1k"}}"#, "NumericEquals: \"1k\" is no number");
    condition(r#"{"NumericEquals":{"oss:ContentLength":"inf"}}"#, "NumericEquals: \"inf\" is no number");
    condition(
        r#"{"DateLessThan":{"acs:CurrentTime":"tomorrow"}}"#,
        "DateLessThan: \"tomorrow\" is no time of ISO 8601",
    );
    condition(r#"{"Bool":{"acs:SecureTransport":"yes"}}"#, "Bool: \"yes\" is no boolean: true or false");
    condition(
        r#"{"IpAddress":{"acs:SourceIp":"10.0.0.0/99"}}"#,
        "IpAddress: \"10.0.0.0/99\" is no IP address or CIDR block",
    );
}

#[test]
fn documents_have_bounds() {
    let long = |kind: PolicyKind| {
        let document = statement(RAM);
        format!("{document}{}", " ".repeat(kind.max_characters() - document.len()))
    };
    for kind in [PolicyKind::Ram, PolicyKind::Session, PolicyKind::Bucket] {
        Policy::parse(kind, &long(kind)).unwrap();
        let error = Policy::parse(kind, &format!("{} ", long(kind))).unwrap_err();
        let limit = kind.max_characters();
        assert_eq!(
            error.to_string(),
            format!("The policy document must not have more than {limit} characters.")
        );
    }
    let many = |count| {
        let one = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
        format!(r#"{{"Version":"1","Statement":[{}]}}"#, vec![one; count].join(","))
    };
    Policy::parse(PolicyKind::Bucket, &many(MAX_STATEMENTS)).unwrap();
    Policy::parse(PolicyKind::Bucket, &many(MAX_STATEMENTS + 1)).unwrap_err();
    Policy::parse(PolicyKind::Bucket, &"[".repeat(10_000)).unwrap_err();
    // What is repeated in an error is cut.
    let error = Policy::parse(PolicyKind::Ram, &statement(&format!(r#""Effect":"{}""#, "x".repeat(5000))))
        .unwrap_err();
    assert!(error.to_string().len() < 300);
}

#[test]
fn a_bucket_policy_names_its_bucket() {
    let parse = |resource: &str| {
        let elements = format!(r#""Effect":"Allow","Action":"oss:*","Principal":"1","Resource":{resource}"#);
        Policy::parse(PolicyKind::Bucket, &statement(&elements)).unwrap().check_bucket("photos")
    };
    for named in [
        r#""*""#,
        r#""acs:oss:*:*:photos""#,
        r#""acs:oss:*:*:photos/*""#,
        r#""acs:oss:*:1234567890:*/*""#,
        r#""acs:oss:*:*:*/user1/*""#,
        r#""acs:oss:*:*:ph*/a""#,
        r#"["acs:oss:*:*:videos", "acs:oss:*:*:photos"]"#,
    ] {
        parse(named).expect(named);
    }
    for other in [r#""acs:oss:*:*:videos/*""#, r#""acs:oss:*:*:photo""#, r#""acs:ecs:*:*:photos""#] {
        let error = parse(other).expect_err(other);
        assert_eq!(
            error.to_string(),
            "The policy document is invalid: Statement 1: Resource: does not name the bucket photos."
        );
    }
    let ecs = statement(r#""Effect":"Allow","Action":"ecs:*","Principal":"1","Resource":"*""#);
    Policy::parse(PolicyKind::Bucket, &ecs).unwrap_err();
}

#[test]
fn which_bucket_policies_are_public() {
    let check = |elements: &str, expected: bool| {
        let elements = format!(r#"{elements},"Action":"oss:GetObject","Resource":"acs:oss:*:*:photos/*""#);
        let policy = Policy::parse(PolicyKind::Bucket, &statement(&elements)).unwrap();
        assert_eq!(policy.is_public(), expected, "{elements}");
    };
    // The manual's own examples, page "Block Public Access".
    check(r#""Effect":"Allow","Principal":["20214760404935"]"#, false);
    check(r#""Effect":"Allow","Principal":"*""#, true);
    check(r#""Effect":"Allow","Principal":"*","Condition":{"StringLike":{"acs:SourceVpc":["vpc-*"]}}"#, true);
    // And its table.
    check(r#""Effect":"Deny","Principal":"*""#, false);
    check(r#""Effect":"Allow","Principal":["1","*"]"#, true);
    check(r#""Effect":"Allow","Principal":[]"#, true);
    check(r#""Effect":"Allow""#, false);
    check(r#""Effect":"Allow","NotPrincipal":["1"]"#, true);
    check(r#""Effect":"Allow","Principal":["arn:sts::1:assumed-role/app/web"]"#, false);
    check(r#""Effect":"Allow","Principal":["arn:sts::1:assumed-role/app/*"]"#, true);
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"acs:SourceVpc":["vpc-1"]}}"#,
        false,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"acs:SourceVpcId":["vpc-1"]}}"#,
        false,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"acs:SourceVpc":["vpc-1"]}}"#,
        true,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"acs:AccessId":["LTAI1"]}}"#,
        false,
    );
    check(r#""Effect":"Allow","Principal":"*","Condition":{"StringLike":{"acs:AccessId":["LTAI*"]}}"#, true);
    check(r#""Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"oss:Prefix":["a"]}}"#, true);
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}"#,
        false,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}"#,
        true,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["2001:db8::/32"]}}"#,
        false,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["2001::/31"]}}"#,
        true,
    );
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["::ffff:0.0.0.0/96"]}}"#,
        true,
    );
    check(r#""Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":["*"]}}"#, true);
    check(
        r#""Effect":"Allow","Principal":"*","Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}"#,
        true,
    );
}

fn request<'a>(principal: Principal<'a>, service: &'a str, action: &'a str, path: &'a str) -> Request<'a> {
    let resource = Resource { service, region: "*", account: "1001", path };
    Request { principal, action, resource, context: &Nothing }
}

#[test]
fn what_cannot_be_read_denies_everything_but_to_the_owner() {
    let bucket = Policy::unreadable(PolicyKind::Bucket);
    let decide = |principal| bucket.evaluate(&request(principal, "oss", "oss:GetObject", "photos/a"));
    assert!(matches!(decide(Principal::Anonymous), Decision::ExplicitDeny(_)));
    assert!(matches!(decide(Principal::Account { uid: "1002" }), Decision::ExplicitDeny(_)));
    assert_eq!(decide(Principal::Account { uid: "1001" }), Decision::ImplicitDeny);
    let ram = Policy::unreadable(PolicyKind::Ram);
    let alice = Principal::User { account: "1001", id: "1", name: "alice" };
    assert!(matches!(ram.evaluate(&request(alice, "oss", "oss:GetObject", "a")), Decision::ExplicitDeny(_)));
}

#[test]
fn who_may_assume_a_role() {
    let trust = |principal: &str| {
        let elements = format!(r#""Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}"#);
        Policy::parse(PolicyKind::Trust, &statement(&elements))
    };
    let may = r#""Effect":"Allow","Action":"sts:AssumeRole","Resource":"acs:ram:*:1001:role/app""#;
    let may = [Policy::parse(PolicyKind::Ram, &statement(may)).unwrap()];
    let alice = Principal::User { account: "1002", id: "7", name: "alice" };
    let batch = Principal::RoleSession { account: "1002", role: "batch", session: "s" };
    let root = Principal::Account { uid: "1002" };
    let ecs = Principal::Service { name: "ecs.aliyuncs.com" };
    let check = |principal: &str, who, policies: &[Policy], expected: bool| {
        let request = request(who, "ram", "sts:AssumeRole", "role/app");
        let trust = trust(principal).unwrap();
        let verdict = decide_assume_role(&request, policies, None, &trust);
        assert_eq!(verdict.is_allowed(), expected, "{principal} {who:?}");
    };
    // RAM manual: "Edit the trust policy of a RAM role"; "Policy evaluation process of assuming a RAM role".
    check(r#"{"RAM":["acs:ram::1002:root"]}"#, alice, &may, true);
    check(r#"{"RAM":["acs:ram::1002:root"]}"#, batch, &may, true);
    check(r#"{"RAM":["acs:ram::1002:root"]}"#, root, &may, false);
    check(r#"{"RAM":["acs:ram::1002:root"]}"#, alice, &[], false);
    check(r#"{"RAM":["acs:ram::1003:root"]}"#, alice, &may, false);
    check(r#"{"RAM":["acs:ram::1002:user/alice"]}"#, alice, &may, true);
    check(r#"{"RAM":["acs:ram::1002:user/bob"]}"#, alice, &may, false);
    check(r#"{"RAM":"acs:ram::1002:role/batch"}"#, batch, &may, true);
    check(r#"{"RAM":["acs:ram::1002:role/batch"]}"#, alice, &may, false);
    check(r#"{"Service":["ecs.aliyuncs.com"]}"#, ecs, &[], true);
    check(r#"{"Service":["fc.aliyuncs.com"]}"#, ecs, &[], false);
    check(r#"{"Service":["ecs.aliyuncs.com"]}"#, alice, &may, false);
    check(r#"{"Federated":["acs:ram::1001:saml-provider/idp"]}"#, alice, &may, false);
    check(
        r#"{"RAM":["acs:ram::1002:root"]}"#,
        alice,
        &[may[0].clone(), Policy::unreadable(PolicyKind::Ram)],
        false,
    );
    let request = request(alice, "ram", "sts:AssumeRole", "role/app");
    let narrowed = Policy::parse(PolicyKind::Session, &statement(RAM)).unwrap();
    let trust_all = trust(r#"{"RAM":["acs:ram::1002:root"]}"#).unwrap();
    assert!(matches!(decide_assume_role(&request, &may, Some(&narrowed), &trust_all), Verdict::Denied(_)));
    for wrong in [
        "\"*\"",
        "{}",
        r#"{"RAM":[]}"#,
        r#"{"RAM":["*"]}"#,
        r#"{"RAM":["acs:ram::*:root"]}"#,
        r#"{"RAM":["1002"]}"#,
        r#"{"RAM":["acs:ram::1002:group/a"]}"#,
        r#"{"Service":["*"]}"#,
        r#"{"AWS":["1"]}"#,
    ] {
        assert!(trust(wrong).is_err(), "{wrong}");
    }
}
