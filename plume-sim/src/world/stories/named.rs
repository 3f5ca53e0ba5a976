//! The stories that come with the simulator.

use std::time::Duration;

use crate::world::stories::happening::Happening;
use crate::world::stories::story::{Cast, Story, When};

const MINUTE: u64 = 60;

const HOUR: u64 = 60 * MINUTE;

const DAY: u64 = 24 * HOUR;

const fn span(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Story {
    /// The names of the stories that come with the simulator.
    ///
    /// | name | what happens |
    /// |---|---|
    /// | `quiet-day` | nothing |
    /// | `power-cut` | two minutes after the start every gateway loses power for 20 minutes |
    /// | `wandering-pod` | pod 2 hangs on pod 3 instead of the gateway, loses its link, and comes home |
    /// | `evening-saturation` | from 19:00 to 23:00 UTC the connection is full and video is poor, for 30 days |
    /// | `flapping-wan` | the Internet connection is gone for 3 of every 10 minutes, for two hours |
    /// | `firmware-upgrade` | at 03:00 UTC of the next day all nodes load a new version, one after another |
    /// | `isp-outage` | five minutes after the start 40 % of all homes are offline for 45 minutes |
    /// | `moving-devices` | a phone goes out and comes back, a speaker moves to the gateway |
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
        [
            "quiet-day",
            "power-cut",
            "wandering-pod",
            "evening-saturation",
            "flapping-wan",
            "firmware-upgrade",
            "isp-outage",
            "moving-devices",
        ]
    }

    /// The story with this name, if there is one. [`Story::played_by`] puts it into other homes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let story = Self::new(name);
        Some(match name {
            "quiet-day" => story.about("nothing happens"),
            "power-cut" => story.about("every gateway loses power for 20 minutes").event(
                When::After(span(2 * MINUTE)),
                Cast::Everyone,
                Happening::PowerLoss { node: "gateway".to_owned(), lasts: Some(span(20 * MINUTE)) },
            ),
            "wandering-pod" => wandering_pod(story),
            "evening-saturation" => evening(story),
            "flapping-wan" => {
                story.about("the Internet connection is gone for 3 of every 10 minutes").repeated(
                    When::After(span(MINUTE)),
                    Cast::Everyone,
                    Happening::WanOutage { lasts: Some(span(3 * MINUTE)) },
                    12,
                    span(10 * MINUTE),
                )
            }
            "firmware-upgrade" => story.about("all nodes load a new version in the night").event(
                When::TimeOfDay { day: 1, hour: 3, minute: 0 },
                Cast::Everyone,
                Happening::FirmwareUpgrade { version: "8.6.0".to_owned() },
            ),
            "isp-outage" => story.about("40 % of all homes are offline for 45 minutes").event(
                When::After(span(5 * MINUTE)),
                Cast::Share(40),
                Happening::WanOutage { lasts: Some(span(45 * MINUTE)) },
            ),
            "moving-devices" => moving_devices(story),
            _ => return None,
        })
    }
}

fn wandering_pod(story: Story) -> Story {
    let pod = || "2".to_owned();
    let to = |node: &str| Happening::PodRoams { node: pod(), to: node.to_owned() };
    story
        .about("a pod hangs on another one, loses its link, and comes home")
        .event(When::After(span(MINUTE)), Cast::Everyone, to("3"))
        .event(
            When::After(span(10 * MINUTE)),
            Cast::Everyone,
            Happening::BackhaulLoss { node: pod(), lasts: Some(span(8 * MINUTE)) },
        )
        .event(When::After(span(HOUR)), Cast::Everyone, to("gateway"))
}

fn evening(story: Story) -> Story {
    let seven = When::TimeOfDay { day: 0, hour: 19, minute: 0 };
    let lasts = Some(span(4 * HOUR));
    story
        .about("the connection is full every evening, and video is poor")
        .repeated(seven, Cast::Everyone, Happening::Saturation { percent: 96, lasts }, 30, span(DAY))
        .repeated(
            seven,
            Cast::Everyone,
            Happening::PoorQoe { class: "video_conferencing".to_owned(), lasts },
            30,
            span(DAY),
        )
}

fn moving_devices(story: Story) -> Story {
    story
        .about("a phone goes out and comes back, a speaker moves to the gateway")
        .event(
            When::After(span(5 * MINUTE)),
            Cast::Everyone,
            Happening::DeviceLeaves { device: "Phone".to_owned(), lasts: Some(span(HOUR)) },
        )
        .event(
            When::After(span(20 * MINUTE)),
            Cast::Everyone,
            Happening::DeviceJoins { device: "Alexa".to_owned(), node: Some("gateway".to_owned()) },
        )
}
