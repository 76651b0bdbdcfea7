//! Where receivers find the key that verifies: the URL that goes with a signature names the version that made it.

/// What stands before the version in the name of a key's file, and after it.
const BEFORE: &str = "callback_pub_key_v";
const AFTER: &str = ".pem";

/// The URL of the public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKeyUrl {
    /// The operator says it, whichever key signs.
    Fixed(String),
    /// What stands before the name of the file, which depends on the version.
    Versioned(String),
}

impl PublicKeyUrl {
    /// Makes the URL below a server's own.
    pub(crate) fn below(own_url: &str) -> Self {
        Self::Versioned(format!("{own_url}/"))
    }

    /// Makes the URL that is configured where keys may change while servers run: if it names a version, that is the one that
    /// signs.
    pub(crate) fn following(configured: &str) -> Self {
        match version_of(configured) {
            Some((before, _)) => Self::Versioned(before.to_owned()),
            None => Self::Fixed(configured.to_owned()),
        }
    }

    /// Returns the URL of a version.
    pub(crate) fn of(&self, version: u32) -> String {
        match self {
            Self::Fixed(url) => url.clone(),
            Self::Versioned(before) => format!("{before}{BEFORE}{version}{AFTER}"),
        }
    }
}

/// Splits what ends with the name of a key's file into what stands before that name, and the version.
pub(super) fn version_of(url: &str) -> Option<(&str, u32)> {
    let (before, version) = url.strip_suffix(AFTER)?.rsplit_once(BEFORE)?;
    Some((before, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_the_version_that_signs() {
        let own = PublicKeyUrl::below("http://127.0.0.1:9001");
        assert_eq!(own.of(3), "http://127.0.0.1:9001/callback_pub_key_v3.pem");
        let cases = [
            (
                "https://keys.example/a/callback_pub_key_v1.pem",
                "https://keys.example/a/callback_pub_key_v2.pem",
            ),
            ("https://keys.example/key.pem", "https://keys.example/key.pem"),
            ("https://keys.example/callback_pub_key_v.pem", "https://keys.example/callback_pub_key_v.pem"),
        ];
        for (configured, expected) in cases {
            assert_eq!(PublicKeyUrl::following(configured).of(2), expected);
        }
    }
}
