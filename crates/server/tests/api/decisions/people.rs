//! The people of the decision table: accounts, users and roles that are made over the administration's API, and sessions that are
//! begun by AssumeRole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Request, Server, StsRequest};

/// The accounts as the table calls them.
pub(super) const OWNER: &str = "1001";
const OTHER: &str = "1002";

/// Users, by the account, the name, and the id that the table gives them.
const USERS: [(&str, &str, &str); 3] =
    [(OWNER, "alice", "2001"), (OWNER, "bob", "2002"), (OTHER, "mallory", "2003")];

/// Role sessions, as the table calls them: the account, the role and the session.
const SESSIONS: [(&str, &str, &str, &str); 2] =
    [("session", OWNER, "app", "web-1"), ("foreign session", OTHER, "guest", "batch")];

/// Those who may assume the roles.
const ASSUMER: &str = "assumer";

/// How requests are signed.
#[derive(Debug, Clone)]
struct Signer {
    id: String,
    secret: String,
    token: Option<String>,
}

/// The people, with what the case gave them.
pub(super) struct People {
    keys: BTreeMap<String, Signer>,
    assumers: BTreeMap<&'static str, Signer>,
    /// The ids that the table gives users, with those that they have.
    ids: Vec<(&'static str, String)>,
    attached: Vec<String>,
}

impl People {
    /// Makes them.
    pub(super) fn new(server: &Server) -> Self {
        let mut people =
            Self { keys: BTreeMap::new(), assumers: BTreeMap::new(), ids: Vec::new(), attached: Vec::new() };
        let other = json!({ "name": "other", "uid": OTHER });
        server.administer("POST", "accounts", &other).expect(200);
        people.keys.insert("other account".to_owned(), key(server, &format!("?account={OTHER}")));
        for (account, name, id) in USERS {
            let made = make_user(server, account, name);
            people.ids.push((id, made["id"].as_str().unwrap().to_owned()));
            people.keys.insert(name.to_owned(), key(server, &format!("?account={account}&user={name}")));
        }
        for (_, account, role, _) in SESSIONS {
            make_user(server, account, ASSUMER);
            let policy = json!({ "document": {"Version": "1", "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]} });
            let path = format!("users/{ASSUMER}/policies/assume?account={account}");
            server.administer("PUT", &path, &policy).expect(200);
            people.assumers.insert(account, key(server, &format!("?account={account}&user={ASSUMER}")));
            let trust = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"RAM": [format!("acs:ram::{account}:root")]}}]});
            let role = json!({ "name": role, "trust_policy": trust });
            server.administer("POST", &format!("roles?account={account}"), &role).expect(200);
        }
        people
    }

    /// Gives everybody these RAM policies, in the place of those of the case before, and begins sessions with this policy.
    pub(super) fn give(&mut self, server: &Server, ram: &[(String, String)], session: Option<&str>) {
        let holders = USERS.map(|(account, name, _)| ("users", account, name)).into_iter();
        let holders = holders.chain(SESSIONS.map(|(_, account, role, _)| ("roles", account, role)));
        for (kind, account, holder) in holders {
            let path = |policy: &str| format!("{kind}/{holder}/policies/{policy}?account={account}");
            for policy in &self.attached {
                server.administer("DELETE", &path(policy), &Value::Null).expect(200);
            }
            for (policy, document) in ram {
                server.administer("PUT", &path(policy), &json!({ "document": document })).expect(200);
            }
        }
        self.attached = ram.iter().map(|(name, _)| name.clone()).collect();
        for (who, account, role, name) in SESSIONS {
            let session = self.begin(server, (account, role, name), session);
            self.keys.insert(who.to_owned(), session);
        }
    }

    /// Assumes a role.
    fn begin(
        &self,
        server: &Server,
        (account, role, name): (&str, &str, &str),
        policy: Option<&str>,
    ) -> Signer {
        let Signer { id, secret, .. } = &self.assumers[account];
        let arn = format!("acs:ram::{account}:role/{role}");
        let request = StsRequest::new(server.sts(), "AssumeRole").key(id, secret);
        let request = request.with("RoleArn", &arn).with("RoleSessionName", name);
        let request = policy.iter().fold(request, |request, policy| request.with("Policy", policy));
        let answer: Value = serde_json::from_slice(&request.send().expect(200).body).unwrap();
        let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
        Signer {
            id: text("AccessKeyId"),
            secret: text("AccessKeySecret"),
            token: Some(text("SecurityToken")),
        }
    }

    /// Puts the ids that users have in the place of those that the table gives them.
    pub(super) fn with_ids(&self, policy: &str) -> String {
        self.ids.iter().fold(policy.to_owned(), |policy, (id, made)| {
            policy.replace(&format!("\"{id}\""), &format!("\"{made}\""))
        })
    }

    /// Signs a request as somebody.
    pub(super) fn sign(&self, who: &str, request: Request) -> Request {
        match who {
            "anonymous" => request.anonymous(),
            "owner" => request,
            _ => {
                let Signer { id, secret, token } = &self.keys[who];
                let request = request.key(id, secret);
                token.iter().fold(request, |request, token| request.header("x-oss-security-token", token))
            }
        }
    }
}

fn make_user(server: &Server, account: &str, name: &str) -> Value {
    let made = server.administer("POST", &format!("users?account={account}"), &json!({ "name": name }));
    serde_json::from_str(made.expect(200).text()).unwrap()
}

fn key(server: &Server, parameters: &str) -> Signer {
    let (id, secret) = server.make_key(parameters);
    Signer { id, secret, token: None }
}
