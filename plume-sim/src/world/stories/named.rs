//! The built-in stories. Their files are in `plume-sim/stories`.

use std::fmt;

use crate::world::stories::story::StoryPlan;

/// Defines the stories: their names, and their files.
macro_rules! stories {
    ($($(#[$meta:meta])* $story:ident $name:literal,)*) => {
        /// A built-in story: events in homes over time. A [`StoryPlan`] of your own has other events.
        ///
        /// ```
        /// use plume_sim::{Cast, Home, Simulator, Story};
        ///
        /// let cloud = Simulator::builder().story(Story::PowerCut).build();
        /// let one_home = Story::PowerCut.plan().played_by(&Cast::Homes(vec![Home::Healthy]));
        /// let cloud = Simulator::builder().story(one_home).build();
        /// # let _ = cloud;
        /// assert_eq!(Story::named("power-cut"), Some(Story::PowerCut));
        /// assert_eq!(Story::named("power-out"), None);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Story {
            $($(#[$meta])* $story,)*
        }

        impl Story {
            /// Every built-in story.
            pub const ALL: [Self; 8] = [$(Self::$story),*];

            /// Returns the name, for example for a command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$story => $name,)*
                }
            }

            fn file(self) -> &'static str {
                match self {
                    $(Self::$story => include_str!(concat!("../../../stories/", $name, ".json")),)*
                }
            }
        }
    };
}

stories! {
    /// `quiet-day`: nothing.
    QuietDay "quiet-day",
    /// `power-cut`: two minutes after the start every gateway loses power for 20 minutes.
    PowerCut "power-cut",
    /// `wandering-pod`: pod 2 moves from the gateway to pod 3, loses its link, and returns.
    WanderingPod "wandering-pod",
    /// `evening-saturation`: from 19:00 to 23:00 UTC the connection is saturated and video quality is poor, for 30 days.
    EveningSaturation "evening-saturation",
    /// `flapping-wan`: the Internet connection is lost for 3 of every 10 minutes, for two hours.
    FlappingWan "flapping-wan",
    /// `firmware-upgrade`: at 03:00 UTC of the next day all nodes install a new version, one after another.
    FirmwareUpgrade "firmware-upgrade",
    /// `isp-outage`: five minutes after the start 40 % of all homes are offline for 45 minutes.
    IspOutage "isp-outage",
    /// `moving-devices`: a phone leaves and returns, a speaker moves to the gateway.
    MovingDevices "moving-devices",
}

impl Story {
    /// Returns the names of the built-in stories.
    #[must_use]
    pub fn names() -> [&'static str; 8] {
        Self::ALL.map(Self::name)
    }

    /// Returns the built-in story with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|story| story.name() == name)
    }

    /// Returns the events, for example for other homes ([`StoryPlan::played_by`]).
    #[must_use]
    pub fn plan(self) -> StoryPlan {
        // Every file is parsed by a test below.
        StoryPlan::from_json(self.name(), self.file()).unwrap_or_else(|_| StoryPlan::new(self.name()))
    }
}

impl From<Story> for StoryPlan {
    fn from(story: Story) -> Self {
        story.plan()
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_has_a_file_with_its_name() {
        for story in Story::ALL {
            let plan = StoryPlan::from_json(story.name(), story.file()).map_err(|error| error.to_string());
            assert_eq!(plan.map(|plan| plan.name().to_owned()).as_deref(), Ok(story.name()));
            assert_eq!(Story::named(story.name()), Some(story));
        }
    }
}
