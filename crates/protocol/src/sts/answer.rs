//! The answers of STS, as JSON or XML.

use super::Fault;
use crate::Timestamp;
use crate::xml_text::push_element;

/// The longest `HostId`.
const HOST_ID_LIMIT: usize = 255;

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML, which is meant where a request does not say.
    Xml,
}

impl Format {
    /// Returns the `Content-Type`, in the spelling that the SDKs compare it with.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Credentials were given out.
    AssumeRole(AssumedRole),
    /// The caller is known.
    GetCallerIdentity(CallerIdentity),
}

/// Credentials for a session of a role.
#[derive(Clone)]
pub struct AssumedRole {
    /// The ARN of the session.
    pub arn: String,
    /// The id of the role and the name of the session.
    pub assumed_role_id: String,
    /// The id of the temporary key.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: crate::SecretKey,
    /// What has to come with every request that it signs.
    pub security_token: String,
    /// When they stop being valid.
    pub expiration: Timestamp,
}

impl std::fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AssumedRole").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// Who a caller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// What kind of identity it is, with its id.
    pub identity: IdentityType,
    /// The uid of the account.
    pub account_id: String,
    /// The ARN.
    pub arn: String,
}

/// The kinds of identities.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityType {
    /// An account itself.
    Account,
    /// A RAM user.
    RamUser {
        /// Its id.
        user_id: String,
    },
    /// A session of a role.
    AssumedRoleUser {
        /// The role's id.
        role_id: String,
        /// The session's name.
        session_name: String,
    },
}

impl Answer {
    /// Writes the document.
    #[must_use]
    pub fn render(&self, format: Format, request_id: &str) -> String {
        let request_id = ("RequestId", Value::text(request_id));
        match self {
            Self::AssumeRole(assumed) => {
                let [user, credentials] = assumed.fields();
                document("AssumeRoleResponse", &[request_id, user, credentials], format)
            }
            Self::GetCallerIdentity(caller) => {
                let fields: Vec<Field> = std::iter::once(request_id).chain(caller.fields()).collect();
                document("GetCallerIdentityResponse", &fields, format)
            }
        }
    }
}

impl AssumedRole {
    fn fields(&self) -> [Field; 2] {
        let user = [("Arn", Value::text(&self.arn)), ("AssumedRoleId", Value::text(&self.assumed_role_id))];
        let expiration = self.expiration.iso8601_seconds();
        let credentials = [
            ("AccessKeyId", Value::text(&self.access_key_id)),
            ("AccessKeySecret", Value::text(self.access_key_secret.reveal())),
            ("SecurityToken", Value::text(&self.security_token)),
            ("Expiration", Value::text(&expiration)),
        ];
        [("AssumedRoleUser", Value::Fields(user.into())), ("Credentials", Value::Fields(credentials.into()))]
    }
}

impl CallerIdentity {
    fn fields(&self) -> Vec<Field> {
        let (kind, principal, id) = match &self.identity {
            IdentityType::Account => ("Account", self.account_id.clone(), ("UserId", &self.account_id)),
            IdentityType::RamUser { user_id } => ("RAMUser", user_id.clone(), ("UserId", user_id)),
            IdentityType::AssumedRoleUser { role_id, session_name } => {
                ("AssumedRoleUser", format!("{role_id}:{session_name}"), ("RoleId", role_id))
            }
        };
        vec![
            ("IdentityType", Value::text(kind)),
            ("AccountId", Value::text(&self.account_id)),
            ("PrincipalId", Value::Text(principal)),
            (id.0, Value::text(id.1)),
            ("Arn", Value::text(&self.arn)),
        ]
    }
}

impl Fault {
    /// Writes the document.
    #[must_use]
    pub fn render(&self, format: Format, request_id: &str, host: &str) -> String {
        let code = self.code().as_str();
        let host = crate::echo::shortened(host, HOST_ID_LIMIT);
        let fields = [
            ("RequestId", Value::text(request_id)),
            ("HostId", Value::text(&host)),
            ("Code", Value::text(code)),
            ("Message", Value::text(self.message())),
            ("Recommend", Value::Text(format!("https://api.aliyun.com/troubleshoot?q={code}&product=Sts"))),
        ];
        document("Error", &fields, format)
    }
}

