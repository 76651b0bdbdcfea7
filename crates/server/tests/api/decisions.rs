//! The decision table of `crates/policy`, over HTTP: all its callers, and the conditions that a request can bring.

mod people;

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::{Request, Server, Setup};
use people::{OWNER, People};

/// The owner's buckets, one for each that the table names.
const BUCKETS: [&str; 11] =
    ["photos", "videos", "photos2", "music", "books", "films", "maps", "logs-2026", "logs", "abc", "other"];

/// What every request has: a row without such a value cannot be sent where a policy asks for it.
const ALWAYS_THERE: [&str; 4] = ["acs:SecureTransport", "acs:CurrentTime", "acs:MFAPresent", "acs:AccessId"];

/// A row of the table.
struct Row {
    who: String,
    action: String,
    path: String,
    given: BTreeMap<String, String>,
    blocked: bool,
    expected: String,
}

/// A case of the table.
struct Case {
    ram: Vec<(String, String)>,
    session: Option<String>,
    bucket: Option<String>,
    rows: Vec<Row>,
}

impl Case {
    fn parse(case: &toml::Value) -> Self {
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let ram = case.get("ram").map(|ram| ram.as_table().unwrap().clone()).unwrap_or_default();
        let rows = text(&case["rows"]);
        Self {
            ram: ram.iter().map(|(name, document)| (name.clone(), text(document))).collect(),
            session: case.get("session").map(text),
            bucket: case.get("bucket").map(text),
            rows: rows.lines().map(str::trim).filter(|row| !row.is_empty()).map(Row::parse).collect(),
        }
    }

    /// Returns whether a policy asks for a key.
    fn asks_for(&self, key: &str) -> bool {
        let documents =
            self.ram.iter().map(|(_, document)| document).chain(&self.session).chain(&self.bucket);
        documents.into_iter().any(|document| document.to_lowercase().contains(&key.to_lowercase()))
    }
}

impl Row {
    fn parse(row: &str) -> Self {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [who, action, path, given, expected] = columns.as_slice() else {
            panic!("not five columns: {row}")
        };
        let pairs = given.split_whitespace().filter_map(|part| part.split_once('='));
        Self {
            who: (*who).to_owned(),
            action: (*action).to_owned(),
            path: (*path).to_owned(),
            given: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            blocked: given.split_whitespace().any(|part| part == "blocked"),
            expected: (*expected).to_owned(),
        }
    }

    /// Returns whether the row speaks of a request that lacks what every request has.
    fn lacks_what_is_there(&self, case: &Case) -> bool {
        let of_listing: &[&str] =
            if self.action == "oss:ListObjects" { &["oss:Prefix", "oss:Delimiter"] } else { &[] };
        let of_upload: &[&str] = if self.action == "oss:PutObject" { &["oss:x-oss-object-acl"] } else { &[] };
        let there = ALWAYS_THERE.iter().chain(of_listing).chain(of_upload);
        there.into_iter().any(|key| case.asks_for(key) && !self.given.contains_key(*key))
    }

    /// Makes the request, unless the row has what a request from here cannot have.
    fn request(&self, server: &Server) -> Option<Request> {
        let at = |method: &str, query: &str| server.request(method, &format!("/{}{query}", self.path));
        let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
        let mut request = match self.action.to_ascii_lowercase().as_str() {
            "oss:getobject" => at("GET", ""),
            "oss:putobject" => at("PUT", "").body("x"),
            "oss:deleteobject" => at("DELETE", ""),
            "oss:listobjects" => at("GET", ""),
            "oss:listobjectversions" => at("GET", "?versions"),
            "oss:getbucketacl" | "oss:getobjectacl" => at("GET", "?acl"),
            "oss:getbucketinfo" => at("GET", "?bucketInfo"),
            "oss:getbucketpolicy" => at("GET", "?policy"),
            "oss:getobjecttagging" => at("GET", "?tagging"),
            "oss:putobjecttagging" => at("PUT", "?tagging").body(tags),
            "oss:putobjectacl" => at("PUT", "?acl"),
            "oss:listbuckets" => server.request("GET", "/"),
            _ => return None,
        };
        for (key, value) in &self.given {
            let prepared = ["bucket-acl", "object-acl"].contains(&key.as_str())
                || ["oss:ExistingObjectTag/", "oss:BucketTag/"].iter().any(|tag| key.starts_with(tag));
            request = match (key.as_str(), value.as_str()) {
                _ if prepared => request,
                (_, value) if !value.is_ascii() => return None,
                ("oss:Prefix", prefix) => request.query("prefix", prefix),
                ("oss:Delimiter", delimiter) => request.query("delimiter", delimiter),
                ("acs:UserAgent", agent) => request.header("User-Agent", agent),
                ("acs:Referer", referer) => request.header("Referer", referer),
                ("oss:x-oss-object-acl", acl) => request.header("x-oss-object-acl", acl),
                // The server trusts this host to forward.
                ("acs:SourceIp", address) => request.header("X-Forwarded-For", address),
                ("acs:SecureTransport", "true") => request.header("X-Forwarded-Proto", "https"),
                ("acs:SecureTransport", "false") => request.header("X-Forwarded-Proto", "http"),
                _ => return None,
            };
        }
        Some(request)
    }

