//! Security tokens of role sessions. A token is everything that is known of its session, sealed under the master key: nothing is
//! stored, and whoever has a token alone learns nothing from it, not even the secret that it carries.
//!
//! What becomes of a session when its role or the key behind it is gone is the directory's to find out.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ossicle_protocol::{SecretKey, Timestamp};
use zeroize::Zeroizing;

use super::master_key::{MasterKey, MasterKeyError, Purpose};

/// What ids of temporary keys begin with.
pub(crate) const KEY_ID_PREFIX: &str = "STS.";
/// The most characters of a token. A session policy of four bytes a character and the longest names fit.
const MAX_TOKEN: usize = 16 * 1024;
/// The most roles that are assumed one by means of the other.
pub(crate) const MAX_ROLES: usize = 4;
/// The first byte of what is sealed.
const VERSION: u8 = 1;
/// Random characters of a temporary key's id and secret.
const KEY_ID_CHARACTERS: usize = 24;
const SECRET_CHARACTERS: usize = 44;

/// A session of a role, as its token has it.
#[derive(Clone)]
pub(crate) struct RoleSession {
    /// The id of the temporary key.
    pub(crate) access_key_id: String,
    /// Its secret.
    pub(crate) secret: SecretKey,
    /// The roles that were assumed one by means of the other. The last is the session's.
    pub(crate) roles: Vec<AssumedRole>,
    /// The name that the session was given.
    pub(crate) session_name: String,
    /// The permanent key that the first of the roles was assumed with.
    pub(crate) issued_to: String,
    /// When the session began.
    pub(crate) issued: Timestamp,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// The policy that restricts it.
    pub(crate) policy: Option<String>,
}

/// A role as a token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssumedRole {
    /// The uid of its account.
    pub(crate) account: String,
    /// Its name.
    pub(crate) name: String,
    /// Its id. A role of the same name that is made later has another.
    pub(crate) id: String,
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// It was not given out here, or was changed since.
    Malformed,
    /// It belongs to another key.
    OtherKey,
    /// Its time is over.
    Expired,
}

impl RoleSession {
    /// Opens the token that came with a temporary key.
    pub(crate) fn open(
        token: &str,
        access_key_id: &str,
        master: &MasterKey,
        now: Timestamp,
    ) -> Result<Self, TokenFault> {
        if token.len() > MAX_TOKEN {
            return Err(TokenFault::Malformed);
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenFault::Malformed)?;
        let text = master.open(Purpose::SecurityToken, &sealed).ok_or(TokenFault::Malformed)?;
        let session = Reader(&text).session().ok_or(TokenFault::Malformed)?;
        // Both are what the client sent, or made here: the time of the comparison tells nothing.
        if session.access_key_id != access_key_id {
            return Err(TokenFault::OtherKey);
        }
        if now.unix_millis() >= session.expires.unix_millis() {
            return Err(TokenFault::Expired);
        }
        Ok(session)
    }

    /// Returns the token.
    pub(crate) fn seal(&self, master: &MasterKey) -> Result<String, MasterKeyError> {
        let mut text = Zeroizing::new(vec![VERSION]);
        for field in [&self.access_key_id, self.secret.reveal(), &self.session_name, &self.issued_to] {
            push(&mut text, field);
        }
        text.extend_from_slice(&self.issued.unix_millis().to_be_bytes());
        text.extend_from_slice(&self.expires.unix_millis().to_be_bytes());
        push(&mut text, self.policy.as_deref().unwrap_or_default());
        for role in &self.roles {
            for field in [&role.account, &role.name, &role.id] {
                push(&mut text, field);
            }
        }
        Ok(URL_SAFE_NO_PAD.encode(master.seal(Purpose::SecurityToken, &text)?))
    }
}

impl fmt::Debug for RoleSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleSession")
            .field("access_key_id", &self.access_key_id)
            .field("roles", &self.roles)
            .field("session_name", &self.session_name)
            .finish_non_exhaustive()
    }
}

/// Makes the id of a temporary key and its secret.
pub(crate) fn new_key() -> (String, SecretKey) {
    let id = format!("{KEY_ID_PREFIX}{}", random_text(KEY_ID_CHARACTERS).as_str());
    (id, SecretKey::new(random_text(SECRET_CHARACTERS).as_str()))
}

/// Returns random letters and digits.
fn random_text(length: usize) -> Zeroizing<String> {
    use rand::distr::{Alphanumeric, SampleString as _};
    Zeroizing::new(Alphanumeric.sample_string(&mut rand::rng(), length))
}

/// Appends a text after its length. None is longer than a length can say: each has a bound of its own.
fn push(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend(text.bytes().take(length.into()));
}

