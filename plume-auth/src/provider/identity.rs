//! The identity of a provider, and the state that its clients share.

use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

/// The identity of a token provider within a process. Clones have the same identity.
///
/// Clients of one provider have state in common: the tenant of their calls, and what the API accepts. They keep such state
/// [here](Self::shared), so that it lives as long as the provider.
///
/// ```
/// use plume_auth::{ProviderIdentity, StaticToken, TokenProvider};
///
/// let provider = StaticToken::new("not.a.token").expect("a valid bearer token");
/// assert_eq!(provider.identity(), provider.clone().identity());
/// assert_ne!(provider.identity(), Some(ProviderIdentity::new()));
/// ```
#[derive(Clone)]
pub struct ProviderIdentity {
    shared: Arc<Mutex<Vec<Arc<dyn Any + Send + Sync>>>>,
}

impl ProviderIdentity {
    /// Creates an identity that equals no other.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::default() }
    }

    /// Returns the `T` that all holders of this identity share. The first call creates it.
    #[must_use]
    pub fn shared<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        // A panic of `T::default` leaves the list unchanged.
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = shared.iter().find_map(|any| Arc::clone(any).downcast::<T>().ok()) {
            return there;
        }
        let new = Arc::<T>::default();
        shared.push(Arc::clone(&new) as Arc<dyn Any + Send + Sync>);
        new
    }
}

impl Default for ProviderIdentity {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for ProviderIdentity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for ProviderIdentity {}

impl Hash for ProviderIdentity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.shared).hash(state);
    }
}

impl fmt::Debug for ProviderIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderIdentity").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn clones_share_one_value_of_each_type() {
        let (one, other) = (ProviderIdentity::new(), ProviderIdentity::new());
        one.shared::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(one.clone().shared::<AtomicU32>().load(Ordering::Relaxed), 7);
        assert_eq!(other.shared::<AtomicU32>().load(Ordering::Relaxed), 0);
        assert!(one.shared::<Mutex<Vec<u8>>>().lock().unwrap().is_empty());
        assert!(one == one.clone() && one != other);
    }
}
