//! `ossicle key`: the access keys of an account or of its users.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::Exit;
use super::access::{Place, describe};
use super::moment::seconds;

/// Arguments of `ossicle key`.
#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an access key, and show its secret this once.
    Create {
        /// The user that gets it; without this it is the account's own.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Free text.
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// List the access keys of a user, or those of the account's own.
    List {
        /// The user whose keys are listed.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Show an access key, without its secret.
    Show {
        /// Its id.
        id: String,
    },
    /// Refuse an access key from the next request on.
    Disable {
        /// Its id.
        id: String,
    },
    /// Take a disabled access key again.
    Enable {
        /// Its id.
        id: String,
    },
    /// Make an access key that takes the place of another, and show its secret this once.
    Rotate {
        /// The id of the one that ends.
        id: String,
        /// For how long the old one is taken still: 90s, 15m, 2h or 7d, at most 90d. Without this it ends at once.
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = seconds)]
        grace: u32,
    },
    /// Delete an access key.
    Delete {
        /// Its id.
        id: String,
    },
}

const FIELDS: [(&str, &str); 8] = [
    ("id", "id"),
    ("account", "account"),
    ("user", "user"),
    ("status", "status"),
    ("created", "created_ms"),
    ("rotated", "rotated_ms"),
    ("ends", "ends_ms"),
    ("comment", "comment"),
];

impl Key {
    pub(super) fn run(self) -> Result<(), Exit> {
        let place = &self.place;
        let show = |answer: &Value| place.show(answer, |answer| describe(answer, &FIELDS));
        match &self.command {
            Command::Create { user, comment } => {
                let new = json!({ "comment": comment });
                let made = place.ask_of_user(Method::POST, &["keys"], user.as_deref(), new)?;
                place.show(&made, describe_new)
            }
            Command::List { user } => {
                let answer = place.ask_of_user(Method::GET, &["keys"], user.as_deref(), Value::Null)?;
                let keys = answer.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
                let columns = [
                    ("ID", "id"),
                    ("STATUS", "status"),
                    ("CREATED", "created_ms"),
                    ("ENDS", "ends_ms"),
                    ("COMMENT", "comment"),
                ];
                place.show_list(&keys, &columns)
            }
            Command::Show { id } => show(&place.ask(Method::GET, &["keys", id], Value::Null)?),
            Command::Disable { id } => {
                show(&place.ask(Method::PATCH, &["keys", id], json!({ "status": "Disabled" }))?)
            }
            Command::Enable { id } => {
                show(&place.ask(Method::PATCH, &["keys", id], json!({ "status": "Active" }))?)
            }
            Command::Rotate { id, grace } => {
                let rotation = json!({ "grace_s": grace });
                let made = place.ask(Method::POST, &["keys", id, "rotate"], rotation)?;
                place.show(&made, describe_new)
            }
            Command::Delete { id } => {
                let answer = place.ask(Method::DELETE, &["keys", id], Value::Null)?;
                place.show(&answer, |_| format!("the access key {id} is deleted\n"))
            }
        }
    }
}

/// Describes a key that was made just now, with its secret.
fn describe_new(key: &Value) -> String {
    let text = describe(key, &[("access key id", "id"), ("access key secret", "secret")]);
    format!("{text}The secret is not shown again: keep it where its user finds it, and nobody else.\n")
}
