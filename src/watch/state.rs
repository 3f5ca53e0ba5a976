//! The state of a watch, for storage.

use plume_monitor::tracker::HealthTracker;
use plume_types::{CustomerId, LocationId};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The version of the form of a [`WatchState`] that this version of the crate reads and writes.
pub const WATCH_STATE_VERSION: u32 = 1;

/// The trackers of the homes of a watch. Returned by [`Watch::state`](crate::watch::Watch::state), stored with serde.
///
/// ```
/// # fn run(client: plume::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use plume::watch::WatchState;
///
/// # let homes = [("5f0000000000000000000001", "5f0000000000000000000002")];
/// # let stored = r#"{"version": 1, "homes": []}"#;
/// let state: WatchState = serde_json::from_str(stored)?;
/// let watch = plume::watch(&client, homes).resume(state);
/// let stored = serde_json::to_string(&watch.state())?;
/// # let _ = stored; Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WatchState {
    version: u32,
    pub(super) homes: Vec<HomeState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HomeState {
    pub(super) customer_id: CustomerId,
    pub(super) location_id: LocationId,
    pub(super) tracker: HealthTracker,
}

impl WatchState {
    pub(super) fn new(homes: Vec<HomeState>) -> Self {
        Self { version: WATCH_STATE_VERSION, homes }
    }

    /// Returns the trackers by home, in the order of the homes of the watch.
    pub fn iter(&self) -> impl Iterator<Item = (&CustomerId, &LocationId, &HealthTracker)> {
        self.homes.iter().map(|home| (&home.customer_id, &home.location_id, &home.tracker))
    }
}

impl<'de> Deserialize<'de> for WatchState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            version: u32,
            homes: Vec<HomeState>,
        }
        let Document { version, homes } = Document::deserialize(deserializer)?;
        if version != WATCH_STATE_VERSION {
            return Err(D::Error::custom(format!(
                "watch state: version {version} is not supported, expected {WATCH_STATE_VERSION}"
            )));
        }
        Ok(Self::new(homes))
    }
}
