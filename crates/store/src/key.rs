//! Keys of the rows. A key begins with its table's tag; numbers in keys are big-endian so that byte order is
//! number order. Names hold no zero byte, which therefore ends them.

use bytes::Bytes;

use crate::id::{DataId, UploadId};
use crate::{Error, PolicyOwner};

/// Which table a row belongs to: the first byte of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// Of the whole store: format and such.
    Store = 1,
    /// Buckets by name.
    Bucket = 2,
    /// What a bucket holds, as counters.
    Stat = 3,
    /// Documents of buckets and of the account.
    Document = 4,
    /// Objects by bucket and key.
    Object = 5,
    /// Extents of objects that have many.
    Manifest = 6,
    /// Refcounts of small content and manifests: how many objects and parts have them; no row means one.
    RefCount = 7,
    /// Data files that are referred to.
    File = 8,
    /// Uploads in progress.
    Upload = 9,
    /// Parts of uploads in progress.
    Part = 10,
    /// Deliveries by identifier.
    Delivery = 11,
    /// Deliveries by time, newest first.
    DeliveryTime = 12,
    /// Deliveries by when they are due.
    DeliveryDue = 13,
    /// What waits to be removed.
    Reclaim = 14,
    /// Small content. It has a tree of its own.
    Content = 15,
    /// Leases of jobs by their names.
    JobLease = 16,
    /// Accounts, users, roles, access keys and policies: a [`IdentityTable`] follows.
    Identity = 17,
    /// Nonces that are used, by their digests.
    Nonce = 18,
    /// Sealed secrets of the server by their names.
    Secret = 19,
    /// Nodes that serve from the store, by their ids.
    Node = 20,
    /// Versions of objects that are not the current object, newest first.
    Version = 21,
    /// Which of these is the null version.
    NullVersion = 22,
}

/// Which table within [`Tag::Identity`] a row belongs to: the second byte of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum IdentityTable {
    /// Accounts by id.
    Account = 1,
    /// Ids of accounts by their names.
    AccountName = 2,
    /// Users by account and name.
    User = 3,
    /// Roles by account and name.
    Role = 4,
    /// Access keys by id.
    AccessKey = 5,
    /// Ids of access keys by whose they are.
    KeyOfOwner = 6,
    /// Policies by whose they are, and name.
    Policy = 7,
}

/// The longest bucket name the key layout takes.
const MAX_BUCKET: usize = 255;
/// The longest key the key layout takes.
const MAX_KEY: usize = 4096;
/// The longest name of an account and what belongs to it.
const MAX_IDENTITY: usize = 128;

/// Fails on bucket names the layout has no place for.
pub(crate) fn check_bucket(name: &str) -> Result<(), Error> {
    if name.starts_with(ACCOUNT_MARK) {
        return Err(Error::InvalidName { reason: "it is an account's" });
    }
    check(name, MAX_BUCKET, "a bucket's name")
}

/// Fails on keys the layout has no place for.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    check(key, MAX_KEY, "a key")
}

/// Fails on identifiers of deliveries that are no short printable text.
pub(crate) fn check_delivery(id: &str) -> Result<(), Error> {
    let printable = id.bytes().all(|b| b.is_ascii_graphic());
    if !printable || id.is_empty() || id.len() > 64 {
        return Err(Error::InvalidName {
            reason: "a delivery's identifier is not 1 to 64 printable characters",
        });
    }
    Ok(())
}

/// Fails on names of jobs, or of who runs them, that are no short printable text.
pub(crate) fn check_job(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::InvalidName {
            reason: "the name of a job or its owner is not 1 to 64 printable characters",
        });
    }
    Ok(())
}

/// Fails on names of secrets and ids of nodes that are no short printable text.
pub(crate) fn check_label(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::InvalidName {
            reason: "the name of a secret or the id of a node is not 1 to 64 printable characters",
        });
    }
    Ok(())
}

/// Fails on names of accounts, users, roles, access keys and policies that are no short plain text.
pub(crate) fn check_identity(name: &str) -> Result<(), Error> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(&b));
    if name.is_empty() || name.len() > MAX_IDENTITY || !plain {
        return Err(Error::InvalidName {
            reason: "it is not 1 to 128 letters, digits, hyphens, underscores, dots and at signs",
        });
    }
    Ok(())
}

fn check(name: &str, longest: usize, what: &'static str) -> Result<(), Error> {
    let reason = match what {
        _ if name.is_empty() => "it is empty",
        _ if name.len() > longest => "it is too long",
        _ if name.as_bytes().contains(&0) => "it holds a zero byte",
        _ => return Ok(()),
    };
    Err(Error::InvalidName { reason })
}

fn join(tag: Tag, parts: &[&[u8]]) -> Bytes {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(tag as u8);
    for part in parts {
        key.extend_from_slice(part);
    }
    Bytes::from(key)
}

/// Returns the key before all rows of a table.
pub(crate) fn whole(tag: Tag) -> Bytes {
    join(tag, &[])
}

pub(crate) fn store(name: &str) -> Bytes {
    join(Tag::Store, &[name.as_bytes()])
}

