//! Who calls, and what each may do. A kind of caller is one row: how its requests are signed, and what is expected of them.

use ossicle_protocol::Operation;

use super::Outcome::{self, Done, Refused};
use super::cast::{ALLOW_READING, Cast, ROLES, Sealed, Session};
use super::needs::{By, Effect, Need, Right, Setting};
use crate::harness::form::Policy;
use crate::harness::request::now;
use crate::harness::signing::{Key, root_key};
use crate::harness::{Request, Server};
use crate::inputs::World;

/// A kind of caller.
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// By what it signs, if it does.
    signs: fn(&Callers) -> Option<Signer>,
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

    fn of_session(session: &Session) -> Self {
        Self { key: session.key.clone(), token: Some(session.token.clone()) }
    }
}

/// Those who are there, and their sessions.
pub(super) struct Callers {
    cast: Cast,
    session: Session,
    narrower: Session,
    of_other_role: Session,
}

impl Callers {
    pub(super) fn new(cast: Cast, server: &Server) -> Self {
        let [role, other] = ROLES.map(|(name, _)| name);
        let session = cast.session(server, role, None);
        let narrower = cast.session(server, role, Some(ALLOW_READING));
        let of_other_role = cast.session(server, other, None);
        Self { cast, session, narrower, of_other_role }
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
        signs: |callers| Some(Signer::of(callers.cast.disabled.clone())),
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "another account",
        signs: |callers| Some(Signer::of(callers.cast.other_account.clone())),
        expected: |need, setting| match (need.by, setting.policy) {
            (By::Account | By::Anybody, _) | (_, Some(Effect::Allow)) => Done,
            (_, Some(Effect::Deny)) => Refused("AccessDenied"),
            (_, None) => by_acl(need, setting, true),
        },
        depends_on_acls: true,
    },
    Caller {
        name: "a user without a policy",
        signs: |callers| Some(Signer::of(callers.cast.user("without-policy"))),
        expected: |need, setting| by_acl(need, setting, true),
        depends_on_acls: true,
    },
    Caller {
        name: "a user who may read objects",
        signs: |callers| Some(Signer::of(callers.cast.user("reader"))),
        expected: |need, setting| match need.by {
            By::Acl(rights) => {
                let may = |right: &Right| *right == Right::Read || setting.gives(*right, true);
                done_if(rights.iter().all(may))
            }
            _ => by_acl(need, setting, true),
        },
        depends_on_acls: true,
    },
    Caller {
        name: "a user who may do everything",
        signs: |callers| Some(Signer::of(callers.cast.user("with-allow"))),
        expected: |_, _| Done,
        depends_on_acls: false,
    },
    Caller {
        name: "a user who is denied everything, and allowed, too",
        signs: |callers| Some(Signer::of(callers.cast.user("with-deny"))),
        expected: |need, _| unless_unsigned(need, Refused("AccessDenied")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session of a role that may do everything",
        signs: |callers| Some(Signer::of_session(&callers.session)),
        expected: |_, _| Done,
        depends_on_acls: false,
    },
    Caller {
        name: "a session that a policy narrows to reading objects",
        signs: |callers| Some(Signer::of_session(&callers.narrower)),
        expected: |need, _| done_if(need.action == "oss:GetObject"),
        depends_on_acls: false,
    },
    Caller {
        name: "a session without its token",
        signs: |callers| Some(Signer::of(callers.session.key.clone())),
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session with the token of another role",
        signs: |callers| {
            let token = Some(callers.of_other_role.token.clone());
            Some(Signer { token, ..Signer::of_session(&callers.session) })
        },
        expected: |need, _| unless_unsigned(need, Refused("InvalidSecurityToken")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session that has ended",
        signs: |callers| sealed(callers, |good| Sealed { until_ms: now().unix_millis() - 1000, ..good }),
        expected: |need, _| unless_unsigned(need, Refused("SecurityTokenExpired")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session of a role that is gone, whose name another has",
        signs: |callers| sealed(callers, |good| Sealed { role_id: "300000000000000000", ..good }),
        expected: |need, _| unless_unsigned(need, Refused("InvalidSecurityToken")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session that was begun with a key that is disabled now",
        signs: |callers| {
            let disabled = callers.cast.disabled.id.clone();
            sealed(callers, |good| Sealed { issued_to: disabled, ..good })
        },
        expected: |need, _| unless_unsigned(need, Refused("InvalidAccessKeyId")),
        depends_on_acls: false,
    },
    Caller {
        name: "a session that differs from these in nothing else",
        signs: |callers| sealed(callers, |good| good),
        expected: |_, _| Done,
        depends_on_acls: false,
    },
];

/// Returns the signer of a session that is sealed here, good but for a change.
fn sealed(callers: &Callers, change: impl FnOnce(Sealed) -> Sealed) -> Option<Signer> {
    let good = Sealed {
        until_ms: now().unix_millis() + 1_000_000,
        role_id: ROLES[0].1,
        issued_to: callers.cast.user("assumer").id,
    };
    Some(Signer::of_session(&change(good).session()))
}

/// What ACLs allow, to those who sign or to everybody.
fn by_acl(need: &Need, setting: &Setting, is_signed: bool) -> Outcome {
    let allowed = match need.by {
        By::Anybody => true,
        By::Account | By::Owner => false,
        By::Acl(rights) => rights.iter().all(|right| setting.gives(*right, is_signed)),
    };
    done_if(allowed)
}

fn done_if(allowed: bool) -> Outcome {
    if allowed { Done } else { Refused("AccessDenied") }
}

/// What becomes of signed requests; those that are never signed are done.
fn unless_unsigned(need: &Need, outcome: Outcome) -> Outcome {
    if need.by == By::Anybody { Done } else { outcome }
}

impl Caller {
    /// Whether the setting can matter: to those that ACLs do not concern, the narrowest and the widest are enough.
    pub(super) fn is_tried_under(&self, setting: &Setting) -> bool {
        let is_extreme = setting.object == "default"
            && ["private", "public-read-write"].contains(&setting.bucket)
            && setting.policy.is_none();
        self.depends_on_acls || is_extreme
    }

    pub(super) fn outcome(&self, need: &Need, setting: &Setting) -> Outcome {
        (self.expected)(need, setting)
    }

    /// Returns the operation's request, signed by this caller.
    pub(super) fn request(&self, callers: &Callers, world: &World, operation: Operation) -> Request {
        let draft = world.draft(operation);
        let signer = (self.signs)(callers);
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
