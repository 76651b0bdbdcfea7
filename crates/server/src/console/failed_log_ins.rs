//! Guessing access keys is slowed down: after a few failures an address has to wait, whatever it tries next.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Failures that an address has within one window.
const ALLOWED: u32 = 10;

/// A window begins with the first failure.
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// Most addresses that are watched one by one; beyond that all others share one account.
const MOST: usize = 10_000;

/// The failures by address.
#[derive(Debug, Default)]
pub(super) struct FailedLogIns(Mutex<HashMap<IpAddr, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since_ms: i64,
}

impl FailedLogIns {
    /// Whether `ip` may try; otherwise for how many seconds it may not.
    pub(super) fn check(&self, ip: IpAddr, now_ms: i64) -> Result<(), i64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = all.get(&account(ip)).or_else(|| all.get(&SHARED).filter(|_| all.len() >= MOST));
        match failures {
            Some(failures) if failures.count >= ALLOWED && failures.is_recent(now_ms) => {
                Err((failures.since_ms + WINDOW_MS - now_ms) / 1000 + 1)
            }
            _ => Ok(()),
        }
    }

    /// Takes note of a failure.
    pub(super) fn add(&self, ip: IpAddr, now_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut account = account(ip);
        if all.len() >= MOST && !all.contains_key(&account) {
            all.retain(|_, failures| failures.is_recent(now_ms));
            if all.len() >= MOST {
                account = SHARED;
            }
        }
        let failures = all.entry(account).or_insert(Failures { count: 0, since_ms: now_ms });
        if !failures.is_recent(now_ms) {
            *failures = Failures { count: 0, since_ms: now_ms };
        }
        failures.count = failures.count.saturating_add(1);
    }
}

impl Failures {
    fn is_recent(self, now_ms: i64) -> bool {
        now_ms - self.since_ms < WINDOW_MS
    }
}

/// The account of addresses that are not watched one by one.
const SHARED: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// One holder of an IPv6 network has all of its addresses.
fn account(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_waits_after_its_failures() {
        let failed = FailedLogIns::default();
        for at in 0..i64::from(ALLOWED) {
            assert_eq!(failed.check(ip("192.0.2.1"), at), Ok(()));
            failed.add(ip("192.0.2.1"), at);
        }
        assert_eq!(failed.check(ip("192.0.2.1"), 1000), Err(300));
        assert_eq!(failed.check(ip("::ffff:192.0.2.1"), 1000), Err(300));
        assert_eq!(failed.check(ip("192.0.2.2"), 1000), Ok(()));
        assert_eq!(failed.check(ip("192.0.2.1"), WINDOW_MS), Ok(()));
        failed.add(ip("192.0.2.1"), WINDOW_MS);
        assert_eq!(failed.check(ip("192.0.2.1"), WINDOW_MS), Ok(()), "a new window begins from nothing");
    }

    #[test]
    fn one_ipv6_network_is_one_guesser() {
        let failed = FailedLogIns::default();
        for last in 0..ALLOWED {
            failed.add(ip(&format!("2001:db8:1:2::{last:x}")), 0);
        }
        assert!(failed.check(ip("2001:db8:1:2:ffff::1"), 0).is_err());
        assert!(failed.check(ip("2001:db8:1:3::1"), 0).is_ok());
    }

    #[test]
    fn many_addresses_cannot_fill_the_memory() {
        let failed = FailedLogIns::default();
        for number in 0..30_000_u32 {
            failed.add(IpAddr::V4(number.into()), 0);
        }
        assert!(failed.0.lock().unwrap().len() <= MOST + 1);
        assert!(failed.check(ip("203.0.113.9"), 0).is_err(), "addresses beyond the most share an account");
    }
}
