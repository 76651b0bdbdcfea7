//! Whether a role may be assumed: its trust policy must say so, and the policies of who asks as well.

use crate::decide::{Denied, Verdict};
use crate::policy::{Decision, Policy};
use crate::request::Request;
use crate::{Allowed, Principal};

/// Decides whether a role is handed out to who asks. The request's resource is the role, `acs:ram::<uid>:role/<name>`, and its
/// action `sts:AssumeRole`. A service has no policies; its name in the trust policy suffices. An account by its own access
/// key may not assume roles, as RAM has it.
#[must_use]
pub fn decide_assume_role<'a>(
    request: &Request<'_>,
    ram_policies: &'a [Policy],
    session_policy: Option<&'a Policy>,
    trust: &'a Policy,
) -> Verdict<'a> {
    match session_policy.map(|policy| policy.evaluate(request)) {
        None | Some(Decision::Allow(_)) => {}
        Some(Decision::ExplicitDeny(found)) => return Verdict::Denied(Denied::Statement(found)),
        Some(Decision::ImplicitDeny) => return Verdict::Denied(Denied::SessionPolicy),
    }
    let trusted = match trust.evaluate(request) {
        Decision::ExplicitDeny(found) => return Verdict::Denied(Denied::Statement(found)),
        Decision::Allow(found) => Some(found),
        Decision::ImplicitDeny => None,
    };
    let own = match request.principal {
        Principal::Service { .. } => trusted,
        Principal::Anonymous | Principal::Account { .. } => None,
        Principal::User { .. } | Principal::RoleSession { .. } => {
            let decisions = ram_policies.iter().map(|policy| policy.evaluate(request));
            let mut allowed = None;
            for decision in decisions {
                match decision {
                    Decision::ExplicitDeny(found) => return Verdict::Denied(Denied::Statement(found)),
                    Decision::Allow(found) => allowed = allowed.or(Some(found)),
                    Decision::ImplicitDeny => {}
                }
            }
            allowed
        }
    };
    match (trusted, own) {
        (Some(found), Some(_)) => Verdict::Allowed(Allowed::Statement(found)),
        _ => Verdict::Denied(Denied::NoStatement),
    }
}
