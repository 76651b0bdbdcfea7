//! Guessing access keys is slowed down: after a few failures of a name from a network, each further wrong answer takes
//! longer. The right key is let in at once whatever others behind the same proxy have tried.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::sync;

/// Failures of an account within one window that cost nothing.
const FREE: u32 = 10;

/// A window begins with the first failure.
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// The first pause, doubled with every further failure up to the longest.
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 4000;

/// Most accounts that are watched one by one; beyond that all others share one.
const MOST: usize = 10_000;

/// Most answers that are held back at once: each has a connection.
const MOST_WAITING: usize = 64;

/// The failures by account.
#[derive(Debug)]
pub(super) struct FailedLogIns {
    accounts: Mutex<HashMap<Account, Failures>>,
    hasher: RandomState,
    waiting: Arc<Semaphore>,
}

/// A name, of which the hash is enough, from the addresses that one holder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Account {
    network: IpAddr,
    name: u64,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since_ms: i64,
}

impl Default for FailedLogIns {
    fn default() -> Self {
        Self {
            accounts: Mutex::default(),
            hasher: RandomState::new(),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
        }
    }
}

impl FailedLogIns {
    /// Takes note of a failure, and tells for how long its answer is to be held back, if it is.
    pub(super) fn add(&self, name: &str, ip: IpAddr, now_ms: i64) -> Option<Duration> {
        let mut all = sync::lock(&self.accounts);
        let mut account = Account { network: network(ip), name: self.hasher.hash_one(name) };
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
        let beyond = failures.count.checked_sub(FREE + 1)?;
        let pause = FIRST_PAUSE_MS.saturating_mul(2_u64.saturating_pow(beyond));
        Some(Duration::from_millis(pause.min(LONGEST_PAUSE_MS)))
    }

    /// Holds an answer back, unless so many wait already that more would keep others from the console.
    pub(super) async fn hold_back(&self, pause: Duration) {
        if let Ok(_permit) = self.waiting.try_acquire() {
            tokio::time::sleep(pause).await;
        }
    }
}

impl Failures {
    fn is_recent(self, now_ms: i64) -> bool {
        now_ms - self.since_ms < WINDOW_MS
    }
}

/// The account of names and networks that are not watched one by one.
const SHARED: Account = Account { network: IpAddr::V6(Ipv6Addr::UNSPECIFIED), name: 0 };

/// Groups the addresses that belong together: 256 of IPv4, and what a customer of a provider has of IPv6.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() >> 8 << 8)),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 72 << 72)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn milliseconds(pause: Option<Duration>) -> Option<u128> {
        pause.map(|pause| pause.as_millis())
    }

    #[test]
    fn a_name_waits_longer_with_each_failure_from_its_network() {
        let failed = FailedLogIns::default();
        for _ in 0..FREE {
            assert_eq!(failed.add("admin", ip("192.0.2.1"), 0), None);
        }
        for expected in [250, 500, 1000, 2000, 4000, 4000] {
            assert_eq!(milliseconds(failed.add("admin", ip("192.0.2.1"), 1000)), Some(expected));
        }
        assert!(failed.add("admin", ip("::ffff:192.0.2.200"), 1000).is_some(), "the same network");
        assert_eq!(failed.add("admin", ip("192.0.3.1"), 1000), None, "another network");
        assert_eq!(failed.add("Admin", ip("192.0.2.1"), 1000), None, "another name");
        assert_eq!(failed.add("admin", ip("192.0.2.1"), WINDOW_MS), None, "a new window begins from nothing");
    }

    #[test]
    fn one_ipv6_network_is_one_guesser() {
        let failed = FailedLogIns::default();
        for last in 0..FREE {
            failed.add("admin", ip(&format!("2001:db8:1:200::{last:x}")), 0);
        }
        assert!(failed.add("admin", ip("2001:db8:1:2ff:ffff::1"), 0).is_some());
        assert!(failed.add("admin", ip("2001:db8:1:300::1"), 0).is_none());
    }

    #[test]
    fn many_names_and_addresses_cannot_fill_the_memory() {
        let failed = FailedLogIns::default();
        for number in 0..15_000_u32 {
            failed.add("admin", IpAddr::V4((number << 8).into()), 0);
            failed.add(&number.to_string(), ip("192.0.2.1"), 0);
        }
        assert!(failed.accounts.lock().unwrap().len() <= MOST + 1);
        assert!(
            failed.add("admin", ip("203.0.113.9"), 0).is_some(),
            "those beyond the most share an account"
        );
    }

    #[tokio::test]
    async fn so_many_answers_wait_and_no_more() {
        let failed = Arc::new(FailedLogIns::default());
        let pause = Duration::from_secs(1);
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let failed = Arc::clone(&failed);
                tokio::spawn(async move { failed.hold_back(pause).await })
            })
            .collect();
        while failed.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // One more is answered at once.
        let begun = std::time::Instant::now();
        failed.hold_back(Duration::from_secs(3600)).await;
        for task in waiting {
            task.await.unwrap();
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert_eq!(failed.waiting.available_permits(), MOST_WAITING);
    }
}
