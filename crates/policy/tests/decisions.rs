//! The decision table: every row of `decisions/*.toml` is decided as it says, for the reason it gives.
//!
//! A case has policies and rows. A row reads `who | action | resource | given | verdict: reason`. *Given* are ACLs
//! (`bucket-acl=public-read`, `object-acl=private`), `blocked`, and values of condition keys (`acs:SourceIp=10.0.0.1`).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::HashMap;
use std::path::Path;

use ossicle_policy::{
    Access, Acl, Acls, Context, Key, Policy, PolicyKind, Principal, Resource, Right, Value, Verdict, decide,
};

const OWNER: &str = "1001";
const OTHER: &str = "1002";

/// What operations an ACL can allow, by their action.
const RIGHTS: [(&str, Right); 5] = [
    ("oss:GetObject", Right::Read),
    ("oss:ListObjects", Right::Read),
    ("oss:PutObject", Right::Write),
    ("oss:DeleteObject", Right::Write),
    ("oss:AbortMultipartUpload", Right::Write),
];

struct Given {
    acls: Acls,
    blocked: bool,
    values: HashMap<String, String>,
}

impl Context for Given {
    fn value(&self, key: &Key) -> Option<Value<'_>> {
        let named = |name: &str| self.values.get(name).map(|value| Value::from(value.as_str()));
        match key {
            Key::SourceIp => named("acs:SourceIp"),
            Key::SourceVpc => named("acs:SourceVpc"),
            Key::CurrentTime => named("acs:CurrentTime"),
            Key::SecureTransport => named("acs:SecureTransport"),
            Key::MfaPresent => named("acs:MFAPresent"),
            Key::UserAgent => named("acs:UserAgent"),
            Key::Referer => named("acs:Referer"),
            Key::AccessId => named("acs:AccessId"),
            Key::Prefix => named("oss:Prefix"),
            Key::Delimiter => named("oss:Delimiter"),
            Key::BucketAcl => named("oss:x-oss-acl"),
            Key::ObjectAcl => named("oss:x-oss-object-acl"),
            Key::BucketTag(tag) => named(&format!("oss:BucketTag/{tag}")),
            Key::ExistingObjectTag(tag) => named(&format!("oss:ExistingObjectTag/{tag}")),
            Key::RequestObjectTag(tag) => named(&format!("oss:RequestObjectTag/{tag}")),
            Key::TlsVersion => named("oss:TLSVersion"),
            Key::ContentLength => named("oss:ContentLength"),
            Key::VersionId => named("oss:VersionId"),
            _ => None,
        }
    }
}

fn acl(name: &str) -> Acl {
    match name {
        "default" => Acl::Default,
        "private" => Acl::Private,
        "public-read" => Acl::PublicRead,
        "public-read-write" => Acl::PublicReadWrite,
        "authenticated-read" => Acl::AuthenticatedRead,
        other => panic!("no ACL: {other}"),
    }
}

fn given(text: &str, action: &str) -> Given {
    let right = RIGHTS.iter().find(|(name, _)| *name == action).map(|(_, right)| *right);
    let acls = Acls { right, bucket: Acl::Private, object: Acl::Default };
    let mut given = Given { acls, blocked: false, values: HashMap::new() };
    for part in text.split_whitespace() {
        match part.split_once('=') {
            Some(("bucket-acl", value)) => given.acls.bucket = acl(value),
            Some(("object-acl", value)) => given.acls.object = acl(value),
            Some((key, value)) => _ = given.values.insert(key.to_owned(), value.to_owned()),
            None => {
                assert_eq!(part, "blocked");
                given.blocked = true;
            }
        }
    }
    given
}

fn principal(who: &str) -> Principal<'static> {
    match who {
        "anonymous" => Principal::Anonymous,
        "owner" => Principal::Account { uid: OWNER },
        "other account" => Principal::Account { uid: OTHER },
        "alice" => Principal::User { account: OWNER, id: "2001", name: "alice" },
        "bob" => Principal::User { account: OWNER, id: "2002", name: "bob" },
        "mallory" => Principal::User { account: OTHER, id: "2003", name: "mallory" },
        "session" => Principal::RoleSession { account: OWNER, role: "app", session: "web-1" },
        "foreign session" => Principal::RoleSession { account: OTHER, role: "guest", session: "batch" },
        other => panic!("nobody: {other}"),
    }
}

struct Case {
    ram: Vec<Policy>,
    session: Option<Policy>,
    bucket: Option<Policy>,
    rows: Vec<String>,
}

/// Reads the cases of a file.
fn cases(path: &Path) -> Vec<Case> {
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let text =
        |case: &toml::Value, name: &str| case.get(name).map(|value| value.as_str().unwrap().to_owned());
    let read = |case: &toml::Value| {
        assert!(!text(case, "source").expect("a case names its source").is_empty());
        let named = case.get("ram").map(|named| named.as_table().unwrap().clone()).unwrap_or_default();
        let parse = |kind, document: &str| Policy::parse(kind, document).expect(document);
        Case {
            ram: named
                .iter()
                .map(|(name, document)| parse(PolicyKind::Ram, document.as_str().unwrap()).named(name))
                .collect(),
            session: text(case, "session").map(|document| parse(PolicyKind::Session, &document)),
            bucket: text(case, "bucket").map(|document| parse(PolicyKind::Bucket, &document)),
            rows: text(case, "rows")
                .unwrap()
                .lines()
                .map(str::trim)
                .filter(|row| !row.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    };
    table["case"].as_array().unwrap().iter().map(read).collect()
}

fn check(case: &Case, row: &str) -> Result<(), String> {
    let columns: Vec<&str> = row.split('|').map(str::trim).collect();
    let [who, action, path, given_text, expected] = columns.as_slice() else {
        return Err(format!("not five columns: {row}"));
    };
    let (given, principal) = (given(given_text, action), principal(who));
    let account = if *path == "*" { principal.account().unwrap_or(OWNER) } else { OWNER };
    let is_session = matches!(principal, Principal::RoleSession { .. });
    let access = Access {
        principal,
        action,
        resource: Resource { service: "oss", region: "cn-hangzhou", account, path },
        context: &given,
        ram_policies: &case.ram,
        session_policy: case.session.as_ref().filter(|_| is_session),
        bucket_policy: case.bucket.as_ref().filter(|_| *path != "*"),
        acls: given.acls,
        public_access_blocked: given.blocked,
    };
    let found = match decide(&access) {
        Verdict::Allowed(allowed) => format!("allow: {allowed}"),
        Verdict::Denied(denied) => format!("deny: {denied}"),
    };
    if found == *expected { Ok(()) } else { Err(format!("{row}\n    but: {found}")) }
}

#[test]
fn every_row_is_decided_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decisions");
    let (mut rows, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for case in cases(&path) {
            rows += case.rows.len();
            let failures = case.rows.iter().filter_map(|row| check(&case, row).err());
            wrong.extend(failures.map(|failure| format!("{}: {failure}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 200, "only {rows} rows were found");
}
