//! The built-in stories. Their files are in `plume-sim/stories`.

use crate::world::stories::story::Story;

const NAMED: [(&str, &str); 8] = [
    ("quiet-day", include_str!("../../../stories/quiet-day.json")),
    ("power-cut", include_str!("../../../stories/power-cut.json")),
    ("wandering-pod", include_str!("../../../stories/wandering-pod.json")),
    ("evening-saturation", include_str!("../../../stories/evening-saturation.json")),
    ("flapping-wan", include_str!("../../../stories/flapping-wan.json")),
    ("firmware-upgrade", include_str!("../../../stories/firmware-upgrade.json")),
    ("isp-outage", include_str!("../../../stories/isp-outage.json")),
    ("moving-devices", include_str!("../../../stories/moving-devices.json")),
];

impl Story {
    /// Returns the names of the built-in stories.
    ///
    /// | name | events |
    /// |---|---|
    /// | `quiet-day` | nothing |
    /// | `power-cut` | two minutes after the start every gateway loses power for 20 minutes |
    /// | `wandering-pod` | pod 2 moves from the gateway to pod 3, loses its link, and returns |
    /// | `evening-saturation` | from 19:00 to 23:00 UTC the connection is saturated and video quality is poor, for 30 days |
    /// | `flapping-wan` | the Internet connection is lost for 3 of every 10 minutes, for two hours |
    /// | `firmware-upgrade` | at 03:00 UTC of the next day all nodes install a new version, one after another |
    /// | `isp-outage` | five minutes after the start 40 % of all homes are offline for 45 minutes |
    /// | `moving-devices` | a phone leaves and returns, a speaker moves to the gateway |
    ///
    /// ```
    /// use plume_sim::Story;
    ///
    /// for name in Story::names() {
    ///     assert_eq!(Story::named(name).map(|story| story.name().to_owned()).as_deref(), Some(name));
    /// }
    /// assert!(Story::named("power-out").is_none());
    /// ```
    #[must_use]
    pub fn names() -> [&'static str; 8] {
        NAMED.map(|(name, _)| name)
    }

    /// Returns the built-in story with this name. [`Story::played_by`] moves it to other homes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = NAMED.into_iter().find(|(known, _)| *known == name)?;
        Self::from_json(name, text).ok()
    }
}
