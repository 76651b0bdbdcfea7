//! `ossicle user`: the users of an account.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::Exit;
use super::access::{Place, describe};

/// Arguments of `ossicle user`.
#[derive(Debug, Args)]
pub(super) struct User {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a user. `ossicle key create --user NAME` gives it an access key, `ossicle policy put` rights.
    Create {
        /// Its name: letters, digits and -_.
        name: String,
        /// Free text.
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// List the users.
    List,
    /// Show a user.
    Show {
        /// Its name.
        name: String,
    },
    /// Refuse the access keys of a user.
    Disable {
        /// Its name.
        name: String,
    },
    /// Take the access keys of a disabled user again.
    Enable {
        /// Its name.
        name: String,
    },
    /// Delete a user with its access keys and policies.
    Delete {
        /// Its name.
        name: String,
    },
}

const FIELDS: [(&str, &str); 6] = [
    ("name", "name"),
    ("id", "id"),
    ("arn", "arn"),
    ("status", "status"),
    ("created", "created_ms"),
    ("comment", "comment"),
];

impl User {
    pub(super) fn run(self) -> Result<(), Exit> {
        let place = &self.place;
        let show = |answer: &Value| place.show(answer, |answer| describe(answer, &FIELDS));
        match &self.command {
            Command::Create { name, comment } => {
                let new = json!({ "name": name, "comment": comment });
                show(&place.ask(Method::POST, &["users"], new)?)
            }
            Command::List => place.show_list(
                &place.list(&["users"], "users")?,
                &[
                    ("NAME", "name"),
                    ("ID", "id"),
                    ("STATUS", "status"),
                    ("CREATED", "created_ms"),
                    ("COMMENT", "comment"),
                ],
            ),
            Command::Show { name } => show(&place.ask(Method::GET, &["users", name], Value::Null)?),
            Command::Disable { name } => {
                show(&place.ask(Method::PATCH, &["users", name], json!({ "status": "Disabled" }))?)
            }
            Command::Enable { name } => {
                show(&place.ask(Method::PATCH, &["users", name], json!({ "status": "Active" }))?)
            }
            Command::Delete { name } => {
                let answer = place.ask(Method::DELETE, &["users", name], Value::Null)?;
                place.show(&answer, |_| {
                    format!("the user {name} is deleted, with its access keys and policies\n")
                })
            }
        }
    }
}
