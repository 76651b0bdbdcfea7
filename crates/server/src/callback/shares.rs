//! The share of all callbacks in flight that one destination may have. Without it an application server that answers
//! slowly would soon have every place there is, and the callbacks to all others would be refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ossicle_callback::CallbackUrl;

/// How many callbacks are in flight to each destination that has any.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    most: usize,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// Places at the destinations of one callback, until this is dropped.
#[derive(Debug)]
pub(crate) struct Places {
    shares: Shares,
    authorities: Vec<String>,
}

impl Shares {
    /// At most so many in flight to one destination.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// Takes a place at every destination that the callback may go to, unless one of them has none left.
    pub(crate) fn take(&self, urls: &[CallbackUrl]) -> Option<Places> {
        let mut authorities: Vec<String> = urls.iter().map(|url| url.authority().to_owned()).collect();
        authorities.sort();
        authorities.dedup();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |authority: &String| taken.get(authority).is_some_and(|count| *count >= self.most);
        if authorities.iter().any(full) {
            return None;
        }
        for authority in &authorities {
            *taken.entry(authority.clone()).or_default() += 1;
        }
        Some(Places { shares: self.clone(), authorities })
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for authority in &self.authorities {
            let Some(count) = taken.get_mut(authority) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                // Destinations are named by clients: one that is idle leaves nothing behind.
                taken.remove(authority);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(list: &[&str]) -> Vec<CallbackUrl> {
        list.iter().map(|url| CallbackUrl::parse(url).unwrap()).collect()
    }

    #[test]
    fn a_full_destination_leaves_the_others_their_places() {
        let shares = Shares::new(2);
        let slow = urls(&["http://slow.example.com/a"]);
        let both =
            urls(&["http://fast.example.com/", "http://slow.example.com/b", "http://slow.example.com/c"]);
        let first = shares.take(&slow);
        let second = shares.take(&both);
        assert!(first.is_some() && second.is_some());
        assert!(shares.take(&slow).is_none() && shares.take(&both).is_none());
        assert!(shares.take(&urls(&["http://fast.example.com/"])).is_some());
        drop(second);
        assert!(shares.take(&slow).is_some());
        drop(first);
        assert!(shares.taken.lock().unwrap().is_empty(), "idle destinations are forgotten");
    }
}
