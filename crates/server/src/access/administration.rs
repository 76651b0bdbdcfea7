//! Administration of accounts, users, roles, access keys and policies: what the console's API and the command line ask for, as
//! small JSON documents. It checks names and documents, makes ids and secrets, and tells a secret once.

mod accounts;
mod diagnoses;
mod explanations;
mod keys;
mod new_ids;
mod policies;
mod roles;
mod users;

use http::{Method, StatusCode};
use ossicle_store::{self as store, IdentityChange, IdentityStatus, Store};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::master_key::MasterKey;

/// The longest comment, in bytes.
const LONGEST_COMMENT: usize = 1024;

/// The longest name of an account, a user or a role.
const LONGEST_NAME: usize = 64;

/// The length of a page where none is asked for, and the longest.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1000;

/// What administration works on.
pub(crate) struct Administration<'a> {
    pub(crate) store: &'a Store,
    pub(crate) master_key: &'a MasterKey,
    /// The configured account, which is meant where none is named.
    pub(crate) account: &'a str,
    /// The region, as resources name it.
    pub(crate) region: &'a str,
    pub(crate) now_ms: i64,
}

/// Something that is asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// What it is about: `["users", "alice"]`.
    pub(crate) path: Vec<String>,
    pub(crate) parameters: Parameters,
    /// The document that comes along, or null.
    pub(crate) body: Value,
}

/// The parameters that a request may have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    pub(crate) account: Option<String>,
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) after: String,
    pub(crate) limit: Option<usize>,
}

/// Why something was not done, with a code as RAM has it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    /// What the store said, where that is for the log and not for whoever asks.
    pub(crate) cause: Option<store::Error>,
}

/// Changes that accounts, users and access keys have in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    status: Option<String>,
    comment: Option<String>,
}

impl Administration<'_> {
    /// Does what is asked for, and returns the document that tells of it.
    pub(crate) async fn run(&self, request: &Request) -> Result<Value, Refusal> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["accounts", rest @ ..] => self.accounts(request, rest).await,
            ["users", rest @ ..] => self.users(request, rest).await,
            ["roles", rest @ ..] => self.roles(request, rest).await,
            ["keys", rest @ ..] => self.keys(request, rest).await,
            ["diagnoses", rest @ ..] => self.diagnoses(request, rest),
            ["explanations", rest @ ..] => self.explanations(request, rest).await,
            _ => Err(Refusal::no_such_path()),
        }
    }

    /// Returns the account that a request is about.
    async fn account_of(&self, request: &Request) -> Result<String, Refusal> {
        match request.parameters.account.as_deref() {
            Some(uid) if uid != self.account => match self.store.account(uid).await? {
                Some(_) => Ok(uid.to_owned()),
                None => Err(store::Error::NoSuchIdentity(store::IdentityKind::Account).into()),
            },
            _ => Ok(self.account.to_owned()),
        }
    }
}

impl Request {
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.body.clone()).map_err(|error| Refusal::invalid(error.to_string()))
    }

    /// Returns the length of the page that is asked for.
    fn limit(&self) -> usize {
        self.parameters.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE)
    }

    /// Reads changes of status and comment.
    fn change(&self) -> Result<IdentityChange, Refusal> {
        let change: Change = self.body()?;
        let status = match change.status.as_deref() {
            None => None,
            Some("Active") => Some(IdentityStatus::Active),
            Some("Disabled") => Some(IdentityStatus::Disabled),
            Some(_) => return Err(Refusal::invalid("status is Active or Disabled")),
        };
        change.comment.as_deref().map(check_comment).transpose()?;
        Ok(IdentityChange { status, comment: change.comment })
    }
}

impl Refusal {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), cause: None }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameter", message)
    }

    fn no_such_path() -> Self {
        let message = "The console's API has no such path or method.";
        Self::new(StatusCode::NOT_FOUND, "NoSuchPath", message)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NoSuchIdentity(kind) => {
                let code = format!("EntityNotExist.{}", code_of(kind));
                Self::new(StatusCode::NOT_FOUND, code, format!("There is no such {kind}."))
            }
            store::Error::IdentityExists(kind) => {
                let code = format!("EntityAlreadyExists.{}", code_of(kind));
                let message = format!("Another {kind} has this name or id.");
                Self::new(StatusCode::CONFLICT, code, message)
            }
            store::Error::TooManyIdentities { kind, most } => Self::new(
                StatusCode::CONFLICT,
                format!("LimitExceeded.{}", code_of(kind)),
                format!("There may be {most} at most ({kind}): delete one first."),
            ),
            store::Error::AccountInUse { has } => Self::new(
                StatusCode::CONFLICT,
                "DeleteConflict.Account",
                format!("The account has {has}: delete them first."),
            ),
            store::Error::InvalidName { reason } => {
                Self::invalid(format!("The name is not valid: {reason}."))
            }
            error => Self {
                cause: Some(error),
                ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "The store failed.")
            },
        }
    }
}

fn code_of(kind: store::IdentityKind) -> &'static str {
    match kind {
        store::IdentityKind::Account => "Account",
        store::IdentityKind::User => "User",
        store::IdentityKind::Role => "Role",
        store::IdentityKind::AccessKey => "AccessKey",
        store::IdentityKind::Policy => "Policy",
    }
}

/// Fails on a name that RAM would not take. `others` are the characters besides letters and digits.
fn check_name(name: &str, longest: usize, others: &str) -> Result<(), Refusal> {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c));
    if name.is_empty() || name.len() > longest || !is_plain {
        return Err(Refusal::invalid(format!(
            "A name has 1 to {longest} letters, digits and characters of \"{others}\"."
        )));
    }
    Ok(())
}

fn check_comment(comment: &str) -> Result<(), Refusal> {
    if comment.len() > LONGEST_COMMENT {
        return Err(Refusal::invalid(format!("A comment has at most {LONGEST_COMMENT} bytes.")));
    }
    Ok(())
}

/// Returns how a status is told.
fn status_word(status: IdentityStatus) -> &'static str {
    match status {
        IdentityStatus::Active => "Active",
        IdentityStatus::Disabled => "Disabled",
    }
}
