//! Statements: whom, what and when each allows or denies.

use crate::condition::Condition;
use crate::error::{PolicyError, echo};
use crate::json::Json;
use crate::key::Key;
use crate::pattern::Pattern;
use crate::policy_kind::PolicyKind;
use crate::principal::Principals;
use crate::request::Request;
use crate::resource::ResourcePattern;

/// An identifier of a statement has at most so many characters.
const MAX_SID: usize = 128;

/// What a statement does with the requests it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It lets them pass.
    Allow,
    /// It refuses them, whatever others say.
    Deny,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) sid: Option<Box<str>>,
    /// Whom it is about: in RAM and session policies, whoever has the policy.
    principals: Option<Principals>,
    actions: Actions,
    resources: Resources,
    conditions: Box<[Condition]>,
}

#[derive(Debug, Clone, PartialEq)]
struct Actions {
    negated: bool,
    patterns: Box<[Pattern]>,
}

#[derive(Debug, Clone, PartialEq)]
struct Resources {
    negated: bool,
    patterns: Box<[ResourcePattern]>,
}

impl Statement {
    /// Reads a statement of a policy of this kind.
    pub(crate) fn parse(kind: PolicyKind, element: Json) -> Result<Self, PolicyError> {
        let mut draft = Draft::default();
        for (name, value) in element.members()? {
            draft.take(kind, &name, value).map_err(|error| error.inside(&name))?;
        }
        draft.finish(kind)
    }

    /// Makes one that denies everything, to everybody but the owner of a bucket.
    pub(crate) fn deny_everything(kind: PolicyKind) -> Self {
        let everybody = kind.has_principals().then(|| Principals { negated: true, who: [].into() });
        Self {
            effect: Effect::Deny,
            sid: None,
            principals: everybody,
            actions: Actions { negated: true, patterns: [].into() },
            resources: Resources { negated: true, patterns: [].into() },
            conditions: [].into(),
        }
    }

    /// Returns whether it is about a request, whose action is `action` in lower case.
    pub(crate) fn applies(&self, request: &Request<'_>, action: &str) -> bool {
        self.actions.cover(action)
            && self.covers_principal(request)
            && self.resources.cover(request)
            && self.conditions.iter().all(|condition| condition.is_met(request.context))
    }

    /// Returns whether it is about who asks. The owner of a bucket is meant by `*` only where there is a condition.
    fn covers_principal(&self, request: &Request<'_>) -> bool {
        let Some(principals) = &self.principals else { return true };
        let is_owner = request.principal.is_account(request.resource.account);
        if is_owner && self.conditions.is_empty() && request.resource.service == "oss" {
            return !principals.negated && principals.names_account(request.resource.account);
        }
        principals.covers(&request.principal)
    }

    /// Returns whether it gives everybody a right, by OSS's rules.
    pub(crate) fn is_public(&self) -> bool {
        let fixed = self.principals.as_ref().is_some_and(Principals::are_fixed);
        self.effect == Effect::Allow && !fixed && !self.conditions.iter().any(Condition::is_fixed)
    }

    /// Returns the keys that its conditions ask for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.conditions.iter().map(Condition::key)
    }

    /// Returns whether one of its resources can be this bucket or be in it.
    pub(crate) fn names_bucket(&self, name: &str) -> bool {
        self.resources.negated || self.resources.patterns.iter().any(|pattern| pattern.names_bucket(name))
    }
}

impl Actions {
    /// Returns whether an action, in lower case, is one of these.
    fn cover(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }
}

impl Resources {
    fn cover(&self, request: &Request<'_>) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(&request.resource)) != self.negated
    }
}

/// What has been read of a statement.
#[derive(Default)]
struct Draft {
    effect: Option<Effect>,
    sid: Option<Box<str>>,
    principals: Option<Principals>,
    actions: Option<Actions>,
    resources: Option<Resources>,
    conditions: Box<[Condition]>,
}

