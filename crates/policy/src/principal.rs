//! Who asks, and whom a statement is about.

use crate::error::{PolicyError, echo};
use crate::json::Json;
use crate::pattern::Pattern;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// Nobody signed.
    Anonymous,
    /// An account, by an access key of its own.
    Account {
        /// The account's uid.
        uid: &'a str,
    },
    /// A RAM user.
    User {
        /// The uid of its account.
        account: &'a str,
        /// Its own uid.
        id: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A session of a RAM role.
    RoleSession {
        /// The uid of the role's account.
        account: &'a str,
        /// The role's name.
        role: &'a str,
        /// The session's name.
        session: &'a str,
    },
    /// A cloud service, which only trust policies know.
    Service {
        /// Its name, as `ecs.aliyuncs.com`.
        name: &'a str,
    },
}

impl<'a> Principal<'a> {
    /// Returns the uid of the account that it belongs to.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        match *self {
            Self::Anonymous | Self::Service { .. } => None,
            Self::Account { uid } => Some(uid),
            Self::User { account, .. } | Self::RoleSession { account, .. } => Some(account),
        }
    }

    /// Returns whether it is meant by a name as bucket policies have them in `Principal`: a uid, a role session, `*`.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        Who::parse_bucket(name).is(self)
    }

    /// Returns whether it is the account with this uid itself, none of its users and roles.
    #[must_use]
    pub fn is_account(&self, uid: &str) -> bool {
        matches!(self, Self::Account { uid: own } if *own == uid)
    }
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Principals {
    /// Whether it is about all others.
    pub(crate) negated: bool,
    pub(crate) who: Box<[Who]>,
}

/// One entry of `Principal`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Who {
    /// `*`
    Everybody,
    /// The uid of an account or of a RAM user.
    Uid(Box<str>),
    /// `arn:sts::<uid>:assumed-role/<role>/<session>`, with wildcards.
    Session { account: Pattern, role: Pattern, session: Pattern },
    /// `acs:ram::<uid>:root`: the account and its users and roles.
    Root(Box<str>),
    /// `acs:ram::<uid>:user/<name>`
    User { account: Box<str>, name: Pattern },
    /// `acs:ram::<uid>:role/<name>`: sessions of the role.
    Role { account: Box<str>, name: Pattern },
    /// The name of a service.
    Service(Box<str>),
    /// An identity provider, whose users do not sign requests here.
    Federated,
}

impl Principals {
    /// Reads `Principal` of a bucket policy: uids, role sessions, `*`. An empty list is `["*"]`, as OSS has it. What is neither
    /// is nobody; OSS takes it, too.
    pub(crate) fn parse_bucket(negated: bool, element: Json) -> Result<Self, PolicyError> {
        let names = element.texts()?;
        if names.is_empty() {
            return Ok(Self { negated, who: [Who::Everybody].into() });
        }
        Ok(Self { negated, who: names.iter().map(|name| Who::parse_bucket(name)).collect() })
    }

    /// Reads `Principal` of a trust policy.
    pub(crate) fn parse_trust(element: Json) -> Result<Self, PolicyError> {
        let mut who = Vec::new();
        for (kind, names) in element.members()? {
            let names = names.texts().map_err(|error| error.inside(&kind))?;
            for name in names {
                who.push(Who::parse_trust(&kind, &name)?);
            }
        }
        if who.is_empty() {
            return Err(PolicyError::invalid("", "names nobody"));
        }
        Ok(Self { negated: false, who: who.into() })
    }

    /// Returns whether it is about `principal`. That the owner of a bucket is not meant by `*` is the statement's to know.
    pub(crate) fn covers(&self, principal: &Principal<'_>) -> bool {
        self.who.iter().any(|who| who.is(principal)) != self.negated
    }

    /// Returns whether the account with this uid is among them by its uid.
    pub(crate) fn names_account(&self, uid: &str) -> bool {
        self.who.iter().any(|who| matches!(who, Who::Uid(named) if **named == *uid))
    }

    /// Returns whether they are one or several fixed principals.
    pub(crate) fn are_fixed(&self) -> bool {
        let is_fixed = |who: &Who| match who {
            Who::Everybody => false,
            Who::Session { account, role, session } => {
                !account.has_star() && !role.has_star() && !session.has_star()
            }
            _ => true,
        };
        !self.negated && self.who.iter().all(is_fixed)
    }
}

impl Who {
    fn parse_bucket(name: &str) -> Self {
        if name == "*" {
            return Self::Everybody;
        }
        Self::parse_session(name).unwrap_or_else(|| Self::Uid(name.into()))
    }

    fn parse_session(name: &str) -> Option<Self> {
        let (account, path) = name.strip_prefix("arn:sts::")?.split_once(':')?;
        let (kind, path) = path.split_once('/')?;
        let (role, session) = path.split_once('/')?;
        let is_session = Pattern::new(kind).matches("assumed-role");
        is_session.then(|| Self::Session {
            account: Pattern::new(account),
            role: Pattern::new(role),
            session: Pattern::new(session),
        })
    }

    fn parse_trust(kind: &str, name: &str) -> Result<Self, PolicyError> {
        let invalid = || PolicyError::invalid(kind, format!("{} is no principal of this kind", echo(name)));
        match kind {
            "RAM" => Self::parse_ram(name).ok_or_else(invalid),
            "Service" if !name.is_empty() && !name.contains([':', '/', '*', '?']) => {
                Ok(Self::Service(name.into()))
            }
            "Federated" if name.starts_with("acs:ram::") => Ok(Self::Federated),
            "Service" | "Federated" => Err(invalid()),
            _ => Err(PolicyError::invalid(echo(kind), "is none of RAM, Service and Federated")),
        }
    }

    fn parse_ram(name: &str) -> Option<Self> {
        let (account, path) = name.strip_prefix("acs:ram::")?.split_once(':')?;
        if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match path.split_once('/') {
            None if path == "root" => Some(Self::Root(account.into())),
            Some(("user", name)) if !name.is_empty() => {
                Some(Self::User { account: account.into(), name: Pattern::new(name) })
            }
            Some(("role", name)) if !name.is_empty() => {
                Some(Self::Role { account: account.into(), name: Pattern::new(name) })
            }
            _ => None,
        }
    }

    fn is(&self, principal: &Principal<'_>) -> bool {
        match (self, principal) {
            (Self::Everybody, Principal::Service { .. }) => false,
            (Self::Everybody, _) => true,
            (Self::Uid(named), Principal::Account { uid } | Principal::User { id: uid, .. }) => {
                **named == **uid
            }
            (
                Self::Session { account, role, session },
                Principal::RoleSession { account: of, role: role_name, session: session_name },
            ) => account.matches(of) && role.matches(role_name) && session.matches(session_name),
            (Self::Root(account), _) => principal.account() == Some(account),
            (Self::User { account, name }, Principal::User { account: of, name: user, .. }) => {
                **account == **of && name.matches(user)
            }
            (Self::Role { account, name }, Principal::RoleSession { account: of, role, .. }) => {
                **account == **of && name.matches(role)
            }
            (Self::Service(named), Principal::Service { name }) => **named == **name,
            _ => false,
        }
    }
}
