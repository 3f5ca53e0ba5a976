//! The limit of sign-ins: per network of the sender, and per account. A browser that has signed in before has a limit of its
//! own, so that attempts of others do not lock its person out. And the limit of the changes of a visitor.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// Attempts at once, and the time after which one more is allowed.
const OF_NETWORK: (u32, Duration) = (20, Duration::from_secs(6));
const OF_ACCOUNT: (u32, Duration) = (10, Duration::from_secs(30));
const OF_BROWSER: (u32, Duration) = (10, Duration::from_secs(30));
/// Rows of the audit about requests that a role does not allow.
const OF_REFUSAL: (u32, Duration) = (20, Duration::from_secs(60));
/// Rows of the audit about sign-ins that failed, of all strangers together: they would push other rows out of it.
const OF_STRANGERS: (u32, Duration) = (100, Duration::from_secs(10));
/// Changes of a visitor: each is a write and a row of the audit, which has room for a number of rows.
const OF_CHANGES: (u32, Duration) = (120, Duration::from_secs(5));
/// Maximum number of remembered subjects of each kind, so that a flood of one kind takes no place of another.
const KEPT: usize = 20_000;
/// Minimum time between two searches for subjects that have all their attempts again.
const SWEEP: Duration = Duration::from_secs(1);

/// The subjects of one kind, each with the time at which it has all its attempts again.
#[derive(Debug)]
struct Counts<K> {
    burst: u32,
    refill: Duration,
    full: HashMap<K, Duration>,
    swept: Duration,
}

impl<K: Hash + Eq> Counts<K> {
    fn new((burst, refill): (u32, Duration)) -> Self {
        Self { burst, refill, full: HashMap::new(), swept: Duration::ZERO }
    }

    /// Returns the time after which a subject has an attempt.
    fn wait(&self, subject: &K, now: Duration) -> Option<Duration> {
        let next = self.full.get(subject)?.max(&now).saturating_add(self.refill);
        let most = now.saturating_add(self.refill.saturating_mul(self.burst));
        (next > most).then(|| whole(next.saturating_sub(most)))
    }

    /// The generic cell rate algorithm: one number for each subject.
    fn count(&mut self, subject: K, now: Duration) -> Result<(), Duration> {
        if self.full.len() >= KEPT && now.saturating_sub(self.swept) >= SWEEP {
            self.full.retain(|_, full| *full > now);
            self.swept = now;
        }
        let full = self.full.get(&subject).copied().unwrap_or(now).max(now);
        let next = full.saturating_add(self.refill);
        let most = now.saturating_add(self.refill.saturating_mul(self.burst));
        // When there is no place, a new subject has to wait.
        if next > most || self.full.len() >= KEPT && !self.full.contains_key(&subject) {
            return Err(whole(next.saturating_sub(most)));
        }
        self.full.insert(subject, next);
        Ok(())
    }
}

/// Rounds up to seconds, as people and headers have it: an attempt before would be refused again.
fn whole(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)))
}

/// The limit. It holds no more than a fixed number of subjects.
#[derive(Debug)]
pub struct SignInLimit {
    networks: Counts<IpAddr>,
    accounts: Counts<String>,
    browsers: Counts<String>,
    refusals: Counts<String>,
    strangers: Counts<()>,
    changes: Counts<String>,
}

impl Default for SignInLimit {
    fn default() -> Self {
        Self {
            networks: Counts::new(OF_NETWORK),
            accounts: Counts::new(OF_ACCOUNT),
            browsers: Counts::new(OF_BROWSER),
            refusals: Counts::new(OF_REFUSAL),
            strangers: Counts::new(OF_STRANGERS),
            changes: Counts::new(OF_CHANGES),
        }
    }
}

impl SignInLimit {
    /// Returns whether an attempt from an address is allowed at a time of a monotonic clock, and counts it. Otherwise
    /// returns the time to wait.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub fn visit(&mut self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        self.networks.count(network(address), now)
    }

    /// As [`visit`](Self::visit), for an attempt with the name of an account. `browser` is the proof that the browser has
    /// signed in to this account before.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub fn sign_in(
        &mut self,
        address: IpAddr,
        account: &str,
        browser: Option<&str>,
        now: Duration,
    ) -> Result<(), Duration> {
        match browser {
            Some(browser) => self.browsers.count(browser.to_owned(), now),
            None => {
                // The longer of both waits: after the shorter one, the attempt would be refused again.
                let account = account.to_lowercase();
                let waits = [self.networks.wait(&network(address), now), self.accounts.wait(&account, now)];
                if let Some(wait) = waits.into_iter().flatten().max() {
                    return Err(wait);
                }
                self.visit(address, now)?;
                self.accounts.count(account, now)
            }
        }
    }

    /// Counts a change of a visitor.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub fn change(&mut self, visitor: &str, now: Duration) -> Result<(), Duration> {
        self.changes.count(visitor.to_owned(), now)
    }

    /// Returns whether the refusal of a request of a visitor is a row of the audit, or of a sign-in without one. More than a few
    /// in a short time are none: they would fill the disk.
    pub fn is_recorded(&mut self, visitor: Option<&str>, now: Duration) -> bool {
        match visitor {
            Some(visitor) => self.refusals.count(visitor.to_owned(), now).is_ok(),
            None => self.strangers.count((), now).is_ok(),
        }
    }
}

