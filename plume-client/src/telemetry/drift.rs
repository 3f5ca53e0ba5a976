//! What the models do not know, made visible while the program runs.

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use plume_types::{Drift, DriftPlace};

use crate::operations::Operation;

/// As many places are told to the callback as a [`Drift`] remembers.
const MAX_PLACES: usize = 256;

/// Called with each place where an answer differs from the models, once per place.
pub(crate) type OnDrift = Arc<dyn Fn(&DriftSighting<'_>) + Send + Sync>;

/// The first time that an answer differed from the models at some place; see
/// [`ClientBuilder::on_drift`](crate::ClientBuilder::on_drift).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DriftSighting<'a> {
    /// Which operation's answer it was.
    pub operation: &'a Operation,
    /// Where, and what was different. Never a value that could be a secret.
    pub place: &'a DriftPlace,
}

/// What the answers to a client held that the models do not know. A handle: clones see the same.
///
/// Bounded like [`Drift`]: at most 256 different places, further sightings are only counted.
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
    told: HashSet<u64>,
}

impl DriftLog {
    pub(crate) fn new(callback: Option<OnDrift>) -> Self {
        Self { inner: Arc::new(Inner { seen: Mutex::default(), callback }) }
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Drift {
        self.with(|seen| seen.drift.clone())
    }

    /// What was seen since the last time, which is forgotten. The callback is not told of a place again.
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
        // Outside the lock: the callback may ask the log.
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
        self.told.len() < MAX_PLACES && self.told.insert(hasher.finish())
    }
}

impl fmt::Debug for DriftLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.with(|seen| seen.drift.iter().count());
        f.debug_struct("DriftLog").field("places", &places).finish_non_exhaustive()
    }
}