    fn tags(&self, kind: &str) -> Vec<(&str, &str)> {
        let tags =
            self.given.iter().filter_map(|(key, value)| Some((key.strip_prefix(kind)?, value.as_str())));
        tags.collect()
    }

    /// Brings bucket and object into the state that the row gives.
    fn prepare(&self, server: &Server, policy: Option<&str>) {
        // The one of the row before may deny the owner everything but this.
        server.request("DELETE", "/photos?policy").send().expect(204);
        let (bucket, key) = self.path.split_once('/').unwrap_or((&self.path, ""));
        if bucket == "*" {
            return;
        }
        let of_bucket = |method: &str, query: &str| server.request(method, &format!("/{bucket}?{query}"));
        of_bucket("DELETE", "publicAccessBlock").send().expect(204);
        let acl = |name: &str, usual| self.given.get(name).map_or(usual, String::as_str);
        of_bucket("PUT", "acl").header("x-oss-acl", acl("bucket-acl", "private")).send().expect(200);
        of_bucket("DELETE", "tagging").send().expect(204);
        for (key, value) in self.tags("oss:BucketTag/") {
            let tag = format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
            let tags = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
            of_bucket("PUT", "tagging").body(tags).send().expect(200);
        }
        if !key.is_empty() {
            let tags: Vec<String> = self
                .tags("oss:ExistingObjectTag/")
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let put = server.request("PUT", &format!("/{bucket}/{key}")).body("x");
            let put = put.header("x-oss-object-acl", acl("object-acl", "default"));
            put.header("x-oss-tagging", &tags.join("&")).send().expect(200);
        }
        if let Some(policy) = policy.filter(|_| bucket == "photos") {
            server.request("PUT", "/photos?policy").body(policy).send().expect(200);
        }
        if self.blocked {
            let block = "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess>\
                         </PublicAccessBlockConfiguration>";
            // Where a policy denies the owner this, it denies what the row asks for, too.
            of_bucket("PUT", "publicAccessBlock").body(block).send();
        }
    }
}

#[test]
fn the_decision_table_holds_over_http() {
    let setup = Setup::new()
        .set("OSSICLE_ACCOUNT_OWNER_ID", OWNER)
        .set("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
        .set("OSSICLE_STORAGE_DURABILITY", "relaxed")
        .set("OSSICLE_STS_LISTEN", "127.0.0.1:0");
    let server = setup.start();
    for bucket in BUCKETS {
        server.request("PUT", &format!("/{bucket}")).send().expect(200);
    }
    let mut people = People::new(&server);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/tests/decisions");
    let (mut rows, mut sent, mut wrong) = (0, 0, Vec::new());
    for file in std::fs::read_dir(folder).unwrap() {
        let table: toml::Table = std::fs::read_to_string(file.unwrap().path()).unwrap().parse().unwrap();
        for case in table["case"].as_array().unwrap().iter().map(Case::parse) {
            people.give(&server, &case.ram, case.session.as_deref());
            let policy = case.bucket.as_deref().map(|policy| people.with_ids(policy));
            for row in &case.rows {
                rows += 1;
                let request = row.request(&server).filter(|_| !row.lacks_what_is_there(&case));
                let Some(request) = request else { continue };
                row.prepare(&server, policy.as_deref());
                let answer = people.sign(&row.who, request).send();
                sent += 1;
                if (answer.status == 403) == row.expected.starts_with("allow") {
                    let Row { who, action, path, given, expected, .. } = row;
                    wrong.push(format!("{who} {action} {path} {given:?} {expected}: {}", answer.status));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent * 10 > rows * 7, "only {sent} of {rows} rows could be sent");
}
