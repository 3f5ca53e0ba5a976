//! Stories: what is going to happen in which homes, and when.

use std::time::Duration;

use crate::world::history::Script;
use crate::world::homes::{Home, Plan};
use crate::world::ids::LocationKey;
use crate::world::noise;
use crate::world::stories::happening;
use crate::world::stories::happening::Happening;
use crate::world::time::{DAY, HOUR, MINUTE, floor};

/// The most events that one line of a story makes.
const MOST_TIMES: u32 = 1_000;

/// A script of events for some homes, in simulated time.
///
/// What a story tells becomes part of the history of the homes that play in it: the live state and every
/// report show it alike. A story runs by the simulator's clock; with a
/// [`ManualClock`](plume_runtime::ManualClock) a day passes as fast as the requests are answered.
///
/// There are [named stories](Story::names), stories made in code, and stories read from JSON
/// ([`Story::from_json`]).
///
/// ```
/// use std::{sync::Arc, time::{Duration, SystemTime}};
/// use plume_runtime::ManualClock;
/// use plume_sim::{Cast, Happening, Home, Simulator, Story, When};
///
/// let story = Story::new("lunch").event(
///     When::TimeOfDay { day: 0, hour: 14, minute: 2 },
///     Cast::Homes(vec![Home::Healthy]),
///     Happening::PowerLoss { node: "gateway".into(), lasts: Some(Duration::from_secs(20 * 60)) },
/// );
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// let simulator = Simulator::builder().clock(Arc::new(clock.clone())).story(story).build();
/// clock.advance(Duration::from_secs(14 * 3600 + 10 * 60)); // ten past two: the pod is dark
/// # let _ = simulator;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    name: String,
    about: String,
    pub(crate) scenes: Vec<Scene>,
}

/// One line of a story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) when: When,
    pub(crate) cast: Cast,
    pub(crate) happening: Happening,
    /// How often it happens, and how many milliseconds lie between.
    pub(crate) times: u32,
    pub(crate) every: i64,
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// So long after the simulator was built.
    After(Duration),
    /// So long before the simulator was built.
    Before(Duration),
    /// At this time of the day (UTC), whether that is past or to come.
    TimeOfDay {
        /// 0 is the day on which the simulator was built.
        day: u16,
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
}

/// In which homes something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cast {
    /// In all of them.
    Everyone,
    /// In these named ones.
    Homes(Vec<Home>),
    /// In so many percent of all homes. Which ones they are depends on the seed and the story's name.
    Share(u8),
    /// In the location with this id.
    Location(String),
}

impl Story {
    /// A story in which nothing happens yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), about: String::new(), scenes: Vec::new() }
    }

    /// Says in one line what the story is about.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.about = description.into();
        self
    }

    /// Adds one event.
    #[must_use]
    pub fn event(self, when: When, cast: Cast, happening: Happening) -> Self {
        self.repeated(when, cast, happening, 1, Duration::ZERO)
    }

    /// Adds an event that happens `times` times (at most 1,000), with `every` between the beginnings.
    #[must_use]
    pub fn repeated(
        mut self,
        when: When,
        cast: Cast,
        happening: Happening,
        times: u32,
        every: Duration,
    ) -> Self {
        let every = happening::millis(every);
        self.scenes.push(Scene { when, cast, happening, times: times.min(MOST_TIMES), every });
        self
    }

    /// The same story in other homes.
    #[must_use]
    pub fn played_by(mut self, cast: &Cast) -> Self {
        for scene in &mut self.scenes {
            scene.cast.clone_from(cast);
        }
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the story is about, in one line.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.about
    }

    /// Adds to `script` what the story tells of one location. What it tells of nodes and devices that are
    /// not there is left out.
    pub(crate) fn tell(&self, script: &mut Script, plan: &Plan, seed: u64, key: LocationKey, anchor: i64) {
        for scene in self.scenes.iter().filter(|scene| self.plays(&scene.cast, seed, key)) {
            let start = scene.when.moment(anchor);
            for time in 0..i64::from(scene.times) {
                scene.happening.tell(script, plan, start.saturating_add(scene.every.saturating_mul(time)));
            }
        }
    }

    fn plays(&self, cast: &Cast, seed: u64, key: LocationKey) -> bool {
        match cast {
            Cast::Everyone => true,
            Cast::Homes(homes) => homes.iter().any(|home| home.number() == key.customer),
            Cast::Share(percent) => {
                let salts = [noise::salt(&self.name), u64::from(key.customer), u64::from(key.ordinal)];
                noise::below(seed, &salts, 100) < u64::from(*percent)
            }
            Cast::Location(id) => *id == key.id(),
        }
    }
}

impl When {
    fn moment(self, anchor: i64) -> i64 {
        match self {
            Self::After(span) => anchor + happening::millis(span),
            Self::Before(span) => anchor - happening::millis(span),
            Self::TimeOfDay { day, hour, minute } => {
                let midnight = floor(anchor, DAY) + i64::from(day) * DAY;
                midnight + i64::from(hour) * HOUR + i64::from(minute) * MINUTE
            }
        }
    }
}
