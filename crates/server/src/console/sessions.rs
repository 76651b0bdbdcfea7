//! Sessions of people who have logged in. A session is its cookie: all that is known of it, sealed under the master key, so that
//! every server with that key and the same root key knows it, also after a restart. It ends after twelve idle hours, after
//! seven days, when the root key changes, and with the log-out, which the store remembers for all servers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ossicle_protocol::SecretKey;
use sha2::{Digest as _, Sha256};

use crate::access::master_key::{MasterKey, MasterKeyError, Purpose};

/// A session that nobody uses ends after this long.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;

/// A session ends after this long, however much it is used.
const LONGEST_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A cookie is replaced by one that was used now when it was made longer ago than this.
const RENEW_AFTER_MS: i64 = 10 * 60 * 1000;

/// The longest cookie that is looked at.
const MAX_COOKIE: usize = 1024;

/// The longest origin that a session carries.
const MAX_ORIGIN: usize = 300;

/// Characters of the token: 32 bytes in hexadecimal.
const CSRF_CHARACTERS: usize = 64;

/// The first byte of what is sealed.
const VERSION: u8 = 1;

/// Opens and seals the cookies of sessions.
pub(super) struct Sessions {
    master_key: MasterKey,
    /// Tells the root key from others: a session is its holder's.
    root: String,
}

/// A session as its holder has it.
#[derive(Debug, Clone)]
pub(super) struct Session {
    id: [u8; 16],
    csrf: SecretKey,
    opened_ms: i64,
    used_ms: i64,
    origin: String,
}

impl Sessions {
    /// Knows the sessions of the holder of the root key.
    pub(super) fn new(master_key: MasterKey, (root_id, root_secret): (&str, &SecretKey)) -> Self {
        let digest = Sha256::new().chain_update(root_id).chain_update([0]).chain_update(root_secret.reveal());
        Self { master_key, root: hex(&digest.finalize()) }
    }

