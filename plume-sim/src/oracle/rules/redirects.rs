//! Redirections, and who follows them with a credential.
//!
//! The API does not redirect. What does is between the client and the cloud, such as the sign-in page of a network.

use std::{collections::VecDeque, time::Duration};

/// A redirection elsewhere is remembered for this long.
const REMEMBERED: Duration = Duration::from_secs(60);
/// A client that follows does it at once.
const AT_ONCE: Duration = Duration::from_secs(5);
const MOST: usize = 16;

/// Where a request goes to: host and port, and path with query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Nothing if it is not known, or is that of the request before.
    pub(crate) authority: Option<String>,
    pub(crate) path: String,
}

#[derive(Debug)]
struct Redirection {
    number: u64,
    at: Duration,
    client: u64,
    target: Target,
    /// It leads to another host or port.
    away: bool,
}

/// The latest redirections from one address.
#[derive(Debug, Default)]
pub(crate) struct Redirections {
    latest: VecDeque<Redirection>,
}

/// A request that follows a redirection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) from: u64,
}

impl Target {
    /// Reads a `Location`. Nothing if it is not HTTP.
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
    /// A request was answered with a redirection.
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

    /// A request arrives. Whether it follows one of them.
    pub(crate) fn followed(&mut self, at: Duration, client: u64, here: &Target) -> Option<Followed> {
        self.latest.retain(|one| at.saturating_sub(one.at) < if one.away { REMEMBERED } else { AT_ONCE });
        let found = self.latest.iter().position(|one| {
            one.target.path == here.path
                && (one.target.authority.is_none() || one.target.authority == here.authority)
        });
        let followed =
            found.and_then(|index| self.latest.remove(index)).map(|one| Followed { from: one.number });
        if followed.is_none() {
            // The client goes on with something else. What leads to the same host can be its own intent later.
            self.latest.retain(|one| one.away || one.client != client);
        }
        followed
    }
}
