//! Users of an account.

use http::Method;
use ossicle_store::{Error, IdentityKind, PolicyOwnerKind, User};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Administration, LONGEST_NAME, Refusal, Request, check_comment, check_name, new_ids, status_word,
};

/// A user to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    comment: String,
}

impl Administration<'_> {
    pub(super) async fn users(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        let account = self.account_of(request).await?;
        match (&request.method, rest) {
            (_, [name, "policies", rest @ ..]) => {
                self.policies(request, (account, PolicyOwnerKind::User, name), rest).await
            }
            (&Method::GET, []) => self.list_users(request, &account).await,
            (&Method::POST, []) => self.create_user(request, account).await,
            (&Method::GET, [name]) => {
                let user = self.store.user(&account, name).await?;
                Ok(describe(&user.ok_or(Error::NoSuchIdentity(IdentityKind::User))?))
            }
            (&Method::PATCH, [name]) => {
                Ok(describe(&self.store.change_user(&account, name, request.change()?).await?))
            }
            (&Method::DELETE, [name]) => {
                self.store.delete_user(&account, name).await?;
                Ok(json!({ "deleted": name }))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }

    async fn list_users(&self, request: &Request, account: &str) -> Result<Value, Refusal> {
        let limit = request.limit();
        let mut users = self.store.users(account, &request.parameters.after, limit + 1).await?;
        let has_more = users.len() > limit;
        users.truncate(limit);
        let next = users.last().filter(|_| has_more).map(|user| user.name.clone());
        Ok(json!({ "users": users.iter().map(describe).collect::<Vec<_>>(), "next": next }))
    }

    async fn create_user(&self, request: &Request, account: String) -> Result<Value, Refusal> {
        let New { name, comment } = request.body()?;
        check_name(&name, LONGEST_NAME, "-_.")?;
        check_comment(&comment)?;
        let (id, created_ms) = (new_ids::user(), self.now_ms);
        let user = User { account, name, id, comment, created_ms, ..User::default() };
        self.store.create_user(user.clone()).await?;
        Ok(describe(&user))
    }
}

fn describe(user: &User) -> Value {
    json!({
        "account": user.account,
        "name": user.name,
        "id": user.id,
        "arn": format!("acs:ram::{}:user/{}", user.account, user.name),
        "status": status_word(user.status),
        "created_ms": user.created_ms,
        "comment": user.comment,
    })
}
