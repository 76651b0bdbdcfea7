//! Access keys, and signatures of version 4 as policies and URLs need them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub(super) const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// An access key. `Debug` shows nothing of the secret.
#[derive(Clone)]
pub struct Credentials {
    pub(super) id: String,
    pub(super) secret: Zeroizing<String>,
    pub(super) security_token: Option<String>,
}

impl Credentials {
    /// Creates the credentials of a permanent access key.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self {
            id: access_key_id.into(),
            secret: Zeroizing::new(access_key_secret.into()),
            security_token: None,
        }
    }

    /// Adds the token of a temporary access key.
    #[must_use]
    pub fn with_security_token(self, token: impl Into<String>) -> Self {
        Self { security_token: Some(token.into()), ..self }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a signature of version 4 is good for: a day and a region. It also says when it was made.
pub(super) struct Scope {
    moment: String,
    scope: String,
}

impl Scope {
    pub(super) fn new(region: &str, now: SystemTime) -> Self {
        let time = Calendar::of(now);
        Self { moment: time.basic(), scope: format!("{}/{region}/oss/aliyun_v4_request", time.basic_day()) }
    }

    /// Returns the value of `x-oss-date`.
    pub(super) fn moment(&self) -> &str {
        &self.moment
    }

    /// Returns the value of `x-oss-credential`.
    pub(super) fn credential(&self, credentials: &Credentials) -> String {
        format!("{}/{}", credentials.id, self.scope)
    }

    /// Signs a policy, or the string to sign of a request.
    pub(super) fn sign(&self, credentials: &Credentials, text: &str) -> String {
        let seed = Zeroizing::new(format!("aliyun_v4{}", *credentials.secret));
        let mut key = Zeroizing::new(seed.as_bytes().to_vec());
        for part in self.scope.split('/') {
            key = Zeroizing::new(hmac_sha256(&key, part.as_bytes()));
        }
        hex(&hmac_sha256(&key, text.as_bytes()))
    }

    /// Signs a canonical request.
    pub(super) fn sign_request(&self, credentials: &Credentials, canonical_request: &str) -> String {
        let digest = hex(&Sha256::digest(canonical_request));
        self.sign(credentials, &[ALGORITHM, &self.moment, &self.scope, &digest].join("\n"))
    }
}

/// A moment in UTC, to the second.
pub(super) struct Calendar {
    year: i64,
    month: i64,
    day: i64,
    second: i64,
}

impl Calendar {
    /// Converts days to a date by Howard Hinnant's algorithm: years start in March, so that leap days come last.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            second: seconds % 86_400,
        }
    }

    fn basic_day(&self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    fn basic(&self) -> String {
        let (hour, minute, second) = self.time();
        format!("{}T{hour:02}{minute:02}{second:02}Z", self.basic_day())
    }

    pub(super) fn extended(&self) -> String {
        let (hour, minute, second) = self.time();
        format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.000Z", self.year, self.month, self.day)
    }

    fn time(&self) -> (i64, i64, i64) {
        (self.second / 3600, self.second / 60 % 60, self.second % 60)
    }
}

pub(super) fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = new_mac::<Hmac<Sha1>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = new_mac::<Hmac<Sha256>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn new_mac<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("a key of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dates_are_right() {
        // From `date -u -d @N`.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_868_799, "2000-02-29T23:59:59.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_702_784_856, "2023-12-17T03:47:36.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Calendar::of(at(seconds)).extended(), expected);
        }
        assert_eq!(Calendar::of(at(1_702_784_856)).basic(), "20231217T034736Z");
    }
}