/// Returns the key of the row that counts the deliveries.
pub(crate) fn delivery_counts() -> Bytes {
    store("deliveries")
}

/// Returns the key of the row that holds the id of the store.
pub(crate) fn store_id() -> Bytes {
    store("id")
}

pub(crate) fn bucket(name: &str) -> Bytes {
    join(Tag::Bucket, &[name.as_bytes()])
}

pub(crate) fn stat(bucket: &str) -> Bytes {
    join(Tag::Stat, &[bucket.as_bytes()])
}

/// What begins the name of an account in the place of a bucket's.
const ACCOUNT_MARK: char = '@';

/// Returns what stands in the place of a bucket's name for the documents of an account: nothing for the one without a row.
/// No bucket has such a name.
pub(crate) fn of_account(uid_of_row: Option<&str>) -> String {
    uid_of_row.map_or_else(String::new, |uid| format!("{ACCOUNT_MARK}{uid}"))
}

pub(crate) fn document(bucket: &str, document: u8) -> Bytes {
    join(Tag::Document, &[bucket.as_bytes(), &[0, document]])
}

pub(crate) fn documents(bucket: &str) -> Bytes {
    join(Tag::Document, &[bucket.as_bytes(), &[0]])
}

/// Also the beginning of the keys of all objects whose key begins so.
pub(crate) fn object(bucket: &str, key: &str) -> Bytes {
    join(Tag::Object, &[bucket.as_bytes(), &[0], key.as_bytes()])
}

/// The bytes that follow a key in the keys of its versions.
pub(crate) const VERSION_SUFFIX: usize = 9;

/// Later versions come first.
pub(crate) fn version(bucket: &str, key: &str, number: u64) -> Bytes {
    join(Tag::Version, &[bucket.as_bytes(), &[0], key.as_bytes(), &[0], &(!number).to_be_bytes()])
}

/// Returns the prefix of the keys of all versions of the key.
pub(crate) fn versions_of(bucket: &str, key: &str) -> Bytes {
    join(Tag::Version, &[bucket.as_bytes(), &[0], key.as_bytes(), &[0]])
}

/// Returns the prefix of the keys of all versions whose key begins so.
pub(crate) fn versions(bucket: &str, key_prefix: &str) -> Bytes {
    join(Tag::Version, &[bucket.as_bytes(), &[0], key_prefix.as_bytes()])
}

/// Reads the number from a key made by [`version`].
pub(crate) fn number_of_version(key: &[u8]) -> Result<u64, Error> {
    let bytes = key.last_chunk::<8>().ok_or_else(|| Error::corrupt("a version's key"))?;
    Ok(!u64::from_be_bytes(*bytes))
}

pub(crate) fn null_version(bucket: &str, key: &str) -> Bytes {
    join(Tag::NullVersion, &[bucket.as_bytes(), &[0], key.as_bytes()])
}

/// Returns the key of the extent of a manifest that ends at the offset. Keyed by its end, the extent that holds an offset is
/// the first from [`manifest_end`] of the offset after it.
pub(crate) fn manifest_end(id: DataId, end: u64) -> Bytes {
    join(Tag::Manifest, &[&id.to_bytes(), &end.to_be_bytes()])
}

pub(crate) fn manifest(id: DataId) -> Bytes {
    join(Tag::Manifest, &[&id.to_bytes()])
}

pub(crate) fn ref_count(id: DataId) -> Bytes {
    join(Tag::RefCount, &[&id.to_bytes()])
}

pub(crate) fn file(id: DataId) -> Bytes {
    join(Tag::File, &[&id.to_bytes()])
}

pub(crate) fn upload(bucket: &str, key: &str, id: UploadId) -> Bytes {
    join(Tag::Upload, &[bucket.as_bytes(), &[0], key.as_bytes(), &[0], &id.to_bytes()])
}

/// Returns the prefix of the keys of all uploads whose key begins so.
pub(crate) fn uploads(bucket: &str, key_prefix: &str) -> Bytes {
    join(Tag::Upload, &[bucket.as_bytes(), &[0], key_prefix.as_bytes()])
}

pub(crate) fn part(upload: UploadId, number: u32) -> Bytes {
    join(Tag::Part, &[&upload.to_bytes(), &number.to_be_bytes()])
}

pub(crate) fn parts(upload: UploadId) -> Bytes {
    join(Tag::Part, &[&upload.to_bytes()])
}

pub(crate) fn delivery(id: &str) -> Bytes {
    join(Tag::Delivery, &[id.as_bytes()])
}

/// Later times come first.
pub(crate) fn delivery_time(created_ms: i64, id: &str) -> Bytes {
    join(Tag::DeliveryTime, &[&(!requested(created_ms)).to_be_bytes(), id.as_bytes()])
}

/// Returns the prefix of the keys of all deliveries recorded at the time.
pub(crate) fn delivery_times(created_ms: i64) -> Bytes {
    join(Tag::DeliveryTime, &[&(!requested(created_ms)).to_be_bytes()])
}

