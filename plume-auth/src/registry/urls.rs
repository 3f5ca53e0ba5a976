//! One copy of a URL for all tenants that use it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::account::{Account, Place};
use crate::settings::SecureUrl;

/// Shared URLs. Almost all tenants use the same two, which would be a third of the memory of an idle tenant.
#[derive(Debug)]
pub(super) struct Urls(Mutex<Table>);

#[derive(Debug)]
struct Table {
    known: HashSet<Arc<SecureUrl>>,
    /// The number of URLs at which unused ones are removed.
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 64;

impl Urls {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Table { known: HashSet::new(), sweep_at: FIRST_SWEEP }))
    }

    /// Replaces the URLs of an account by their shared copies.
    pub(super) fn share(&self, mut account: Account) -> Account {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Place { sso, api, .. } = Arc::make_mut(&mut account.place);
        for url in [sso, api] {
            table.share(url);
        }
        drop(table);
        account
    }
}

impl Table {
    fn share(&mut self, url: &mut Arc<SecureUrl>) {
        if let Some(known) = self.known.get(url.as_ref()) {
            *url = Arc::clone(known);
            return;
        }
        if self.known.len() >= self.sweep_at {
            self.known.retain(|known| Arc::strong_count(known) > 1);
            self.sweep_at = self.known.len().saturating_mul(2).max(FIRST_SWEEP);
        }
        self.known.insert(Arc::clone(url));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Credential, Scope};

    fn account(url: &str) -> Account {
        let url = SecureUrl::parse(url).unwrap();
        Account::new(
            url.clone(),
            url,
            Credential::from_client("a", "not-a-real-secret"),
            Scope::raw("example"),
        )
    }

    #[test]
    fn equal_urls_are_one_and_unused_ones_are_forgotten() {
        let urls = Urls::new();
        let kept = urls.share(account("https://kept.example.net/"));
        for number in 0..1_000 {
            urls.share(account(&format!("https://{number}.example.net/")));
        }
        let again = urls.share(account("https://kept.example.net/"));
        assert!(Arc::ptr_eq(&kept.place.sso, &again.place.sso));
        assert!(Arc::ptr_eq(&kept.place.sso, &again.place.api));
        assert!(urls.0.lock().unwrap().known.len() <= FIRST_SWEEP + 1);
    }
}