/// What is left to read of an opened token.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn session(mut self) -> Option<RoleSession> {
        self.0 = self.0.strip_prefix(&[VERSION])?;
        let access_key_id = self.text()?;
        let secret = SecretKey::new(self.text()?);
        let (session_name, issued_to) = (self.text()?, self.text()?);
        let (issued, expires) = (self.time()?, self.time()?);
        let policy = Some(self.text()?).filter(|policy| !policy.is_empty());
        let mut roles = Vec::new();
        while !self.0.is_empty() {
            roles.push(AssumedRole { account: self.text()?, name: self.text()?, id: self.text()? });
        }
        let counts = (1..=MAX_ROLES).contains(&roles.len());
        counts.then_some(RoleSession {
            access_key_id,
            secret,
            roles,
            session_name,
            issued_to,
            issued,
            expires,
            policy,
        })
    }

    fn text(&mut self) -> Option<String> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn time(&mut self) -> Option<Timestamp> {
        let (millis, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(Timestamp::from_unix_millis(i64::from_be_bytes(*millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_796_004_000;

    fn master(byte: u8) -> MasterKey {
        MasterKey::from_bytes(&[byte; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(NOW + seconds)
    }

    fn session(policy: Option<&str>) -> RoleSession {
        let (access_key_id, secret) = new_key();
        RoleSession {
            access_key_id,
            secret,
            roles: vec![AssumedRole { account: "1".into(), name: "writer".into(), id: "301".into() }],
            session_name: "alice".into(),
            issued_to: "LTAIexample".into(),
            issued: at(0),
            expires: at(900),
            policy: policy.map(str::to_owned),
        }
    }

    fn open(token: &str, id: &str, seconds: i64) -> Result<RoleSession, TokenFault> {
        RoleSession::open(token, id, &master(1), at(seconds))
    }

    #[test]
    fn a_token_brings_its_session_back() {
        for policy in [None, Some("{}"), Some("键".repeat(2048).as_str())] {
            let session = session(policy);
            let token = session.seal(&master(1)).unwrap();
            assert!(token.len() <= MAX_TOKEN, "{}", token.len());
            let opened = open(&token, &session.access_key_id, 0).unwrap();
            assert_eq!(opened.secret.reveal(), session.secret.reveal());
            assert_eq!(opened.roles, session.roles);
            assert_eq!(opened.policy.as_deref(), policy);
            assert_eq!((opened.session_name.as_str(), opened.issued_to.as_str()), ("alice", "LTAIexample"));
            assert_eq!((opened.issued, opened.expires), (at(0), at(900)));
        }
    }

    #[test]
    fn a_token_is_of_one_key_one_server_and_one_time() {
        let session = session(None);
        let (id, token) = (session.access_key_id.as_str(), session.seal(&master(1)).unwrap());
        let fault = |token: &str, id: &str, seconds| open(token, id, seconds).map(|_| ()).unwrap_err();
        assert_eq!(fault(&token, "STS.other", 0), TokenFault::OtherKey);
        assert_eq!(fault(&token, "LTAIexample", 0), TokenFault::OtherKey);
        assert!(open(&token, id, 899).is_ok());
        assert_eq!(fault(&token, id, 900), TokenFault::Expired);
        let other = RoleSession::open(&token, id, &master(2), at(0)).map(|_| ()).unwrap_err();
        assert_eq!(other, TokenFault::Malformed);
        assert_ne!(session.seal(&master(1)).unwrap(), token);
    }

    #[test]
    fn no_altered_token_opens() {
        let session = session(Some("{}"));
        let (id, token) = (session.access_key_id.as_str(), session.seal(&master(1)).unwrap());
        for at in 0..token.len() {
            let (head, tail) = token.split_at(at);
            for altered in
                [format!("{head}A{}", &tail[1..]), format!("{head}{}", &tail[1..]), head.to_owned()]
            {
                assert!(altered == token || open(&altered, id, 0).is_err(), "{at}");
            }
        }
        for token in ["", "bogus", "键", &"A".repeat(1_000_000)] {
            assert_eq!(open(token, id, 0).map(|_| ()).unwrap_err(), TokenFault::Malformed);
        }
    }

    #[test]
    fn a_token_tells_nothing() {
        let session = session(None);
        let token = URL_SAFE_NO_PAD.decode(session.seal(&master(1)).unwrap()).unwrap();
        let shows = |text: &str| token.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!shows(session.secret.reveal()) && !shows("writer") && !shows("alice"));
        assert!(!format!("{session:?}").contains(session.secret.reveal()));
    }

    #[test]
    fn keys_differ() {
        let (first, second) = (new_key(), new_key());
        assert!(first.0.starts_with("STS.") && first.0 != second.0);
        assert_ne!(first.1.reveal(), second.1.reveal());
        assert_eq!(first.1.reveal().len(), SECRET_CHARACTERS);
    }
}
