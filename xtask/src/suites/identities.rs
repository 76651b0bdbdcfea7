//! Who asks in the suites: a user with all rights, whose key most tests sign with, since an account's own key may not assume
//! roles; a role to assume; and another account, which pays for its requests.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::drive;
use crate::running_server::{self, RunningServer};

const ADMINISTRATOR: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// The name of the user and of the role.
const NAME: &str = "suites";

/// What the tests are told by environment variables.
pub(super) struct Identities {
    account: String,
    user: Key,
    role_arn: String,
    payer: String,
    payer_key: Key,
}

struct Key {
    id: String,
    secret: String,
}

impl Identities {
    /// Makes them in a running server; files that the commands read are written to the folder.
    pub(super) fn make(binary: &Path, server: &RunningServer, folder: &Path) -> anyhow::Result<Identities> {
        let ossicle = |arguments: &[&str]| {
            let mut command = Command::new(binary);
            command
                .args(arguments)
                .args(["--json", "--console", &server.console])
                .env("OSSICLE_ROOT_ACCESS_KEY_ID", running_server::ACCESS_KEY_ID)
                .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", running_server::ACCESS_KEY_SECRET);
            let lines = drive::lines_of(&mut command)?;
            serde_json::from_str(&lines.concat()).with_context(|| format!("{arguments:?}: no JSON"))
        };
        let key_of = |arguments: &[&str]| {
            let key: Value = ossicle(&[&["key", "create"], arguments].concat())?;
            Ok::<_, anyhow::Error>(Key { id: text(&key, "id")?, secret: text(&key, "secret")? })
        };
        let administrator = write(folder, "administrator.json", ADMINISTRATOR)?;
        let account = text(&ossicle(&["user", "create", NAME])?, "account")?;
        ossicle(&["policy", "put", "administrator", "--user", NAME, &administrator])?;
        let trust = write(folder, "trust.json", &trust_policy(&account))?;
        let role_arn = text(&ossicle(&["role", "create", NAME, "--trust-policy", &trust])?, "arn")?;
        ossicle(&["policy", "put", "administrator", "--role", NAME, &administrator])?;
        let payer = text(&ossicle(&["account", "create", "payer"])?, "uid")?;
        let payer_key = key_of(&["--account", &payer])?;
        Ok(Identities { account, user: key_of(&["--user", NAME])?, role_arn, payer, payer_key })
    }

    /// Returns the environment variables that the suites read.
    pub(super) fn environment(&self) -> [(&'static str, &str); 15] {
        [
            ("OSS_TEST_ACCESS_KEY_ID", &self.user.id),
            ("OSS_TEST_ACCESS_KEY_SECRET", &self.user.secret),
            ("OSS_TEST_UID", &self.account),
            ("OSS_TEST_ACCOUNT_ID", &self.account),
            ("OSS_TEST_RAM_UID", &self.account),
            ("OSS_TEST_RAM_ROLE_ARN", &self.role_arn),
            ("OSS_TEST_STS_ID", &self.user.id),
            ("OSS_TEST_STS_KEY", &self.user.secret),
            ("OSS_TEST_STS_ARN", &self.role_arn),
            ("OSS_TEST_PAYER_UID", &self.payer),
            ("OSS_TEST_PAYER_ACCESS_KEY_ID", &self.payer_key.id),
            ("OSS_TEST_PAYER_ACCESS_KEY_SECRET", &self.payer_key.secret),
            // The payer of go1.
            ("OSS_CREDENTIAL_UID", &self.payer),
            ("OSS_CREDENTIAL_KEY_ID", &self.payer_key.id),
            ("OSS_CREDENTIAL_KEY_SECRET", &self.payer_key.secret),
        ]
    }

    /// Returns the key that most tests sign with.
    pub(super) fn main_key(&self) -> (&str, &str) {
        (&self.user.id, &self.user.secret)
    }
}

fn trust_policy(account: &str) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{{"RAM":["acs:ram::{account}:root"]}}}}]}}"#
    )
}

fn write(folder: &Path, name: &str, document: &str) -> anyhow::Result<String> {
    let file = folder.join(name);
    std::fs::write(&file, document).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file.to_string_lossy().into_owned())
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let text = answer.get(name).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no {name} in {answer}"))
}