impl Draft {
    fn take(&mut self, kind: PolicyKind, name: &str, value: Json) -> Result<(), PolicyError> {
        let negated = name.starts_with("Not");
        match name {
            "Effect" => self.effect = Some(parse_effect(value)?),
            "Sid" => self.sid = Some(parse_sid(value)?),
            "Principal" if kind == PolicyKind::Trust => {
                self.principals = Some(Principals::parse_trust(value)?)
            }
            "Principal" | "NotPrincipal" if kind == PolicyKind::Bucket => {
                let principals = Principals::parse_bucket(negated, value)?;
                once(&mut self.principals, principals, "Principal and NotPrincipal")?;
            }
            "Action" | "NotAction" => {
                let patterns = parse_actions(kind, value)?;
                once(&mut self.actions, Actions { negated, patterns }, "Action and NotAction")?;
            }
            "Resource" | "NotResource" if kind != PolicyKind::Trust => {
                let patterns = parse_resources(value)?;
                once(&mut self.resources, Resources { negated, patterns }, "Resource and NotResource")?;
            }
            "Condition" => self.conditions = Condition::parse_all(value)?,
            _ => return Err(PolicyError::invalid("", format!("no element of a {kind}"))),
        }
        Ok(())
    }

    fn finish(self, kind: PolicyKind) -> Result<Statement, PolicyError> {
        let missing = |name: &str| PolicyError::invalid(name, "is missing");
        let effect = self.effect.ok_or_else(|| missing("Effect"))?;
        let actions = self.actions.ok_or_else(|| missing("Action"))?;
        let everything = Resources { negated: true, patterns: [].into() };
        let (principals, resources) = match kind {
            PolicyKind::Ram | PolicyKind::Session => {
                (None, self.resources.ok_or_else(|| missing("Resource"))?)
            }
            PolicyKind::Trust => (Some(self.principals.ok_or_else(|| missing("Principal"))?), everything),
            PolicyKind::Bucket => {
                let resources = self.resources.ok_or_else(|| missing("Resource"))?;
                (Some(self.principals.unwrap_or_else(|| unnamed(effect))), resources)
            }
        };
        Ok(Statement { effect, sid: self.sid, principals, actions, resources, conditions: self.conditions })
    }
}

/// Returns whom a statement of a bucket policy is about that does not say it, which OSS takes: what it denies it denies to
/// everybody, what it allows it allows to nobody.
fn unnamed(effect: Effect) -> Principals {
    Principals { negated: effect == Effect::Deny, who: [].into() }
}

fn once<T>(place: &mut Option<T>, value: T, names: &str) -> Result<(), PolicyError> {
    if place.is_some() {
        return Err(PolicyError::invalid("", format!("{names} exclude each other")));
    }
    *place = Some(value);
    Ok(())
}

fn parse_effect(value: Json) -> Result<Effect, PolicyError> {
    match value.text()?.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(PolicyError::invalid("", format!("{} is neither Allow nor Deny", echo(other)))),
    }
}

fn parse_sid(value: Json) -> Result<Box<str>, PolicyError> {
    let sid = value.text()?;
    if sid.chars().count() > MAX_SID {
        return Err(PolicyError::invalid("", format!("must not have more than {MAX_SID} characters")));
    }
    Ok(sid.into())
}

fn parse_actions(kind: PolicyKind, value: Json) -> Result<Box<[Pattern]>, PolicyError> {
    let names = value.texts()?;
    if names.is_empty() {
        return Err(PolicyError::invalid("", "names no action"));
    }
    let one = |name: &String| {
        let is_action = match name.split_once(':') {
            Some((service, action)) => {
                !service.is_empty() && !action.is_empty() && (kind != PolicyKind::Bucket || is_oss(service))
            }
            None => name == "*",
        };
        if is_action {
            // The case of actions does not matter.
            Ok(Pattern::new(&name.to_ascii_lowercase()))
        } else {
            Err(PolicyError::invalid("", format!("{} is no action", echo(name))))
        }
    };
    names.iter().map(one).collect()
}

fn is_oss(service: &str) -> bool {
    Pattern::new(&service.to_ascii_lowercase()).matches("oss")
}

fn parse_resources(value: Json) -> Result<Box<[ResourcePattern]>, PolicyError> {
    let names = value.texts()?;
    if names.is_empty() {
        return Err(PolicyError::invalid("", "names no resource"));
    }
    names.iter().map(|name| ResourcePattern::parse(name)).collect()
}
