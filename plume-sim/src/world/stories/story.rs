//! Stories: events in homes over time.

use std::time::Duration;

use crate::world::history::Script;
use crate::world::homes::{Home, Plan};
use crate::world::ids::LocationKey;
use crate::world::noise;
use crate::world::stories::event;
use crate::world::stories::event::StoryEvent;
use crate::world::time::{DAY, HOUR, MINUTE, floor};

/// Maximum number of events from one line of a story.
const MOST_TIMES: u32 = 1_000;

/// A sequence of events in some homes, in simulated time.
///
/// The events become part of the history of these homes, and the live state and every report show them. A story runs
/// by the simulator's clock; with a [`ManualClock`](plume_runtime::ManualClock) a test covers a day in a moment.
///
/// A story is [built in](crate::Story), made in code, or read from JSON ([`StoryPlan::from_json`]).
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use plume_runtime::{ManualClock, chrono::DateTime};
/// use plume_sim::{Cast, StoryEvent, Home, Simulator, StoryPlan, When};
///
/// let story = StoryPlan::new("lunch").event(
///     When::TimeOfDay { day: 0, hour: 14, minute: 2 },
///     Cast::Homes(vec![Home::Healthy]),
///     StoryEvent::PowerLoss { node: "gateway".into(), lasts: Some(Duration::from_secs(20 * 60)) },
/// );
/// let clock = ManualClock::new(DateTime::UNIX_EPOCH);
/// let simulator = Simulator::builder().clock(Arc::new(clock.clone())).story(story).build();
/// clock.advance(Duration::from_secs(14 * 3600 + 10 * 60)); // 14:10: the gateway has no power
/// # let _ = simulator;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StoryPlan {
    name: String,
    about: String,
    pub(crate) scenes: Vec<Scene>,
}

/// One line of a story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) when: When,
    pub(crate) cast: Cast,
    pub(crate) event: StoryEvent,
    /// The number of repetitions, and the interval in milliseconds.
    pub(crate) times: u32,
    pub(crate) every: i64,
}

/// The time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum When {
    /// This long after the simulator was built.
    After(Duration),
    /// This long before the simulator was built.
    Before(Duration),
    /// At this time of day (UTC), in the past or in the future.
    TimeOfDay {
        /// 0 is the day on which the simulator was built.
        day: u16,
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
}

/// The homes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cast {
    /// All homes.
    Everyone,
    /// These named homes.
    Homes(Vec<Home>),
    /// This percentage of all homes, selected by the seed and the story's name.
    Share(u8),
    /// The homes of one region: those whose customer number, the last eight hex digits of the customer's id, has this
    /// remainder.
    Region {
        /// The remainder, below `of`.
        number: u32,
        /// The number of regions. Zero means no home.
        of: u32,
    },
    /// The location with this id.
    Location(String),
}

impl StoryPlan {
    /// Returns a story without events.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), about: String::new(), scenes: Vec::new() }
    }

    /// Sets a description of one line.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.about = description.into();
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(self, when: When, cast: Cast, event: StoryEvent) -> Self {
        self.repeated(when, cast, event, 1, Duration::ZERO)
    }

    /// Adds an event that happens `times` times (at most 1,000), with `every` between the starts.
    #[must_use]
    pub fn repeated(
        mut self,
        when: When,
        cast: Cast,
        event: StoryEvent,
        times: u32,
        every: Duration,
    ) -> Self {
        let every = event::millis(every);
        self.scenes.push(Scene { when, cast, event, times: times.min(MOST_TIMES), every });
        self
    }

    /// Returns the same story in other homes.
    #[must_use]
    pub fn played_by(mut self, cast: &Cast) -> Self {
        for scene in &mut self.scenes {
            scene.cast.clone_from(cast);
        }
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description of one line.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.about
    }

    /// Adds the events of one location to `script`. Events of missing nodes and devices are skipped.
    pub(crate) fn tell(&self, script: &mut Script, plan: &Plan, seed: u64, key: LocationKey, anchor: i64) {
        for scene in self.scenes.iter().filter(|scene| self.plays(&scene.cast, seed, key)) {
            let start = scene.when.moment(anchor);
            for time in 0..i64::from(scene.times) {
                scene.event.tell(script, plan, start.saturating_add(scene.every.saturating_mul(time)));
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
            Cast::Region { number, of } => key.customer.checked_rem(*of) == Some(*number),
            Cast::Location(id) => *id == key.id(),
        }
    }
}

impl When {
    fn moment(self, anchor: i64) -> i64 {
        match self {
            Self::After(span) => anchor + event::millis(span),
            Self::Before(span) => anchor - event::millis(span),
            Self::TimeOfDay { day, hour, minute } => {
                let midnight = floor(anchor, DAY) + i64::from(day) * DAY;
                midnight + i64::from(hour) * HOUR + i64::from(minute) * MINUTE
            }
        }
    }
}
