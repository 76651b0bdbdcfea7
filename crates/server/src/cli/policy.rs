//! `ossicle policy`: what users and roles may do.

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
            Command::Delete { name, owner } => {
                let (kind, of) = owner.path();
                let answer = place.ask(Method::DELETE, &[kind, of, "policies", name], Value::Null)?;
                place.show(&answer, |_| format!("{of} has the policy {name} no more\n"))
            }
        }
    }
}
