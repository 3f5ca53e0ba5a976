//! The limit of sign-ins: per network of the sender, and per account. A browser that has signed in before has a limit of its
//! own, so that attempts of others do not lock its person out.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// Attempts at once, and the time after which one more is allowed.
const OF_NETWORK: (u32, Duration) = (20, Duration::from_secs(6));
const OF_ACCOUNT: (u32, Duration) = (10, Duration::from_secs(30));
const OF_BROWSER: (u32, Duration) = (10, Duration::from_secs(30));
/// Maximum number of remembered networks, accounts and browsers.
const KEPT: usize = 20_000;

/// A subject of the limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Network(IpAddr),
    Account(String),
    Browser(String),
}

/// The limit. It holds no more than a fixed number of subjects.
#[derive(Debug, Default)]
pub struct SignInLimit {
    /// The time at which each subject has all its attempts again.
    full: HashMap<Subject, Duration>,
}

impl SignInLimit {
    /// Returns whether an attempt from an address is allowed at a time of a monotonic clock, and counts it. Otherwise
    /// returns the time to wait.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub fn visit(&mut self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        self.count(Subject::Network(network(address)), OF_NETWORK, now)
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
            Some(browser) => self.count(Subject::Browser(browser.to_owned()), OF_BROWSER, now),
            None => {
                self.visit(address, now)?;
                self.count(Subject::Account(account.to_lowercase()), OF_ACCOUNT, now)
            }
        }
    }

    /// The generic cell rate algorithm: one number for each subject.
    fn count(
        &mut self,
        subject: Subject,
        (burst, refill): (u32, Duration),
        now: Duration,
    ) -> Result<(), Duration> {
        if self.full.len() >= KEPT {
            self.full.retain(|_, full| *full > now);
        }
        let full = self.full.get(&subject).copied().unwrap_or(now).max(now);
        let next = full.saturating_add(refill);
        let most = now.saturating_add(refill.saturating_mul(burst));
        // When there is no place, a new subject has to wait.
        if next > most || self.full.len() >= KEPT && !self.full.contains_key(&subject) {
            return Err(next.saturating_sub(most).max(Duration::from_secs(1)));
        }
        self.full.insert(subject, next);
        Ok(())
    }
}

/// The network of an address: one person has all addresses of a /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // Another address is not affected, and the addresses of one /64 are one.
        assert!(limit.visit(address(2), Duration::from_secs(60)).is_ok());
        let six = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
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
    fn the_memory_is_bounded() {
        let mut limit = SignInLimit::default();
        for number in 0..KEPT as u32 + 10 {
            let _ = limit.visit(address(number), Duration::ZERO);
        }
        assert_eq!(limit.full.len(), KEPT);
        assert!(limit.visit(address(u32::MAX >> 8), OF_NETWORK.1).is_ok(), "later there is space again");
    }
}
