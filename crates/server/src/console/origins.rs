//! The origins from which people who hold the access key use the console. The API lets the console's page
//! send it uploads and read the answers, whatever CORS rules a bucket has: the page could do everything else
//! as well.

use std::sync::RwLock;

use ossicle_protocol::{CorsRule, CorsRules};

use crate::sync;

/// Most origins that are remembered; the oldest is forgotten.
const MOST: usize = 64;

/// The origins of consoles that somebody has logged in to since the start.
#[derive(Debug, Default)]
pub(crate) struct ConsoleOrigins(RwLock<Vec<String>>);

impl ConsoleOrigins {
    /// Remembers the origin of a console after a log-in.
    pub(crate) fn admit(&self, origin: &str) {
        let mut origins = sync::write(&self.0);
        if origins.iter().any(|known| known == origin) {
            return;
        }
        if origins.len() >= MOST {
            origins.remove(0);
        }
        origins.push(origin.to_owned());
    }

    /// Returns what a console at `origin` may do: send uploads, whole or in parts, end them, and read the answers. None
    /// if there is no such console.
    pub(crate) fn rules_for(&self, origin: &str) -> Option<CorsRules> {
        let origins = sync::read(&self.0);
        if !origins.iter().any(|known| known == origin) {
            return None;
        }
        let exposed = ["ETag", "x-oss-request-id", "x-oss-hash-crc64ecma", "x-oss-ec"].map(str::to_owned);
        let rule = CorsRule::new(
            vec![origin.to_owned()],
            ["POST", "PUT", "DELETE"].map(str::to_owned).to_vec(),
            &["*".to_owned()],
            exposed.to_vec(),
            Some(600),
        );
        rule.and_then(|rule| CorsRules::new(vec![rule], true)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_origins_may_upload() {
        let origins = ConsoleOrigins::default();
        assert!(origins.rules_for("http://127.0.0.1:9001").is_none());
        origins.admit("http://127.0.0.1:9001");
        let rules = origins.rules_for("http://127.0.0.1:9001").unwrap();
        for method in ["POST", "PUT", "DELETE"] {
            assert!(rules.actual("http://127.0.0.1:9001", method).is_some());
        }
        assert!(rules.actual("http://127.0.0.1:9001", "GET").is_none());
        assert!(rules.actual("http://127.0.0.1:9002", "POST").is_none());
        assert!(origins.rules_for("http://127.0.0.1:9002").is_none());
    }

    #[test]
    fn remembers_a_bounded_number() {
        let origins = ConsoleOrigins::default();
        for port in 0..=MOST {
            origins.admit(&format!("http://a:{port}"));
        }
        assert!(origins.rules_for("http://a:0").is_none());
        assert!(origins.rules_for("http://a:1").is_some());
    }
}