/// Reads the time of recording from a key made by [`delivery_time`].
pub(crate) fn time_of_delivery(key: &[u8]) -> Result<i64, Error> {
    let bytes = key.get(1..).and_then(|rest| rest.first_chunk::<8>());
    let bytes = bytes.ok_or_else(|| Error::corrupt("a delivery's time"))?;
    Ok((!u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

/// Reads the due time from a key made by [`delivery_due`].
pub(crate) fn time_of_due(key: &[u8]) -> Result<i64, Error> {
    let bytes = key.get(1..).and_then(|rest| rest.first_chunk::<8>());
    let bytes = bytes.ok_or_else(|| Error::corrupt("a delivery's due time"))?;
    Ok((u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

pub(crate) fn delivery_due(due_ms: i64, id: &str) -> Bytes {
    join(Tag::DeliveryDue, &[&requested(due_ms).to_be_bytes(), id.as_bytes()])
}

/// Returns the first key after those of all deliveries due at the time or before.
pub(crate) fn delivery_due_after(now_ms: i64) -> Bytes {
    join(Tag::DeliveryDue, &[&requested(now_ms.saturating_add(1)).to_be_bytes()])
}

pub(crate) fn job_lease(job: &str) -> Bytes {
    join(Tag::JobLease, &[job.as_bytes()])
}

pub(crate) fn nonce(digest: &[u8; 16]) -> Bytes {
    join(Tag::Nonce, &[digest])
}

/// Also the beginning of the keys of all secrets whose name begins so.
pub(crate) fn secret(name: &str) -> Bytes {
    join(Tag::Secret, &[name.as_bytes()])
}

pub(crate) fn node(id: &str) -> Bytes {
    join(Tag::Node, &[id.as_bytes()])
}

pub(crate) fn identities(table: IdentityTable) -> Bytes {
    join(Tag::Identity, &[&[table as u8]])
}

pub(crate) fn account(uid: &str) -> Bytes {
    join(Tag::Identity, &[&[IdentityTable::Account as u8], uid.as_bytes()])
}

pub(crate) fn account_name(name: &str) -> Bytes {
    join(Tag::Identity, &[&[IdentityTable::AccountName as u8], name.as_bytes()])
}

/// Also, without a name, the beginning of the keys of all users of the account.
pub(crate) fn user(account: &str, name: &str) -> Bytes {
    join(Tag::Identity, &[&[IdentityTable::User as u8], account.as_bytes(), &[0], name.as_bytes()])
}

/// Also, without a name, the beginning of the keys of all roles of the account.
pub(crate) fn role(account: &str, name: &str) -> Bytes {
    join(Tag::Identity, &[&[IdentityTable::Role as u8], account.as_bytes(), &[0], name.as_bytes()])
}

pub(crate) fn access_key(id: &str) -> Bytes {
    join(Tag::Identity, &[&[IdentityTable::AccessKey as u8], id.as_bytes()])
}

/// Also, without an id, the beginning of the keys for all access keys of the user, or of the account's own if the user is
/// empty.
pub(crate) fn key_of_owner(account: &str, user: &str, id: &str) -> Bytes {
    let table = &[IdentityTable::KeyOfOwner as u8];
    join(Tag::Identity, &[table, account.as_bytes(), &[0], user.as_bytes(), &[0], id.as_bytes()])
}

/// Also, without a name, the beginning of the keys of all policies of the owner.
pub(crate) fn policy(owner: &PolicyOwner, name: &str) -> Bytes {
    let (account, kind) = (owner.account.as_bytes(), &[owner.kind as u8]);
    let table = &[IdentityTable::Policy as u8];
    join(Tag::Identity, &[table, account, &[0], kind, owner.name.as_bytes(), &[0], name.as_bytes()])
}

pub(crate) fn reclaim(id: DataId) -> Bytes {
    join(Tag::Reclaim, &[&id.to_bytes()])
}

pub(crate) fn content(id: DataId) -> Bytes {
    join(Tag::Content, &[&id.to_bytes()])
}

/// Times before 1970 come before the others.
fn requested(ms: i64) -> u64 {
    ms.cast_unsigned() ^ (1 << 63)
}

/// Returns the first key that does not begin with the prefix and comes after all that do.
pub(crate) fn after_prefix(prefix: &[u8]) -> Bytes {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if last < u8::MAX {
            key.push(last + 1);
            break;
        }
    }
    Bytes::from(key)
}

/// Reads the rest of a key after the prefix, as text.
pub(crate) fn text_after<'a>(key: &'a [u8], prefix: &[u8]) -> Result<&'a str, Error> {
    key.strip_prefix(prefix)
        .and_then(|rest| std::str::from_utf8(rest).ok())
        .ok_or_else(|| Error::corrupt("a key of the index"))
}
/// Splits a row's key into its bucket and its key, without the bytes that follow.
pub(crate) fn split(key: &[u8], tag: Tag, suffix: usize) -> Result<(String, String), Error> {
    let end = key.len().saturating_sub(suffix);
    let text = text_after(key.get(..end).unwrap_or_default(), &[tag as u8])?;
    let (bucket, name) = text.split_once('\0').ok_or_else(|| Error::corrupt("a key without a bucket"))?;
    Ok((bucket.to_owned(), name.to_owned()))
}
