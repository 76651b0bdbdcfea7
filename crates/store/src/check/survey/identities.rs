//! The check of accounts and what belongs to them: every access key and policy has its owner, and every order leads to what
//! it orders.

use std::collections::HashSet;

use bytes::Bytes;

use super::Checker;
use crate::check::findings::FindingKind;
use crate::key::{self, IdentityTable, Tag};
use crate::record::{decode_access_key, decode_account, decode_policy, decode_role, decode_user};
use crate::{Error, PolicyOwner, PolicyOwnerKind};

/// What the rows of earlier tables say, for those of later ones. Rows come in the order of the tables.
#[derive(Default)]
struct Seen {
    /// Ids of accounts and access keys that cannot be read, and may be what an order names.
    unreadable: HashSet<String>,
    /// Keys of the rows of users and roles. One that cannot be read is there all the same.
    owners: HashSet<Bytes>,
    /// Rows that should be there, and are not yet found.
    expected: HashSet<(Bytes, Bytes)>,
}

impl Checker<'_> {
    pub(super) async fn check_identities(&mut self) -> Result<(), Error> {
        let mut seen = Seen::default();
        self.each(Tag::Identity, |this, key, row| this.check_identity(&mut seen, key, row)).await?;
        for (key, value) in seen.expected {
            self.add(FindingKind::DanglingRow, "an account or an access key is not in its order");
            self.rewrite(key, Some(value));
        }
        Ok(())
    }

    fn check_identity(&mut self, seen: &mut Seen, key: &Bytes, row: &Bytes) -> Result<(), Error> {
        let table = key.get(1).copied().unwrap_or_default();
        let rest = key.get(2..).unwrap_or_default();
        let rest = std::str::from_utf8(rest).map_err(|_| Error::corrupt("a key of an account"))?;
        let pair = || rest.split_once('\0').ok_or_else(|| Error::corrupt("a key without an account"));
        match table {
            _ if table == IdentityTable::Account as u8 => {
                seen.unreadable.insert(rest.to_owned());
                let name = decode_account(rest, row)?.name;
                seen.unreadable.remove(rest);
                let uid = Bytes::copy_from_slice(rest.as_bytes());
                seen.expected.insert((key::account_name(&name), uid));
                Ok(())
            }
            _ if table == IdentityTable::AccountName as u8 => {
                let is_expected = seen.expected.remove(&(key.clone(), row.clone()));
                let uid = std::str::from_utf8(row).unwrap_or_default();
                if !is_expected && !seen.unreadable.contains(uid) {
                    self.dangling(key, format!("no account has the name {rest}"));
                }
                Ok(())
            }
            _ if table == IdentityTable::User as u8 => {
                seen.owners.insert(key.clone());
                let (account, name) = pair()?;
                decode_user(account, name, row).map(drop)
            }
            _ if table == IdentityTable::Role as u8 => {
                seen.owners.insert(key.clone());
                let (account, name) = pair()?;
                decode_role(account, name, row).map(drop)
            }
            _ if table == IdentityTable::AccessKey as u8 => {
                seen.unreadable.insert(rest.to_owned());
                let access_key = decode_access_key(rest, row)?;
                seen.unreadable.remove(rest);
                let (account, user) = (&access_key.account, &access_key.user);
                if !user.is_empty() && !seen.owners.contains(&key::user(account, user)) {
                    self.dangling(key, format!("the access key {rest} belongs to no user, {user}"));
                } else {
                    seen.expected.insert((key::key_of_owner(account, user, rest), Bytes::new()));
                }
                Ok(())
            }
            _ if table == IdentityTable::KeyOfOwner as u8 => {
                if !seen.expected.remove(&(key.clone(), row.clone())) {
                    let id = rest.rsplit('\0').next().unwrap_or_default();
                    if !seen.unreadable.contains(id) {
                        self.dangling(key, format!("an order names an access key {id} there is not"));
                    }
                }
                Ok(())
            }
            _ if table == IdentityTable::Policy as u8 => self.check_policy(seen, key, row, pair()?),
            _ => Err(Error::corrupt("a row of accounts in an unknown table")),
        }
    }

    fn check_policy(
        &mut self,
        seen: &Seen,
        key: &Bytes,
        row: &Bytes,
        (account, rest): (&str, &str),
    ) -> Result<(), Error> {
        let unreadable = || Error::corrupt("a key of a policy");
        let (owner, name) = rest.split_once('\0').ok_or_else(unreadable)?;
        let (kind, owner) = match owner.as_bytes().first() {
            Some(1) => (PolicyOwnerKind::User, owner.get(1..)),
            Some(2) => (PolicyOwnerKind::Role, owner.get(1..)),
            _ => return Err(unreadable()),
        };
        let owner = owner.ok_or_else(unreadable)?;
        decode_policy(name, row)?;
        let row_of_owner = match kind {
            PolicyOwnerKind::User => key::user(account, owner),
            PolicyOwnerKind::Role => key::role(account, owner),
        };
        let expected =
            key::policy(&PolicyOwner { account: account.to_owned(), kind, name: owner.to_owned() }, name);
        if *key != expected || !seen.owners.contains(&row_of_owner) {
            self.dangling(key, format!("the policy {name} belongs to nobody, {owner}"));
        }
        Ok(())
    }

    fn dangling(&mut self, key: &Bytes, what: String) {
        self.add(FindingKind::DanglingRow, what);
        self.rewrite(key.clone(), None);
    }
}
