//! From a URL to the addresses that may be connected to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::Instant;

use super::attempt_error::AttemptError;
use crate::guard::AddressGuard;
use crate::sync;
use crate::url::CallbackUrl;

/// The lifetime of an answer of the system's resolver. Short, because nothing here knows its real lifetime.
const LIFETIME: Duration = Duration::from_secs(2);
/// A lookup occupies a thread until the system gives up, long after the callback has; they must not use up the
/// threads that the rest of the process works with.
const MAX_LOOKUPS: usize = 32;
const MAX_NAMES: usize = 1024;

/// Resolves names: one lookup at a time for each, so that a name whose servers are dead holds up only itself.
#[derive(Debug)]
pub(super) struct Resolver {
    hosts: HashMap<String, Vec<IpAddr>>,
    guard: AddressGuard,
    lookups: Arc<Semaphore>,
    names: Mutex<HashMap<String, Arc<Name>>>,
}

type Name = AsyncMutex<Option<(Instant, Vec<IpAddr>)>>;

impl Resolver {
    pub(super) fn new(hosts: HashMap<String, Vec<IpAddr>>, guard: AddressGuard) -> Self {
        Self { hosts, guard, lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)), names: Mutex::default() }
    }

    /// Resolves the host and keeps the addresses that the guard lets through, in the order the system prefers.
    ///
    /// A name may have public and private addresses at once; only the addresses returned here are connected to.
    pub(super) async fn resolve(&self, url: &CallbackUrl) -> Result<Vec<SocketAddr>, AttemptError> {
        let mut refused = None;
        let mut allowed = Vec::new();
        for ip in self.addresses(url).await? {
            match self.guard.check(ip) {
                Ok(()) => allowed.push(SocketAddr::new(ip, url.port())),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        match refused {
            Some(refused) if allowed.is_empty() => {
                Err(AttemptError::Refused { host: url.host().to_owned(), refused })
            }
            _ if allowed.is_empty() => Err(unresolved(url.host(), "it has no address")),
            _ => Ok(allowed),
        }
    }

    async fn addresses(&self, url: &CallbackUrl) -> Result<Vec<IpAddr>, AttemptError> {
        if let Some(address) = url.literal_address() {
            return Ok(vec![address.into()]);
        }
        if let Some(addresses) = self.hosts.get(url.host()) {
            return Ok(addresses.clone());
        }
        let name = self.name(url.host());
        let mut known = name.lock().await;
        if let Some((since, addresses)) = known.as_ref()
            && since.elapsed() < LIFETIME
        {
            return Ok(addresses.clone());
        }
        let addresses = self.look_up(url.host()).await?;
        *known = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }

    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, AttemptError> {
        let permit = Arc::clone(&self.lookups).acquire_owned().await;
        let permit = permit.map_err(|error| unresolved(host, &error.to_string()))?;
        let name = host.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            // Held by the lookup itself: who waits for it may long be gone.
            let _permit = permit;
            (name.as_str(), 0)
                .to_socket_addrs()
                .map(|found| found.map(|address| address.ip()).collect::<Vec<_>>())
        });
        let found = match lookup.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Err(unresolved(host, &error.to_string())),
            Err(error) => return Err(unresolved(host, &error.to_string())),
        };
        let mut addresses = Vec::new();
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    fn name(&self, host: &str) -> Arc<Name> {
        let mut names = sync::lock(&self.names);
        if let Some(name) = names.get(host) {
            return Arc::clone(name);
        }
        if names.len() >= MAX_NAMES {
            // Names that somebody is looking up are kept.
            names.retain(|_, name| Arc::strong_count(name) > 1);
        }
        Arc::clone(names.entry(host.to_owned()).or_default())
    }
}

fn unresolved(host: &str, reason: &str) -> AttemptError {
    AttemptError::Unresolved { host: host.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_used_again_for_a_moment() {
        let resolver = Resolver::new(HashMap::new(), AddressGuard::loopback());
        let url = CallbackUrl::parse("http://localhost:81/").unwrap();
        let real = resolver.resolve(&url).await.unwrap();
        assert!(real.iter().all(|address| address.ip().is_loopback() && address.port() == 81));
        // Plant an answer that no resolver gives, to see when it is used.
        let planted: IpAddr = "127.9.9.9".parse().unwrap();
        *resolver.name("localhost").lock().await = Some((Instant::now(), vec![planted]));
        assert_eq!(resolver.resolve(&url).await.unwrap(), [SocketAddr::new(planted, 81)]);
        tokio::time::advance(LIFETIME).await;
        assert_eq!(resolver.resolve(&url).await.unwrap(), real);
    }

    #[tokio::test]
    async fn a_name_that_hangs_holds_up_only_itself() {
        let resolver = Arc::new(Resolver::new(HashMap::new(), AddressGuard::loopback()));
        let _hanging = resolver.name("dead.example.com").try_lock_owned().unwrap();
        let dead = CallbackUrl::parse("http://dead.example.com/").unwrap();
        let (waiting, url) = (Arc::clone(&resolver), dead.clone());
        let stuck = tokio::spawn(async move { waiting.resolve(&url).await.is_ok() });
        let alive = CallbackUrl::parse("http://localhost/").unwrap();
        assert!(resolver.resolve(&alive).await.is_ok());
        assert!(!stuck.is_finished());
        stuck.abort();
    }

    #[test]
    fn the_names_remembered_are_bounded() {
        let resolver = Resolver::new(HashMap::new(), AddressGuard::default());
        let busy = resolver.name("busy.example.com");
        for number in 0..3 * MAX_NAMES {
            resolver.name(&format!("{number}.example.com"));
        }
        assert!(resolver.names.lock().unwrap().len() <= MAX_NAMES);
        assert!(Arc::ptr_eq(&busy, &resolver.name("busy.example.com")));
    }
}
