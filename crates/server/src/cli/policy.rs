//! `ossicle policy`: what users and roles may do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::Exit;
use super::access::{Place, read_document};

/// Arguments of `ossicle policy`.
#[derive(Debug, Args)]
pub(super) struct Policy {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// A user or a role.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Owner {
    /// The user that it is about.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The role that it is about.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Attach a policy to a user or a role, or set another document for the one of that name.
    Put {
        /// Its name: letters, digits and -
        name: String,
        #[command(flatten)]
        owner: Owner,
        /// File with the document; - for standard input.
        file: PathBuf,
    },
    /// List the policies of a user or a role.
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// Show the document of a policy.
    Show {
        /// Its name.
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Tell whether somebody may do something, and which statement or ACL decides it.
    Explain {
        /// Who asks: anonymous, root, user/NAME (or the name alone), role/NAME, or an ARN.
        #[arg(long = "as", value_name = "WHO")]
        who: String,
        /// The action, as oss:PutObject
        #[arg(long)]
        action: String,
        /// What it is done to: bucket/key, bucket, or * for the account.
        #[arg(long)]
        resource: String,
        /// The value of a condition key, as acs:SourceIp=192.0.2.1; may be given several times.
        #[arg(long = "condition", value_name = "KEY=VALUE", value_parser = condition)]
        conditions: Vec<(String, String)>,
    },
    /// Take a policy from a user or a role.
    Delete {
        /// Its name.
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
}

impl Owner {
    /// Returns the beginning of the path of its policies, and its name.
    fn path(&self) -> (&'static str, &str) {
        match (&self.user, &self.role) {
            (Some(user), _) => ("users", user),
            (None, role) => ("roles", role.as_deref().unwrap_or_default()),
        }
    }
}

impl Policy {
    pub(super) fn run(self) -> Result<(), Exit> {
        let place = &self.place;
        match &self.command {
            Command::Put { name, owner, file } => {
                let ((kind, of), new) = (owner.path(), json!({ "document": read_document(file)? }));
                let answer = place.ask(Method::PUT, &[kind, of, "policies", name], new)?;
                place.show(&answer, |_| format!("{of} has the policy {name}\n"))
            }
            Command::List { owner } => {
                let (kind, of) = owner.path();
                let policies = place.list(&[kind, of, "policies"], "policies")?;
                let columns = [("NAME", "name"), ("CREATED", "created_ms"), ("SET", "updated_ms")];
                place.show_list(&policies, &columns)
            }
            Command::Show { name, owner } => {
                let (kind, of) = owner.path();
                let answer = place.ask(Method::GET, &[kind, of, "policies", name], Value::Null)?;
                place.show(&answer, |answer| {
                    let document = answer.get("document").and_then(Value::as_str).unwrap_or_default();
                    format!("{}\n", document.trim_end())
                })
            }
            Command::Explain { who, action, resource, conditions } => {
                let is_name = who != "root" && who != "anonymous" && !who.contains(['/', ':']);
                let who = if is_name { format!("user/{who}") } else { who.clone() };
                let conditions: BTreeMap<_, _> = conditions.iter().cloned().collect();
                let question =
                    json!({ "as": who, "action": action, "resource": resource, "conditions": conditions });
                let answer = place.ask(Method::POST, &["explanations"], question)?;
                place.show(&answer, explain)
            }
            Command::Delete { name, owner } => {
                let (kind, of) = owner.path();
                let answer = place.ask(Method::DELETE, &[kind, of, "policies", name], Value::Null)?;
                place.show(&answer, |_| format!("{of} has the policy {name} no more\n"))
            }
        }
    }
}

/// Reads `KEY=VALUE`.
fn condition(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("is not of the form KEY=VALUE")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

fn explain(answer: &Value) -> String {
    let is = |name| answer.get(name).and_then(Value::as_bool).unwrap_or_default();
    let verdict = if is("allowed") { "allowed" } else { "denied" };
    let reason = answer.get("reason").and_then(Value::as_str).unwrap_or_default();
    let note = if is("depends_on_request") {
        "a condition asks for what the request brings; give its value with --condition KEY=VALUE\n"
    } else {
        ""
    };
    format!("{verdict}: {reason}\n{note}")
}