/// Returns the network of an address, as limits count it: one person has all addresses of a /56.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 72))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_named_time_an_attempt_is_possible() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let (mut limit, mut now, mut refused) = (SignInLimit::default(), Duration::ZERO, 0);
        for attempt in 0..100 {
            match limit.sign_in(address, "ada", None, now) {
                // Attempts at other accounts take those of the network.
                Ok(()) => drop(limit.sign_in(address, &format!("other {attempt}"), None, now)),
                Err(wait) => {
                    refused += 1;
                    assert!(
                        limit.sign_in(address, "ada", None, now + wait - Duration::from_secs(1)).is_err()
                    );
                    now += wait;
                    assert!(limit.sign_in(address, "ada", None, now).is_ok(), "{attempt} {wait:?}");
                }
            }
        }
        assert!(refused > 10, "{refused}");
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 | number))
    }

    #[test]
    fn a_thousand_attempts_in_a_minute_from_one_address_are_few() {
        let mut limit = SignInLimit::default();
        let allowed = (0..1_000_u32).filter(|number| {
            let now = Duration::from_millis(u64::from(*number) * 60);
            limit.sign_in(address(1), &format!("account {number}"), None, now).is_ok()
        });
        assert_eq!(allowed.count(), 29);
        // Another address is not affected, and the addresses of one /56 are one.
        assert!(limit.visit(address(2), Duration::from_secs(60)).is_ok());
        let six = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, last, 0, 0, 0, last));
        let now = Duration::from_secs(60);
        assert_eq!((0..100).filter(|last| limit.visit(six(*last), now).is_ok()).count(), 20);
    }

    #[test]
    fn attempts_from_many_addresses_do_not_lock_the_victim_out() {
        let mut limit = SignInLimit::default();
        let now = Duration::from_secs(100);
        let allowed = (0..1_000).filter(|number| limit.sign_in(address(*number), "ada", None, now).is_ok());
        assert_eq!(allowed.count(), 10);
        assert!(limit.sign_in(address(5_000), "ADA", None, now).is_err(), "a new browser has to wait");
        assert!(limit.sign_in(address(5_000), "ada", Some("known"), now).is_ok(), "a known one has not");
        assert!(
            limit.sign_in(address(5_000), "ada", None, now + OF_ACCOUNT.1).is_ok(),
            "and others not for long"
        );
        let own = (0..100).filter(|_| limit.sign_in(address(1), "ada", Some("known"), now).is_ok());
        assert_eq!(own.count(), 9, "a stolen proof is limited too");
    }

    #[test]
    fn few_refusals_of_a_visitor_are_rows_of_the_audit() {
        let mut limit = SignInLimit::default();
        let recorded = (0..1_000).filter(|_| limit.is_recorded(Some("eve"), Duration::ZERO)).count();
        assert_eq!(recorded, 20);
        assert!(limit.is_recorded(Some("ada"), Duration::ZERO));
        assert!(limit.is_recorded(Some("eve"), OF_REFUSAL.1));
        let recorded = (0..1_000).filter(|_| limit.is_recorded(None, Duration::ZERO)).count();
        assert_eq!(recorded, 100);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut limit = SignInLimit::default();
        for number in 0..KEPT as u32 + 10 {
            let _ = limit.visit(address(number), Duration::ZERO);
        }
        assert_eq!(limit.networks.full.len(), KEPT);
        assert!(limit.visit(address(u32::MAX >> 8), Duration::ZERO).is_err());
        // A flood from many networks leaves the browsers of accounts alone.
        assert!(limit.sign_in(address(u32::MAX >> 8), "ada", Some("known"), Duration::ZERO).is_ok());
        assert!(limit.visit(address(u32::MAX >> 8), OF_NETWORK.1).is_ok(), "later there is space again");
    }
}
