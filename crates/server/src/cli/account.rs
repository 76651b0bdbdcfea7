//! `ossicle account`: accounts, which own buckets, users and roles.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::Exit;
use super::access::{Place, describe};

/// Arguments of `ossicle account`.
#[derive(Debug, Args)]
pub(super) struct Account {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account. `ossicle key create --account UID` gives it an access key.
    Create {
        /// Its name: letters, digits and -_.
        name: String,
        /// Its uid, for one that policies know by it; made at random without this.
        #[arg(long, value_name = "DIGITS")]
        uid: Option<String>,
        /// Free text.
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// List the accounts, the configured one first.
    List,
    /// Show an account.
    Show {
        /// Its uid.
        uid: String,
    },
    /// Refuse every access key of an account, of its users and of its roles.
    Disable {
        /// Its uid.
        uid: String,
    },
    /// Take the access keys of a disabled account again.
    Enable {
        /// Its uid.
        uid: String,
    },
    /// Delete an account that has no buckets, users and roles, with its access keys.
    Delete {
        /// Its uid.
        uid: String,
    },
}

const FIELDS: [(&str, &str); 5] = [
    ("uid", "uid"),
    ("name", "name"),
    ("status", "status"),
    ("created", "created_ms"),
    ("comment", "comment"),
];

impl Account {
    pub(super) fn run(self) -> Result<(), Exit> {
        let place = &self.place;
        let show = |answer: &Value| place.show(answer, |answer| describe(answer, &FIELDS));
        match &self.command {
            Command::Create { name, uid, comment } => {
                let new = json!({ "name": name, "uid": uid, "comment": comment });
                show(&place.ask(Method::POST, &["accounts"], new)?)
            }
            Command::List => place.show_list(
                &place.list(&["accounts"], "accounts")?,
                &[
                    ("UID", "uid"),
                    ("NAME", "name"),
                    ("STATUS", "status"),
                    ("CREATED", "created_ms"),
                    ("COMMENT", "comment"),
                ],
            ),
            Command::Show { uid } => show(&place.ask(Method::GET, &["accounts", uid], Value::Null)?),
            Command::Disable { uid } => {
                show(&place.ask(Method::PATCH, &["accounts", uid], json!({ "status": "Disabled" }))?)
            }
            Command::Enable { uid } => {
                show(&place.ask(Method::PATCH, &["accounts", uid], json!({ "status": "Active" }))?)
            }
            Command::Delete { uid } => {
                let answer = place.ask(Method::DELETE, &["accounts", uid], Value::Null)?;
                place.show(&answer, |_| format!("the account {uid} is deleted\n"))
            }
        }
    }
}
