//! The origins from which people who hold the access key use the console. The API lets the console's page
//! send it uploads and read the answers, whatever CORS rules a bucket has: the page could do everything else
//! as well.

use std::sync::RwLock;

use ossicle_protocol::{CorsRule, CorsRules};

use super::host;
use crate::sync;

/// Most origins that are remembered; the oldest is forgotten.
const MOST: usize = 64;

/// The origins of consoles that somebody has used since the start, and those under names that the operator lists.
#[derive(Debug, Default)]
pub(crate) struct ConsoleOrigins {
    used: RwLock<Vec<String>>,
    /// Another server of the cluster may answer the page's uploads than the one that answers the page.
    listed_hosts: Vec<String>,
}

impl ConsoleOrigins {
    /// Knows the consoles under these host names from the start.
    pub(crate) fn new(listed_hosts: &[String]) -> Self {
        Self { used: RwLock::default(), listed_hosts: listed_hosts.to_vec() }
    }

    /// Remembers the origin of a console after a log-in.
    pub(crate) fn admit(&self, origin: &str) {
        if origin.is_empty() || sync::read(&self.used).iter().any(|known| known == origin) {
            return;
        }
        let mut origins = sync::write(&self.used);
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
        let is_used = sync::read(&self.used).iter().any(|known| known == origin);
        if !is_used && !self.is_listed(origin) {
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

    fn is_listed(&self, origin: &str) -> bool {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let name = authority.map(host::name_of);
        name.is_some_and(|name| self.listed_hosts.iter().any(|listed| listed.eq_ignore_ascii_case(name)))
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
    fn consoles_under_listed_names_are_known_to_servers_that_nobody_logged_in_to() {
        let origins = ConsoleOrigins::new(&["console.example.com".to_owned()]);
        for (origin, known) in [
            ("https://console.example.com", true),
            ("http://Console.example.com:9001", true),
            ("https://console.example.com.evil.example", false),
            ("https://evil.example", false),
            ("console.example.com", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(origins.rules_for(origin).is_some(), known, "{origin}");
        }
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
