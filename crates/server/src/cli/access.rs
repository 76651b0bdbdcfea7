//! What the commands on accounts, users, roles, access keys and policies have in common: asking a running server or working on
//! the folder of one that is stopped or on the places of a cluster, and showing the answer.

mod show;

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use http::Method;
use serde_json::Value;

pub(super) use self::show::{describe, table};
use super::console_client::ConsoleClient;
use super::store_place::StorePlace;
use super::{Exit, Format, print};
use crate::access::administration::{Administration, Parameters, Request};
use crate::access::master_key::MasterKey;
use crate::app;
use crate::config::Config;
use crate::startup;

/// The longest policy document that is read from a file.
const LONGEST_DOCUMENT: u64 = 64 * 1024;

/// Where accounts are, and how what is found is shown.
#[derive(Debug, Args)]
pub(super) struct Place {
    #[command(flatten)]
    console: ConsoleClient,
    #[command(flatten)]
    store: StorePlace,
    /// The uid of the account that it is about, where that is not the configured one.
    #[arg(long, value_name = "UID", global = true)]
    account: Option<String>,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
    /// The same as --format json.
    #[arg(long, global = true)]
    json: bool,
}

impl Place {
    /// Asks for something, with a document or null.
    pub(super) fn ask(&self, method: Method, path: &[&str], body: Value) -> Result<Value, Exit> {
        self.ask_of_user(method, path, None, body)
    }

    /// Asks for something about a user's keys.
    pub(super) fn ask_of_user(
        &self,
        method: Method,
        path: &[&str],
        user: Option<&str>,
        body: Value,
    ) -> Result<Value, Exit> {
        let parameters = Parameters {
            account: self.account.clone(),
            user: user.map(str::to_owned),
            ..Parameters::default()
        };
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        self.send(&Request { method, path, parameters, body })
    }

    /// Lists all there are, page by page, under their name in the answers.
    pub(super) fn list(&self, path: &[&str], name: &str) -> Result<Vec<Value>, Exit> {
        let mut request = Request {
            method: Method::GET,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            parameters: Parameters {
                account: self.account.clone(),
                limit: Some(1000),
                ..Parameters::default()
            },
            body: Value::Null,
        };
        let mut all = Vec::new();
        loop {
            let answer = self.send(&request)?;
            all.extend(answer.get(name).and_then(Value::as_array).into_iter().flatten().cloned());
            match answer.get("next").and_then(Value::as_str) {
                Some(next) => request.parameters.after = next.to_owned(),
                None => return Ok(all),
            }
        }
    }

    /// Writes an answer: as it is for programs, else as `text` has it.
    pub(super) fn show(&self, answer: &Value, text: impl FnOnce(&Value) -> String) -> Result<(), Exit> {
        let is_json = self.json || self.format == Format::Json;
        print(&if is_json { format!("{answer}\n") } else { text(answer) })
    }

    /// Writes a list: a line for each for programs, else a table with these columns.
    pub(super) fn show_list(&self, all: &[Value], columns: &[(&str, &str)]) -> Result<(), Exit> {
        let is_json = self.json || self.format == Format::Json;
        print(&if is_json { all.iter().map(|one| format!("{one}\n")).collect() } else { table(all, columns) })
    }

    fn send(&self, request: &Request) -> Result<Value, Exit> {
        let runtime = startup::runtime(1).map_err(Exit::unusable)?;
        if self.store.is_given().map_err(Exit::unusable)? {
            runtime.block_on(self.work_on_store(request))
        } else {
            runtime.block_on(self.ask_server(request)).map_err(Exit::failed)
        }
    }

    async fn ask_server(&self, request: &Request) -> anyhow::Result<Value> {
        let Parameters { account, user, after, limit } = &request.parameters;
        let mut path = String::from("/api/access");
        for part in &request.path {
            path.push('/');
            path.push_str(&ossicle_protocol::percent_encode(part));
        }
        let limit = limit.map(|limit| limit.to_string());
        let after = Some(after).filter(|after| !after.is_empty());
        let parameters = [
            ("account", account.as_ref()),
            ("user", user.as_ref()),
            ("after", after),
            ("limit", limit.as_ref()),
        ];
        let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (at, (name, value)) in given.enumerate() {
            let separator = if at == 0 { '?' } else { '&' };
            path.push_str(&format!("{separator}{name}={}", ossicle_protocol::percent_encode(value)));
        }
        self.console.send(request.method.clone(), &path, &request.body).await
    }

    async fn work_on_store(&self, request: &Request) -> Result<Value, Exit> {
        let config = self.store.config().map_err(Exit::unusable)?;
        let (store, master_key) = self.store.open(&config).await.map_err(Exit::unusable)?;
        let outcome = administer(&config, &master_key, &store, request).await;
        store.close().await;
        outcome
    }
}

async fn administer(
    config: &Config,
    master_key: &MasterKey,
    store: &ossicle_store::Store,
    request: &Request,
) -> Result<Value, Exit> {
    let administration = Administration {
        store,
        master_key,
        account: &config.account.owner_id,
        region: &config.server.region,
        now_ms: app::now().unix_millis(),
    };
    administration.run(request).await.map_err(|refusal| match refusal.cause {
        Some(cause) => Exit::failed(cause),
        None => Exit::failed(refusal),
    })
}

/// Reads a policy document from a file, or from standard input for `-`.
pub(super) fn read_document(file: &Path) -> Result<String, Exit> {
    let read = || -> anyhow::Result<String> {
        let source: Box<dyn std::io::Read> = if file == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(std::fs::File::open(file)?)
        };
        let mut text = String::new();
        source.take(LONGEST_DOCUMENT + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LONGEST_DOCUMENT {
            bail!("it has more than {LONGEST_DOCUMENT} bytes");
        }
        Ok(text)
    };
    let outcome = read().with_context(|| format!("cannot read the policy {}", file.display()));
    outcome.map_err(Exit::unusable)
}
