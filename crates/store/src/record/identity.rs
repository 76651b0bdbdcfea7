//! Records of accounts, users, roles, access keys and policies. Each ends with optional fields, as attributes of objects do:
//! a tag, a length, a value; a tag from 128 on must not be ignored by a version that does not know it.

use bytes::Bytes;

use super::attributes::REQUIRED;
use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{AccessKey, Account, AttachedPolicy, Error, IdentityStatus, Role, UnknownFields, User};

/// The tag of the comment.
const COMMENT: u8 = 1;
/// The tag of the time at which another key took a key's place.
const ROTATED: u8 = 2;
/// The tag of a key's end.
const ENDS: u8 = 3;

/// Optional fields. No record has all of them.
#[derive(Default)]
struct Fields {
    comment: String,
    rotated_ms: Option<i64>,
    ends_ms: Option<i64>,
    unknown: UnknownFields,
}

impl Fields {
    fn encode(comment: &str, unknown: &UnknownFields, out: &mut Encoder) {
        if !comment.is_empty() {
            out.u8(COMMENT);
            out.text(comment);
        }
        out.raw(&unknown.0);
    }

    /// Reads the fields, which go to the end of the record. Those of `known` are not empty and come once.
    fn decode(from: &mut Decoder<'_>, known: &[u8]) -> Result<Self, Error> {
        let mut fields = Self::default();
        while !from.is_at_end() {
            let tag = from.u8()?;
            let mut value = from.nested()?;
            match tag {
                COMMENT if fields.comment.is_empty() && !value.is_at_end() => {
                    fields.comment = value.rest_as_text()?;
                }
                ROTATED if known.contains(&ROTATED) && fields.rotated_ms.is_none() => {
                    fields.rotated_ms = Some(value.i64()?);
                    value.end()?;
                }
                ENDS if known.contains(&ENDS) && fields.ends_ms.is_none() => {
                    fields.ends_ms = Some(value.i64()?);
                    value.end()?;
                }
                0 | COMMENT => return Err(from.fail()),
                _ if known.contains(&tag) => return Err(from.fail()),
                _ if tag & REQUIRED != 0 => return Err(from.later(format_args!("the required field {tag}"))),
                _ => fields.unknown.add(tag, value.rest()),
            }
        }
        Ok(fields)
    }
}

pub(crate) fn encode_account(account: &Account) -> Bytes {
    let mut out = Encoder::with_capacity(64);
    out.u8(VERSION);
    out.u8(status_to_u8(account.status));
    out.i64(account.created_ms);
    out.text(&account.name);
    Fields::encode(&account.comment, &account.unknown, &mut out);
    out.finish()
}

pub(crate) fn decode_account(uid: &str, row: &[u8]) -> Result<Account, Error> {
    let mut from = Decoder::new(row, "an account");
    expect_version(&mut from)?;
    let (status, created_ms, name) = (status_from_u8(&mut from)?, from.i64()?, from.text()?);
    let Fields { comment, unknown, .. } = Fields::decode(&mut from, &[])?;
    Ok(Account { uid: uid.to_owned(), name, status, created_ms, comment, unknown })
}

pub(crate) fn encode_user(user: &User) -> Bytes {
    let mut out = Encoder::with_capacity(64);
    out.u8(VERSION);
    out.u8(status_to_u8(user.status));
    out.i64(user.created_ms);
    out.text(&user.id);
    Fields::encode(&user.comment, &user.unknown, &mut out);
    out.finish()
}

pub(crate) fn decode_user(account: &str, name: &str, row: &[u8]) -> Result<User, Error> {
    let mut from = Decoder::new(row, "a user");
    expect_version(&mut from)?;
    let (status, created_ms, id) = (status_from_u8(&mut from)?, from.i64()?, from.text()?);
    let Fields { comment, unknown, .. } = Fields::decode(&mut from, &[])?;
    Ok(User { account: account.to_owned(), name: name.to_owned(), id, status, created_ms, comment, unknown })
}