    /// Makes the cookie of a session.
    pub(super) fn seal(&self, session: &Session) -> Result<String, MasterKeyError> {
        let sealed = self.master_key.seal(Purpose::ConsoleSession(&self.root), &session.encode())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a cookie; none if it was not made here or has ended.
    pub(super) fn open(&self, cookie: &str, now_ms: i64) -> Option<Session> {
        if cookie.len() > MAX_COOKIE {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let text = self.master_key.open(Purpose::ConsoleSession(&self.root), &sealed)?;
        Session::decode(&text).filter(|session| session.is_alive(now_ms))
    }
}

impl Session {
    /// Begins a session of the page at this origin.
    pub(super) fn begin(origin: &str, now_ms: i64) -> Self {
        Self {
            id: rand::random(),
            csrf: SecretKey::new(hex(&rand::random::<[u8; 32]>())),
            opened_ms: now_ms,
            used_ms: now_ms,
            origin: if origin.len() <= MAX_ORIGIN { origin.to_owned() } else { String::new() },
        }
    }

    /// Returns the token that the page sends along with every change.
    pub(super) fn csrf(&self) -> &SecretKey {
        &self.csrf
    }

    /// Returns the origin of the page, empty if it is not known.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns whether it goes on, if nobody has logged out.
    pub(super) fn is_alive(&self, now_ms: i64) -> bool {
        now_ms - self.used_ms < IDLE_MS && now_ms < self.ends_ms()
    }

    /// Returns when it ends at the latest.
    pub(super) fn ends_ms(&self) -> i64 {
        self.opened_ms.saturating_add(LONGEST_MS)
    }

    /// Returns the session as used now, if its cookie is old enough to be replaced.
    pub(super) fn renewed(&self, now_ms: i64) -> Option<Self> {
        (now_ms - self.used_ms > RENEW_AFTER_MS).then(|| Self { used_ms: now_ms, ..self.clone() })
    }

    /// Returns the nonce that its end uses up.
    pub(super) fn nonce(&self) -> [u8; 16] {
        let digest = Sha256::new().chain_update("console session").chain_update([0]).chain_update(self.id);
        let digest: [u8; 32] = digest.finalize().into();
        let mut nonce = [0; 16];
        nonce.copy_from_slice(digest.split_at(16).0);
        nonce
    }

    fn encode(&self) -> Vec<u8> {
        let times = [self.opened_ms.to_le_bytes(), self.used_ms.to_le_bytes()].concat();
        [&[VERSION], self.id.as_slice(), self.csrf.reveal().as_bytes(), &times, self.origin.as_bytes()]
            .concat()
    }

    fn decode(text: &[u8]) -> Option<Self> {
        let rest = text.strip_prefix(&[VERSION])?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (csrf, rest) = rest.split_first_chunk::<CSRF_CHARACTERS>()?;
        let (opened, rest) = rest.split_first_chunk::<8>()?;
        let (used, origin) = rest.split_first_chunk::<8>()?;
        Some(Self {
            id: *id,
            csrf: SecretKey::new(String::from_utf8(csrf.to_vec()).ok()?),
            opened_ms: i64::from_le_bytes(*opened),
            used_ms: i64::from_le_bytes(*used),
            origin: String::from_utf8(origin.to_vec()).ok()?,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://console.example.com";

    fn sessions(master: u8, id: &str, secret: &str) -> Sessions {
        Sessions::new(MasterKey::from_bytes(&[master; 32]), (id, &SecretKey::new(secret)))
    }

    #[test]
    fn every_server_with_the_same_keys_knows_a_session() {
        let session = Session::begin(ORIGIN, 5);
        let cookie = sessions(7, "root", "secret").seal(&session).unwrap();
        let opened = sessions(7, "root", "secret").open(&cookie, 5).unwrap();
        assert_eq!(opened.encode(), session.encode());
        assert_eq!(opened.origin(), ORIGIN);
        for other in [
            sessions(8, "root", "secret"),
            sessions(7, "roots", "ecret"),
            sessions(7, "root", "another"),
            sessions(7, "other", "secret"),
        ] {
            assert!(other.open(&cookie, 5).is_none());
        }
        let text = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
        let csrf = session.csrf().reveal().as_bytes();
        assert!(!text.windows(csrf.len()).any(|bytes| bytes == csrf), "the cookie shows nothing");
    }

    #[test]
    fn a_session_lives_while_it_is_used_and_seven_days_at_most() {
        let sessions = sessions(7, "root", "secret");
        let session = Session::begin(ORIGIN, 0);
        let cookie = sessions.seal(&session).unwrap();
        assert!(sessions.open(&cookie, IDLE_MS - 1).is_some());
        assert!(sessions.open(&cookie, IDLE_MS).is_none(), "idle for longer than allowed");
        assert!(session.renewed(RENEW_AFTER_MS).is_none());
        let mut current = session.clone();
        let mut now_ms = 0;
        while let Some(renewed) = current.renewed(now_ms + IDLE_MS - 1) {
            now_ms += IDLE_MS - 1;
            if sessions.open(&sessions.seal(&renewed).unwrap(), now_ms).is_none() {
                break;
            }
            assert!(renewed.csrf().matches(session.csrf().reveal()));
            assert_eq!(renewed.nonce(), session.nonce());
            current = renewed;
        }
        assert_eq!(now_ms, 15 * (IDLE_MS - 1), "the first use after seven days is refused");
        assert_eq!(session.ends_ms(), LONGEST_MS);
    }

    #[test]
    fn what_is_no_cookie_is_no_session() {
        let sessions = sessions(7, "root", "secret");
        let cookie = sessions.seal(&Session::begin(&"x".repeat(MAX_ORIGIN), 0)).unwrap();
        assert!(sessions.open(&cookie, 0).is_some(), "the longest origin fits");
        assert_eq!(Session::begin(&"x".repeat(MAX_ORIGIN + 1), 0).origin(), "");
        for text in ["", "!", "AAAA", &cookie[1..], &cookie[..cookie.len() - 2], &"A".repeat(MAX_COOKIE + 1)]
        {
            assert!(sessions.open(text, 0).is_none(), "{text}");
        }
        let whole = Session::begin("", 0).encode();
        assert!(Session::decode(&whole).is_some());
        for length in 0..whole.len() {
            assert!(Session::decode(&whole[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn sessions_are_not_alike() {
        let (first, second) = (Session::begin(ORIGIN, 0), Session::begin(ORIGIN, 0));
        assert_ne!(first.nonce(), second.nonce());
        assert!(!first.csrf().matches(second.csrf().reveal()));
        assert_eq!(first.csrf().reveal().len(), 64);
    }
}
