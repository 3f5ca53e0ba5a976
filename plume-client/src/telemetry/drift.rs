//! The log of drift.

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use plume_types::{Drift, DriftPlace};

use crate::operations::Operation;

/// The maximum number of places for the callback, which is that of a [`Drift`].
const MAX_PLACES: usize = 256;

/// The callback for places where a response differs from the models, once per place.
pub(crate) type OnDrift = Arc<dyn Fn(&DriftSighting<'_>) + Send + Sync>;

/// The first occurrence of a difference between a response and the models; see
/// [`ClientBuilder::on_drift`](crate::ClientBuilder::on_drift).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DriftSighting<'a> {
    /// The operation of the response.
    pub operation: &'a Operation,
    /// The place and kind of the difference, without values.
    pub place: &'a DriftPlace,
}

/// A log of the parts of responses that the models do not know. Clones share it.
///
/// It is bounded like [`Drift`]: at most 256 different places; further ones are only counted.
///
/// ```
/// # fn show(client: &plume_client::Client) {
/// let log = client.drift_log();
/// for place in log.take().iter() {
///     println!("{} {} ({} times)", place.kind, place.path, place.count);
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct DriftLog {
    inner: Arc<Inner>,
}

struct Inner {
    seen: Mutex<Seen>,
    callback: Option<OnDrift>,
}

#[derive(Default)]
struct Seen {
    drift: Drift,
    reported: HashSet<u64>,
}

impl DriftLog {
    pub(crate) fn new(callback: Option<OnDrift>) -> Self {
        Self { inner: Arc::new(Inner { seen: Mutex::default(), callback }) }
    }

    /// Returns the drift so far.
    #[must_use]
    pub fn seen(&self) -> Drift {
        self.with(|seen| seen.drift.clone())
    }

    /// Returns and clears the drift so far. The callback still gets each place only once.
    #[must_use]
    pub fn take(&self) -> Drift {
        self.with(|seen| std::mem::take(&mut seen.drift))
    }

    pub(crate) fn note(&self, operation: &Operation, drift: Drift) {
        let Some(callback) = &self.inner.callback else {
            self.with(|seen| seen.drift.merge(drift));
            return;
        };
        let new: Vec<DriftPlace> = self.with(|seen| {
            let new = drift.iter().filter(|place| seen.is_new(operation, place)).cloned().collect();
            seen.drift.merge(drift);
            new
        });
        // Outside the lock, because the callback may read the log.
        for place in &new {
            callback(&DriftSighting { operation, place });
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seen {
    fn is_new(&mut self, operation: &Operation, place: &DriftPlace) -> bool {
        let mut hasher = DefaultHasher::new();
        (operation.name, place.kind, &place.path).hash(&mut hasher);
        self.reported.len() < MAX_PLACES && self.reported.insert(hasher.finish())
    }
}

impl fmt::Debug for DriftLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.with(|seen| seen.drift.iter().count());
        f.debug_struct("DriftLog").field("places", &places).finish_non_exhaustive()
    }
}