pub(crate) fn encode_role(role: &Role) -> Bytes {
    let mut out = Encoder::with_capacity(64 + role.trust_policy.len());
    out.u8(VERSION);
    out.i64(role.created_ms);
    out.text(&role.id);
    out.u32(role.max_session_s);
    out.block(&role.trust_policy);
    Fields::encode(&role.comment, &role.unknown, &mut out);
    out.finish()
}

pub(crate) fn decode_role(account: &str, name: &str, row: &[u8]) -> Result<Role, Error> {
    let mut from = Decoder::new(row, "a role");
    expect_version(&mut from)?;
    let (created_ms, id, max_session_s) = (from.i64()?, from.text()?, from.u32()?);
    let trust_policy = from.block()?.to_vec();
    let Fields { comment, unknown, .. } = Fields::decode(&mut from, &[])?;
    Ok(Role {
        account: account.to_owned(),
        name: name.to_owned(),
        id,
        created_ms,
        trust_policy,
        max_session_s,
        comment,
        unknown,
    })
}

pub(crate) fn encode_access_key(key: &AccessKey) -> Bytes {
    let mut out = Encoder::with_capacity(128);
    out.u8(VERSION);
    out.u8(status_to_u8(key.status));
    out.i64(key.created_ms);
    out.text(&key.account);
    out.text(&key.user);
    out.block(&key.sealed_secret);
    for (tag, time) in [(ROTATED, key.rotated_ms), (ENDS, key.ends_ms)] {
        if let Some(time) = time {
            out.u8(tag);
            out.block(&time.to_le_bytes());
        }
    }
    Fields::encode(&key.comment, &key.unknown, &mut out);
    out.finish()
}

pub(crate) fn decode_access_key(id: &str, row: &[u8]) -> Result<AccessKey, Error> {
    let mut from = Decoder::new(row, "an access key");
    expect_version(&mut from)?;
    let (status, created_ms) = (status_from_u8(&mut from)?, from.i64()?);
    let (account, user, sealed_secret) = (from.text()?, from.text()?, from.block()?.to_vec());
    let Fields { comment, rotated_ms, ends_ms, unknown } = Fields::decode(&mut from, &[ROTATED, ENDS])?;
    let id = id.to_owned();
    Ok(AccessKey {
        id,
        account,
        user,
        status,
        sealed_secret,
        created_ms,
        rotated_ms,
        ends_ms,
        comment,
        unknown,
    })
}

pub(crate) fn encode_policy(policy: &AttachedPolicy) -> Bytes {
    let mut out = Encoder::with_capacity(32 + policy.document.len());
    out.u8(VERSION);
    out.i64(policy.created_ms);
    out.i64(policy.updated_ms);
    out.block(&policy.document);
    Fields::encode("", &policy.unknown, &mut out);
    out.finish()
}

pub(crate) fn decode_policy(name: &str, row: &[u8]) -> Result<AttachedPolicy, Error> {
    let mut from = Decoder::new(row, "a policy");
    expect_version(&mut from)?;
    let (created_ms, updated_ms, document) = (from.i64()?, from.i64()?, from.block()?.to_vec());
    let Fields { comment, unknown, .. } = Fields::decode(&mut from, &[])?;
    if !comment.is_empty() {
        return Err(from.fail());
    }
    Ok(AttachedPolicy { name: name.to_owned(), document, created_ms, updated_ms, unknown })
}

fn status_to_u8(status: IdentityStatus) -> u8 {
    match status {
        IdentityStatus::Active => 1,
        IdentityStatus::Disabled => 2,
    }
}

fn status_from_u8(from: &mut Decoder<'_>) -> Result<IdentityStatus, Error> {
    match from.u8()? {
        1 => Ok(IdentityStatus::Active),
        2 => Ok(IdentityStatus::Disabled),
        _ => Err(from.fail()),
    }
}
