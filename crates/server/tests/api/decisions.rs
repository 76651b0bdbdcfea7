//! The decision table of `crates/policy`, over HTTP: the rows of callers and conditions that a request can bring.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::harness::{Request, Server, Setup};

/// The account that the table calls the owner.
const OWNER: &str = "1001";

const BUCKETS: [&str; 3] = ["photos", "videos", "photos2"];

/// A row of the table, as a request.
struct Row {
    who: String,
    action: String,
    path: String,
    given: BTreeMap<String, String>,
    blocked: bool,
    expected: String,
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

    /// Makes the request, unless the row has what a request from here cannot have.
    fn request(&self, server: &Server) -> Option<Request> {
        let mut request = match self.action.as_str() {
            "oss:GetObject" => server.request("GET", &self.at("")),
            "oss:PutObject" => server.request("PUT", &self.at("")).body("x"),
            "oss:DeleteObject" => server.request("DELETE", &self.at("")),
            "oss:ListObjects" => server.request("GET", &self.at("")),
            "oss:ListObjectVersions" => server.request("GET", &self.at("?versions")),
            "oss:GetBucketAcl" => server.request("GET", &self.at("?acl")),
            "oss:GetBucketInfo" => server.request("GET", &self.at("?bucketInfo")),
            "oss:GetObjectAcl" => server.request("GET", &self.at("?acl")),
            "oss:GetBucketPolicy" => server.request("GET", &self.at("?policy")),
            "oss:ListBuckets" => server.request("GET", "/"),
            _ => return None,
        };
        for (key, value) in &self.given {
            request = match (key.as_str(), value.as_str()) {
                ("bucket-acl" | "object-acl", _) => request,
                ("oss:Prefix", prefix) => request.query("prefix", prefix),
                ("oss:Delimiter", delimiter) => request.query("delimiter", delimiter),
                ("acs:UserAgent", agent) => request.header("User-Agent", agent),
                ("acs:Referer", referer) => request.header("Referer", referer),
                // The server trusts this host to forward.
                ("acs:SourceIp", address) => request.header("X-Forwarded-For", address),
                ("acs:SecureTransport", "true") => request.header("X-Forwarded-Proto", "https"),
                ("acs:SecureTransport", "false") => request.header("X-Forwarded-Proto", "http"),
                _ => return None,
            };
        }
        match self.who.as_str() {
            "anonymous" => Some(request.anonymous()),
            "owner" => Some(request),
            _ => None,
        }
    }

    fn at(&self, query: &str) -> String {
        format!("/{}{query}", self.path)
    }

    /// Brings bucket and object into the state that the row gives.
    fn prepare(&self, server: &Server, policy: Option<&str>) {
        let (bucket, key) = self.path.split_once('/').unwrap_or((&self.path, ""));
        let send = |request: Request| request.send();
        // The policy of the row before may deny the owner everything but this.
        for bucket in BUCKETS {
            send(server.request("DELETE", &format!("/{bucket}?policy"))).expect(204);
        }
        if bucket == "*" {
            return;
        }
        send(server.request("DELETE", &format!("/{bucket}?publicAccessBlock"))).expect(204);
        let given = |name: &str| self.given.get(name).map_or("private", String::as_str);
        let acl = server.request("PUT", &format!("/{bucket}?acl")).header("x-oss-acl", given("bucket-acl"));
        send(acl).expect(200);
        if !key.is_empty() {
            let put = server.request("PUT", &format!("/{bucket}/{key}")).body("x");
            let own = self.given.get("object-acl").map_or("default", String::as_str);
            send(put.header("x-oss-object-acl", own)).expect(200);
        }
        if let Some(policy) = policy.filter(|_| bucket == "photos") {
            send(server.request("PUT", "/photos?policy").body(policy)).expect(200);
        }
        if self.blocked {
            let block = "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess>\
                         </PublicAccessBlockConfiguration>";
            // Where the owner is denied it, the row cannot be made.
            send(server.request("PUT", &format!("/{bucket}?publicAccessBlock")).body(block));
        }
    }
}

/// Returns the cases of a file: the bucket policy of each, and its rows.
fn cases(path: &Path) -> Vec<(Option<String>, Vec<Row>)> {
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let rows = |case: &toml::Value| {
        let text = case["rows"].as_str().unwrap();
        text.lines().map(str::trim).filter(|row| !row.is_empty()).map(Row::parse).collect()
    };
    let policy = |case: &toml::Value| case.get("bucket").map(|policy| policy.as_str().unwrap().to_owned());
    table["case"].as_array().unwrap().iter().map(|case| (policy(case), rows(case))).collect()
}

#[test]
fn the_decision_table_holds_over_http() {
    let setup = Setup::new()
        .set("OSSICLE_ACCOUNT_OWNER_ID", OWNER)
        .set("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
        .set("OSSICLE_SERVER_REGION", "cn-hangzhou");
    let server = Arc::new(setup.start());
    for bucket in BUCKETS {
        server.request("PUT", &format!("/{bucket}")).send().expect(200);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/tests/decisions");
    let (mut sent, mut wrong) = (0, Vec::new());
    for file in std::fs::read_dir(folder).unwrap() {
        for (policy, rows) in cases(&file.unwrap().path()) {
            let names_prefix = policy.as_deref().is_some_and(|policy| policy.contains("oss:Prefix"));
            for row in rows {
                // A listing without a prefix has an empty one.
                let lacks_prefix = row.action == "oss:ListObjects" && !row.given.contains_key("oss:Prefix");
                let Some(request) = row.request(&server).filter(|_| !(names_prefix && lacks_prefix)) else {
                    continue;
                };
                row.prepare(&server, policy.as_deref());
                let answer = request.send();
                sent += 1;
                let allowed = row.expected.starts_with("allow");
                if (answer.status == 403) == allowed {
                    let (who, action, path) = (&row.who, &row.action, &row.path);
                    wrong.push(format!(
                        "{who} {action} {path} {:?} {}: {}",
                        row.given, row.expected, answer.status
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 100, "only {sent} rows were sent");
}
