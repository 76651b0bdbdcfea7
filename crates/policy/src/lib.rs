//! Policies as RAM and OSS have them: parsed, checked and evaluated by pure functions.
//!
//! [`Policy::parse`] reads a document and refuses what it does not understand, so that a policy that does not parse grants
//! nothing. [`decide`] is the whole decision on one action: session policy, RAM policies, bucket policy, ACLs and blocked
//! public access, in OSS's order, and what the decision rests on. Who asks, the time and the values of condition keys come
//! in as arguments; HTTP and the store are not known here.

#![forbid(unsafe_code)]

mod address;
mod assume_role;
mod condition;
mod context;
mod decide;
mod error;
mod found;
mod json;
mod key;
mod pattern;
mod policy;
mod policy_kind;
mod principal;
mod request;
mod resource;
mod statement;

pub use self::assume_role::decide_assume_role;
pub use self::context::{Context, Value};
pub use self::decide::{Access, Acl, Acls, Allowed, Denied, Right, Verdict, decide};
pub use self::error::PolicyError;
pub use self::found::{Document, Found};
pub use self::key::Key;
pub use self::policy::{Decision, MAX_STATEMENTS, Policy};
pub use self::policy_kind::PolicyKind;
pub use self::principal::Principal;
pub use self::request::Request;
pub use self::resource::Resource;
pub use self::statement::Effect;
