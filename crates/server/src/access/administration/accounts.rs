//! Accounts. The configured one is shown among them, and cannot be changed here.

use http::Method;
use ossicle_store::{Account, Error, IdentityKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Administration, LONGEST_NAME, Refusal, Request, check_comment, check_name, new_ids, status_word,
};

/// An account to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    /// The id, for one that is known elsewhere by it.
    uid: Option<String>,
    #[serde(default)]
    comment: String,
}

/// The most digits of an id that is brought along.
const MOST_DIGITS: usize = 20;

impl Administration<'_> {
    pub(super) async fn accounts(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        match (&request.method, rest) {
            (&Method::GET, []) => self.list_accounts(request).await,
            (&Method::POST, []) => self.create_account(request).await,
            (&Method::GET, [uid]) if *uid == self.account => Ok(self.configured()),
            (&Method::GET, [uid]) => {
                let account = self.store.account(uid).await?;
                let account = account.ok_or(Error::NoSuchIdentity(IdentityKind::Account))?;
                Ok(describe(&account))
            }
            (&Method::PATCH | &Method::DELETE, [uid]) if *uid == self.account => {
                Err(Refusal::invalid("The configured account cannot be changed or deleted."))
            }
            (&Method::PATCH, [uid]) => {
                Ok(describe(&self.store.change_account(uid, request.change()?).await?))
            }
            (&Method::DELETE, [uid]) => {
                self.store.delete_account(uid).await?;
                Ok(json!({ "deleted": uid }))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }

    async fn list_accounts(&self, request: &Request) -> Result<Value, Refusal> {
        let limit = request.limit();
        let mut accounts = self.store.accounts(&request.parameters.after, limit + 1).await?;
        let has_more = accounts.len() > limit;
        accounts.truncate(limit);
        let next = accounts.last().filter(|_| has_more).map(|account| account.uid.clone());
        let others = accounts.iter().filter(|account| account.uid != self.account).map(describe);
        let first = request.parameters.after.is_empty().then(|| self.configured());
        Ok(json!({ "accounts": first.into_iter().chain(others).collect::<Vec<_>>(), "next": next }))
    }

    async fn create_account(&self, request: &Request) -> Result<Value, Refusal> {
        let New { name, uid, comment } = request.body()?;
        check_name(&name, LONGEST_NAME, "-_.")?;
        check_comment(&comment)?;
        let uid = uid.unwrap_or_else(new_ids::account);
        if !(1..=MOST_DIGITS).contains(&uid.len()) || !uid.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::invalid(format!("uid is 1 to {MOST_DIGITS} digits.")));
        }
        let account = Account { uid, name, comment, created_ms: self.now_ms, ..Account::default() };
        self.store.create_account(account.clone()).await?;
        Ok(describe(&account))
    }

    /// Describes the account that has no row.
    fn configured(&self) -> Value {
        json!({ "uid": self.account, "name": null, "status": "Active", "configured": true, "comment": "" })
    }
}

fn describe(account: &Account) -> Value {
    json!({
        "uid": account.uid,
        "name": account.name,
        "status": status_word(account.status),
        "configured": false,
        "created_ms": account.created_ms,
        "comment": account.comment,
    })
}
