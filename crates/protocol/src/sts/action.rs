//! What STS is asked to do, with its parameters checked as far as that goes without knowing any role.

use std::fmt;

use super::fields::{is_external_id, is_role_name, is_session_name, is_uid};
use super::parameters::Parameters;
use super::{Fault, FaultCode, VERSION};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Credentials for a role.
    AssumeRole(AssumeRole),
    /// Who the caller is.
    GetCallerIdentity,
}

/// The parameters of AssumeRole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssumeRole {
    /// The role.
    pub role: RoleArn,
    /// The name that the session is to have.
    pub session_name: String,
    /// A policy that restricts what the session may do.
    pub policy: Option<String>,
    /// How long the credentials are to be valid; the role may allow less.
    pub duration_seconds: Option<u32>,
    /// What tells the role's owner on whose behalf the caller acts.
    pub external_id: Option<String>,
}

/// The name of a role in the whole world: `acs:ram::<account>:role/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    account: String,
    name: String,
}

impl Action {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AssumeRole(_) => "AssumeRole",
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}

/// The name of an action, known to be one.
#[derive(Clone, Copy, Debug)]
pub(super) enum ActionName {
    AssumeRole,
    GetCallerIdentity,
}

impl ActionName {
    /// Reads the name of an action of a version of the API.
    pub(super) fn read(name: &str, version: &str) -> Result<Self, Fault> {
        match (version == VERSION, name) {
            (false, _) => Err(FaultCode::InvalidVersion.into()),
            (true, "AssumeRole") => Ok(Self::AssumeRole),
            (true, "GetCallerIdentity") => Ok(Self::GetCallerIdentity),
            (true, _) => Err(FaultCode::InvalidAction.into()),
        }
    }

    /// Reads the action's parameters.
    pub(super) fn with(self, parameters: &Parameters) -> Result<Action, Fault> {
        match self {
            Self::AssumeRole => Ok(Action::AssumeRole(AssumeRole::read(parameters)?)),
            Self::GetCallerIdentity => Ok(Action::GetCallerIdentity),
        }
    }
}

impl AssumeRole {
    /// The shortest time for which credentials are valid.
    pub const MIN_DURATION_SECONDS: u32 = 900;
    /// The longest time for which any role gives credentials.
    pub const MAX_DURATION_SECONDS: u32 = 43_200;
    /// The time for which credentials are valid if the request names none.
    pub const DEFAULT_DURATION_SECONDS: u32 = 3_600;
    /// The most characters of a session policy.
    pub const MAX_POLICY: usize = 2_048;

    fn read(parameters: &Parameters) -> Result<Self, Fault> {
        let role = parameters.get("RoleArn").ok_or(FaultCode::MissingRoleArn)?;
        let session_name = parameters.get("RoleSessionName").ok_or(FaultCode::MissingRoleSessionName)?;
        let role = RoleArn::parse(role).ok_or(FaultCode::InvalidRoleArn)?;
        if !is_session_name(session_name) {
            return Err(FaultCode::InvalidRoleSessionName.into());
        }
        let duration_seconds = parameters.get("DurationSeconds").map(duration).transpose()?;
        let policy = parameters.get("Policy");
        if policy.is_some_and(|policy| policy.chars().count() > Self::MAX_POLICY) {
            return Err(FaultCode::InvalidPolicySize.into());
        }
        let external_id = parameters.get("ExternalId");
        if !external_id.is_none_or(is_external_id) {
            return Err(FaultCode::InvalidExternalId.into());
        }
        if parameters.get("SourceIdentity").is_some() {
            let message = "The parameter SourceIdentity is not supported.";
            return Err(Fault::with_message(FaultCode::InvalidParameter, message));
        }
        Ok(Self {
            role,
            session_name: session_name.to_owned(),
            policy: policy.map(str::to_owned),
            duration_seconds,
            external_id: external_id.map(str::to_owned),
        })
    }

    /// Returns for how long the credentials of a role are valid that allows `most_seconds`.
    ///
    /// # Errors
    /// `InvalidParameter.DurationSeconds` if more is asked for.
    pub fn duration(&self, most_seconds: u32) -> Result<u32, Fault> {
        let most = most_seconds.clamp(Self::MIN_DURATION_SECONDS, Self::MAX_DURATION_SECONDS);
        match self.duration_seconds {
            None => Ok(Self::DEFAULT_DURATION_SECONDS.min(most)),
            Some(seconds) if seconds <= most => Ok(seconds),
            Some(_) => Err(outside(most)),
        }
    }
}

impl RoleArn {
    /// Parses an ARN; `None` if it is not that of a role.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (account, name) = text.strip_prefix("acs:ram::")?.split_once(":role/")?;
        let is_role = is_uid(account) && is_role_name(name);
        is_role.then(|| Self { account: account.to_owned(), name: name.to_owned() })
    }

    /// Returns the uid of the role's account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the name that the role has in its account.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acs:ram::{}:role/{}", self.account, self.name)
    }
}

