//! Who calls, and what each may do. A kind of caller is one row: how its requests are signed, and what is expected of them.

use ossicle_protocol::Operation;

use super::Outcome::{self, Done, Refused};
use super::cast::Cast;
use super::needs::{By, Need, Setting};
use crate::harness::Request;
use crate::harness::form::Policy;
use crate::harness::signing::{Key, root_key};
use crate::inputs::World;

/// A kind of caller.
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// By what it signs, if it does.
    signs: fn(&Cast) -> Option<Signer>,
    /// What is expected of its requests.
    expected: fn(&Need, &Setting) -> Outcome,
    /// Whether that depends on ACLs.
    depends_on_acls: bool,
}

/// A key, and a token if it is one of a session.
pub(super) struct Signer {
    key: Key,
    token: Option<String>,
}

impl Signer {
    fn of(key: Key) -> Self {
        Self { key, token: None }
    }
}

/// Those who call.
pub(super) const CALLERS: &[Caller] = &[
    Caller {
        name: "nobody that is known",
        signs: |_| None,
        expected: |need, setting| by_acl(need, setting, false),
        depends_on_acls: true,
    },
    Caller {
        name: "the owner",
        signs: |_| Some(Signer::of(root_key())),
        expected: |_, _| Done,
        depends_on_acls: false,
    },
    Caller {
        name: "somebody with a wrong secret",
        signs: |_| Some(Signer::of(Key { secret: "wrong".to_owned(), ..root_key() })),
        expected: |need, _| unless_unsigned(need, Refused("SignatureDoesNotMatch")),
        depends_on_acls: false,
    },
    Caller {
        name: "somebody with an unknown key",
        signs: |_| Some(Signer::of(Key { id: "LTAINobodyHasThisKey1234".to_owned(), ..root_key() })),
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "somebody with a token that was not given out",
        signs: |_| Some(Signer { key: root_key(), token: Some("nobody-gave-this-out".to_owned()) }),
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "a disabled key",
        signs: |cast| Some(Signer::of(cast.disabled.clone())),
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "another account",
        signs: |cast| Some(Signer::of(cast.other_account.clone())),
        expected: |need, setting| if need.by == By::Account { Done } else { by_acl(need, setting, true) },
        depends_on_acls: true,
    },
    Caller {
        name: "a user without a policy",
        signs: |cast| Some(Signer::of(cast.user("without-policy"))),
        expected: |need, setting| by_acl(need, setting, true),
        depends_on_acls: true,
    },
];

/// What ACLs allow, to those who sign or to everybody.
fn by_acl(need: &Need, setting: &Setting, is_signed: bool) -> Outcome {
    let allowed = match need.by {
        By::Anybody => true,
        By::Account | By::Owner => false,
        By::Acl(rights) => rights.iter().all(|right| setting.gives(*right, is_signed)),
    };
    if allowed { Done } else { Refused("AccessDenied") }
}

/// What becomes of signed requests; those that are never signed are done.
fn unless_unsigned(need: &Need, outcome: Outcome) -> Outcome {
    if need.by == By::Anybody { Done } else { outcome }
}

impl Caller {
    /// Whether the setting can matter: to those that ACLs do not concern, the narrowest and the widest are enough.
    pub(super) fn is_tried_under(&self, setting: &Setting) -> bool {
        let is_extreme =
            setting.object == "default" && ["private", "public-read-write"].contains(&setting.bucket);
        self.depends_on_acls || is_extreme
    }

    pub(super) fn outcome(&self, need: &Need, setting: &Setting) -> Outcome {
        (self.expected)(need, setting)
    }

    /// Returns the operation's request, signed by this caller.
    pub(super) fn request(&self, cast: &Cast, world: &World, operation: Operation) -> Request {
        let draft = world.draft(operation);
        let signer = (self.signs)(cast);
        match (operation, signer) {
            (Operation::Preflight, _) => draft.request(&world.bucket().server),
            (Operation::PostObject, signer) => {
                let unsigned = ["OSSAccessKeyId", "policy", "Signature"]
                    .into_iter()
                    .fold(draft, |draft, field| draft.without_field(field));
                let bucket = format!("{{\"bucket\":\"{}\"}}", world.name());
                let signature = signer.iter().flat_map(|Signer { key, token }| {
                    let policy = Policy::new().condition(&bucket).key(&key.id, &key.secret);
                    let token = token.iter().map(|token| ("x-oss-security-token".to_owned(), token.clone()));
                    policy.v1().into_iter().chain(token)
                });
                let draft = signature.fold(unsigned, |draft, (name, value)| draft.field(&name, &value));
                draft.request(&world.bucket().server)
            }
            (_, None) => draft.anonymous().request(&world.bucket().server),
            (_, Some(Signer { key, token })) => {
                let draft = match &token {
                    Some(token) => draft.header("x-oss-security-token", token),
                    None => draft,
                };
                draft.request(&world.bucket().server).key(&key.id, &key.secret)
            }
        }
    }
}
