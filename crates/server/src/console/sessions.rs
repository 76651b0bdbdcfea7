//! Sessions of people who have logged in: random ids, kept in memory, ended after twelve idle hours.

use std::collections::HashMap;
use std::sync::Mutex;

use ossicle_protocol::SecretKey;

use crate::sync;

/// A session that nobody uses ends after this long.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;

/// Most sessions at once; the one that was idle longest makes room.
const MOST: usize = 1024;

/// The sessions by their ids.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

#[derive(Debug)]
struct Session {
    csrf: SecretKey,
    used_ms: i64,
}

/// A session as its holder gets it.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// The value of the cookie.
    pub(super) id: String,
    /// The token that the page sends along with every change.
    pub(super) csrf: SecretKey,
}

impl Sessions {
    /// Begins a session.
    pub(super) fn open(&self, now_ms: i64) -> Opened {
        let opened = Opened { id: random(), csrf: SecretKey::new(random()) };
        let mut all = sync::lock(&self.0);
        all.retain(|_, session| session.is_alive(now_ms));
        if all.len() >= MOST
            && let Some(idlest) =
                all.iter().min_by_key(|(_, session)| session.used_ms).map(|(id, _)| id.clone())
        {
            all.remove(&idlest);
        }
        all.insert(opened.id.clone(), Session { csrf: opened.csrf.clone(), used_ms: now_ms });
        opened
    }

    /// Marks a session as in use now and returns its token; none if it has ended or never was.
    pub(super) fn touch(&self, id: &str, now_ms: i64) -> Option<SecretKey> {
        let mut all = sync::lock(&self.0);
        let session = all.get_mut(id).filter(|session| session.is_alive(now_ms))?;
        session.used_ms = now_ms;
        Some(session.csrf.clone())
    }

    /// Returns whether a session goes on, without using it.
    pub(super) fn is_open(&self, id: &str, now_ms: i64) -> bool {
        let all = sync::lock(&self.0);
        all.get(id).is_some_and(|session| session.is_alive(now_ms))
    }

    /// Ends a session.
    pub(super) fn close(&self, id: &str) {
        sync::lock(&self.0).remove(id);
    }
}

impl Session {
    fn is_alive(&self, now_ms: i64) -> bool {
        now_ms - self.used_ms < IDLE_MS
    }
}

/// Returns 256 random bits in hexadecimal.
fn random() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_while_it_is_used() {
        let sessions = Sessions::default();
        let opened = sessions.open(0);
        assert!(
            sessions.touch(&opened.id, IDLE_MS - 1).is_some_and(|csrf| csrf.matches(opened.csrf.reveal()))
        );
        assert!(sessions.is_open(&opened.id, IDLE_MS + 1));
        assert!(sessions.touch(&opened.id, 2 * IDLE_MS).is_none(), "idle for longer than allowed");
        let other = sessions.open(0);
        sessions.close(&other.id);
        assert!(!sessions.is_open(&other.id, 0));
        assert!(sessions.touch("", 0).is_none());
    }

    #[test]
    fn ids_and_tokens_are_not_alike() {
        let sessions = Sessions::default();
        let (first, second) = (sessions.open(0), sessions.open(0));
        assert_eq!(first.id.len(), 64);
        assert_ne!(first.id, second.id);
        assert!(!first.csrf.matches(second.csrf.reveal()));
        assert!(!first.csrf.matches(&first.id));
    }

    #[test]
    fn the_idlest_session_makes_room() {
        let sessions = Sessions::default();
        let first = sessions.open(0);
        for at in 1..=MOST {
            sessions.open(i64::try_from(at).unwrap());
        }
        assert!(!sessions.is_open(&first.id, 10));
        assert_eq!(sessions.0.lock().unwrap().len(), MOST);
    }
}