fn duration(text: &str) -> Result<u32, Fault> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u32 = text.parse().ok().filter(|_| digits).ok_or(FaultCode::InvalidDurationSeconds)?;
    let range = AssumeRole::MIN_DURATION_SECONDS..=AssumeRole::MAX_DURATION_SECONDS;
    if range.contains(&seconds) { Ok(seconds) } else { Err(outside(AssumeRole::MAX_DURATION_SECONDS)) }
}

fn outside(most: u32) -> Fault {
    let least = AssumeRole::MIN_DURATION_SECONDS;
    let message = format!("The Min/Max value of DurationSeconds is {least}/{most} seconds.");
    Fault::with_message(FaultCode::InvalidDurationSeconds, &message)
}

#[cfg(test)]
mod tests {
    use super::{Action, ActionName, RoleArn};
    use crate::sts::FaultCode;
    use crate::sts::parameters::Parameters;

    const ROLE: &str = "RoleArn=acs:ram::1000000000000001:role/writer";

    fn read(parameters: &str) -> Result<Action, FaultCode> {
        let parameters = Parameters::parse(parameters, "").unwrap();
        ActionName::AssumeRole.with(&parameters).map_err(|fault| fault.code())
    }

    #[test]
    fn reads_the_parameters_of_assume_role() {
        let Ok(Action::AssumeRole(read)) = read(&format!(
            "{ROLE}&RoleSessionName=a.b@c-d_e&Policy=%7B%7D&DurationSeconds=900&ExternalId=x:1"
        )) else {
            panic!("not read");
        };
        assert_eq!((read.role.account(), read.role.name()), ("1000000000000001", "writer"));
        assert_eq!(read.role.to_string(), "acs:ram::1000000000000001:role/writer");
        assert_eq!((read.session_name.as_str(), read.policy.as_deref()), ("a.b@c-d_e", Some("{}")));
        assert_eq!((read.duration_seconds, read.external_id.as_deref()), (Some(900), Some("x:1")));
    }

    #[test]
    fn refuses_what_the_manual_does_not_allow() {
        let check =
            |parameters: String, code| assert_eq!(read(&parameters).unwrap_err(), code, "{parameters}");
        check("RoleSessionName=alice".into(), FaultCode::MissingRoleArn);
        check(ROLE.into(), FaultCode::MissingRoleSessionName);
        check("RoleArn=acs:ram::1:user/u&RoleSessionName=alice".into(), FaultCode::InvalidRoleArn);
        for name in ["a", "a+b", "a*b", "%E5%BF%8D%E8%80%85", &"a".repeat(65)] {
            check(format!("{ROLE}&RoleSessionName={name}"), FaultCode::InvalidRoleSessionName);
        }
        for seconds in ["0", "899", "43201", "-1", "%2B900", "1e3", "99999999999"] {
            let parameters = format!("{ROLE}&RoleSessionName=alice&DurationSeconds={seconds}");
            check(parameters, FaultCode::InvalidDurationSeconds);
        }
        let policy = "a".repeat(2049);
        check(format!("{ROLE}&RoleSessionName=alice&Policy={policy}"), FaultCode::InvalidPolicySize);
        check(format!("{ROLE}&RoleSessionName=alice&ExternalId=a"), FaultCode::InvalidExternalId);
        check(format!("{ROLE}&RoleSessionName=alice&SourceIdentity=a"), FaultCode::InvalidParameter);
    }

    #[test]
    fn refuses_other_actions_and_versions() {
        let code = |name, version| ActionName::read(name, version).unwrap_err().code();
        assert_eq!(code("AssumeRoleWithSAML", "2015-04-01"), FaultCode::InvalidAction);
        assert_eq!(code("assumerole", "2015-04-01"), FaultCode::InvalidAction);
        assert_eq!(code("AssumeRole", "2014-05-26"), FaultCode::InvalidVersion);
    }

    #[test]
    fn reads_role_arns() {
        let check =
            |text: &str, expected: bool| assert_eq!(RoleArn::parse(text).is_some(), expected, "{text}");
        check("acs:ram::1:role/a.b-c_D", true);
        check("acs:ram::1:role/", false);
        check("acs:ram::1:role/a/b", false);
        check("acs:ram:::role/a", false);
        check("acs:ram:cn:1:role/a", false);
        check("acs:ram::1a:role/a", false);
        check(&format!("acs:ram::1:role/{}", "a".repeat(65)), false);
    }

    #[test]
    fn a_role_bounds_the_duration() {
        let duration = |asked: &str, most| {
            let Ok(Action::AssumeRole(read)) = read(&format!("{ROLE}&RoleSessionName=alice{asked}")) else {
                panic!("not read");
            };
            read.duration(most).map_err(|fault| fault.code())
        };
        assert_eq!(duration("", 43_200), Ok(3600));
        assert_eq!(duration("", 900), Ok(900));
        assert_eq!(duration("&DurationSeconds=7200", 7200), Ok(7200));
        assert_eq!(duration("&DurationSeconds=7201", 7200), Err(FaultCode::InvalidDurationSeconds));
        assert_eq!(duration("&DurationSeconds=43200", 999_999), Ok(43_200));
    }
}