type Field = (&'static str, Value);

enum Value {
    Text(String),
    Fields(Vec<Field>),
}

impl Value {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn document(root: &'static str, fields: &[Field], format: Format) -> String {
    let mut out = String::with_capacity(1024);
    match format {
        Format::Json => push_json(&mut out, fields),
        Format::Xml => {
            out.push_str("<?xml version='1.0' encoding='UTF-8'?>");
            push_xml(&mut out, root, fields);
        }
    }
    out
}

fn push_json(out: &mut String, fields: &[Field]) {
    out.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(name);
        out.push_str("\":");
        match value {
            Value::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
            Value::Fields(fields) => push_json(out, fields),
        }
    }
    out.push('}');
}

fn push_xml(out: &mut String, name: &str, fields: &[Field]) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    for (name, value) in fields {
        match value {
            Value::Text(text) => push_element(out, name, &crate::xml_text::spellable(text)),
            Value::Fields(fields) => push_xml(out, name, fields),
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::{Answer, AssumedRole, CallerIdentity, Format, IdentityType};
    use crate::sts::{Fault, FaultCode};
    use crate::{SecretKey, Timestamp};

    #[test]
    fn writes_the_credentials_of_a_session() {
        let answer = Answer::AssumeRole(AssumedRole {
            arn: "acs:ram::1:role/writer/alice".into(),
            assumed_role_id: "3:alice".into(),
            access_key_id: "STS.k".into(),
            access_key_secret: SecretKey::new("s"),
            security_token: "t+/=".into(),
            expiration: Timestamp::from_unix_millis(1_445_412_480_789),
        });
        assert_eq!(
            answer.render(Format::Json, "R"),
            "{\"RequestId\":\"R\",\"AssumedRoleUser\":{\"Arn\":\"acs:ram::1:role/writer/alice\",\
             \"AssumedRoleId\":\"3:alice\"},\"Credentials\":{\"AccessKeyId\":\"STS.k\",\"AccessKeySecret\":\"s\",\
             \"SecurityToken\":\"t+/=\",\"Expiration\":\"2015-10-21T07:28:00Z\"}}"
        );
        assert_eq!(
            answer.render(Format::Xml, "R"),
            "<?xml version='1.0' encoding='UTF-8'?><AssumeRoleResponse><RequestId>R</RequestId><AssumedRoleUser>\
             <Arn>acs:ram::1:role/writer/alice</Arn><AssumedRoleId>3:alice</AssumedRoleId></AssumedRoleUser>\
             <Credentials><AccessKeyId>STS.k</AccessKeyId><AccessKeySecret>s</AccessKeySecret>\
             <SecurityToken>t+/=</SecurityToken><Expiration>2015-10-21T07:28:00Z</Expiration></Credentials>\
             </AssumeRoleResponse>"
        );
        assert!(!format!("{answer:?}").contains("SecretKey"), "{answer:?}");
    }

    #[test]
    fn writes_who_the_caller_is() {
        let check = |identity, arn: &str, expected: &str| {
            let caller = CallerIdentity { identity, account_id: "1".into(), arn: arn.into() };
            assert_eq!(Answer::GetCallerIdentity(caller).render(Format::Json, "R"), expected);
        };
        check(
            IdentityType::Account,
            "acs:ram::1:root",
            "{\"RequestId\":\"R\",\"IdentityType\":\"Account\",\"AccountId\":\"1\",\"PrincipalId\":\"1\",\"UserId\":\"1\",\
             \"Arn\":\"acs:ram::1:root\"}",
        );
        check(
            IdentityType::RamUser { user_id: "2".into() },
            "acs:ram::1:user/alice",
            "{\"RequestId\":\"R\",\"IdentityType\":\"RAMUser\",\"AccountId\":\"1\",\"PrincipalId\":\"2\",\"UserId\":\"2\",\
             \"Arn\":\"acs:ram::1:user/alice\"}",
        );
        check(
            IdentityType::AssumedRoleUser { role_id: "3".into(), session_name: "bob".into() },
            "acs:ram::1:assumed-role/writer/bob",
            "{\"RequestId\":\"R\",\"IdentityType\":\"AssumedRoleUser\",\"AccountId\":\"1\",\"PrincipalId\":\"3:bob\",\
             \"RoleId\":\"3\",\"Arn\":\"acs:ram::1:assumed-role/writer/bob\"}",
        );
    }

    #[test]
    fn an_error_repeats_what_it_must_escaped_and_within_bounds() {
        let fault = Fault::with_message(FaultCode::InvalidParameter, &"a\"<\u{0}".repeat(1_000_000));
        for format in [Format::Json, Format::Xml] {
            let document = fault.render(format, "R", &"h".repeat(10_000));
            assert!(document.len() < 64 * 1024, "{}", document.len());
        }
        let fault = Fault::new(FaultCode::AccessKeyNotFound);
        assert_eq!(fault.status(), 404);
        assert_eq!(
            fault.render(Format::Xml, "R", "h"),
            "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><HostId>h</HostId>\
             <Code>InvalidAccessKeyId.NotFound</Code><Message>Specified access key is not found.</Message>\
             <Recommend>https://api.aliyun.com/troubleshoot?q=InvalidAccessKeyId.NotFound&amp;product=Sts</Recommend>\
             </Error>"
        );
    }
}
