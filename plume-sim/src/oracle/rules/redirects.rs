//! Redirects that a client follows with a credential.
//!
//! The API does not redirect. A redirect is from an intermediary, such as the sign-in page of a network.

use std::{collections::VecDeque, time::Duration};

/// The time for which a redirect to another host is kept.
const REMEMBERED: Duration = Duration::from_secs(60);
/// The time within which a client follows a redirect.
const AT_ONCE: Duration = Duration::from_secs(5);
const MOST: usize = 16;

/// The target of a request: host and port, and path with query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// `None` if unknown, or that of the request before.
    pub(crate) authority: Option<String>,
    pub(crate) path: String,
}

#[derive(Debug)]
struct Redirection {
    number: u64,
    at: Duration,
    client: u64,
    target: Target,
    /// It points to another host or port.
    away: bool,
}

/// The latest redirects from one address.
#[derive(Debug, Default)]
pub(crate) struct Redirections {
    latest: VecDeque<Redirection>,
}

/// A request that follows a redirect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) from: u64,
}

impl Target {
    /// Parses a `Location`. `None` if it is not HTTP.
    pub(crate) fn of_location(location: &str) -> Option<Self> {
        let location = location.split('#').next().unwrap_or_default();
        let lower = location.get(..8).unwrap_or(location).to_ascii_lowercase();
        let rest = if lower.starts_with("http://") {
            location.get(7..)
        } else if lower.starts_with("https://") {
            location.get(8..)
        } else if location.starts_with("//") {
            location.get(2..)
        } else if location.starts_with('/') {
            return Some(Self { authority: None, path: location.to_owned() });
        } else {
            None
        }?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { authority: Some(authority.to_ascii_lowercase()), path })
    }
}

impl Redirections {
    /// Records a redirect.
    pub(crate) fn answered(
        &mut self,
        number: u64,
        at: Duration,
        client: u64,
        from: Option<&str>,
        target: Target,
    ) {
        if self.latest.len() >= MOST {
            self.latest.pop_front();
        }
        let away = target.authority.is_some() && target.authority.as_deref() != from;
        self.latest.push_back(Redirection { number, at, client, target, away });
    }

    /// Records a request. Returns the redirect that it follows.
    pub(crate) fn followed(&mut self, at: Duration, client: u64, here: &Target) -> Option<Followed> {
        self.latest.retain(|one| at.saturating_sub(one.at) < if one.away { REMEMBERED } else { AT_ONCE });
        let found = self.latest.iter().position(|one| {
            one.target.path == here.path
                && (one.target.authority.is_none() || one.target.authority == here.authority)
        });
        let followed =
            found.and_then(|index| self.latest.remove(index)).map(|one| Followed { from: one.number });
        if followed.is_none() {
            // The client continues with another request. A later request to the same host can be an intent of its
            // own.
            self.latest.retain(|one| one.away || one.client != client);
        }
        followed
    }
}
