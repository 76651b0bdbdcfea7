//! `ossicle role`: the roles of an account, which others assume for a time.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::Exit;
use super::access::{Place, describe, read_document};
use super::moment::seconds;

/// Arguments of `ossicle role`.
#[derive(Debug, Args)]
pub(super) struct Role {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a role. `ossicle policy put --role NAME` says what may be done with it.
    Create {
        /// Its name: letters, digits and -.
        name: String,
        /// File with the trust policy, which says who may assume the role; - for standard input.
        #[arg(long, value_name = "FILE")]
        trust_policy: PathBuf,
        /// The longest time that it is assumed for: 15m to 12h.
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = seconds)]
        max_session: u32,
        /// Free text.
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// List the roles.
    List,
    /// Show a role with its trust policy.
    Show {
        /// Its name.
        name: String,
    },
    /// Change a role.
    Change {
        /// Its name.
        name: String,
        /// File with another trust policy; - for standard input.
        #[arg(long, value_name = "FILE")]
        trust_policy: Option<PathBuf>,
        /// Another longest time: 15m to 12h.
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        max_session: Option<u32>,
        /// Another text.
        #[arg(long)]
        comment: Option<String>,
    },
    /// Delete a role with its policies. Its sessions end, also where another role gets its name.
    Delete {
        /// Its name.
        name: String,
    },
}

const FIELDS: [(&str, &str); 7] = [
    ("name", "name"),
    ("id", "id"),
    ("arn", "arn"),
    ("longest session, s", "max_session_s"),
    ("created", "created_ms"),
    ("comment", "comment"),
    ("trust policy", "trust_policy"),
];

impl Role {
    pub(super) fn run(self) -> Result<(), Exit> {
        let place = &self.place;
        let show = |answer: &Value| place.show(answer, |answer| describe(answer, &FIELDS));
        match &self.command {
            Command::Create { name, trust_policy, max_session, comment } => {
                let new = json!({
                    "name": name,
                    "trust_policy": read_document(trust_policy)?,
                    "max_session_s": max_session,
                    "comment": comment,
                });
                show(&place.ask(Method::POST, &["roles"], new)?)
            }
            Command::List => place.show_list(
                &place.list(&["roles"], "roles")?,
                &[("NAME", "name"), ("ID", "id"), ("CREATED", "created_ms"), ("COMMENT", "comment")],
            ),
            Command::Show { name } => show(&place.ask(Method::GET, &["roles", name], Value::Null)?),
            Command::Change { name, trust_policy, max_session, comment } => {
                let trust_policy = trust_policy.as_deref().map(read_document).transpose()?;
                let change = json!({
                    "trust_policy": trust_policy,
                    "max_session_s": max_session,
                    "comment": comment,
                });
                show(&place.ask(Method::PATCH, &["roles", name], change)?)
            }
            Command::Delete { name } => {
                let answer = place.ask(Method::DELETE, &["roles", name], Value::Null)?;
                place.show(&answer, |_| format!("the role {name} is deleted, with its policies\n"))
            }
        }
    }
}
