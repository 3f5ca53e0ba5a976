//! Stories from JSON.

use std::{fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::world::document::read;
use crate::world::homes::Home;
use crate::world::ids::LocationKey;
use crate::world::stories::event::StoryEvent;
use crate::world::stories::field::{self, Span};
use crate::world::stories::story::{Cast, Scene, StoryPlan, When};

/// An error in reading a story, with file, line and key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.line_of_text())]
pub struct StoryError {
    file: String,
    line: Option<u32>,
    place: String,
    message: String,
}

impl StoryError {
    fn line_of_text(&self) -> String {
        let Self { file, place, message, .. } = self;
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = if place.is_empty() { String::new() } else { format!(" {place}:") };
        format!("{file}{line}:{place} {message}")
    }

    /// Returns the line, from 1. `None` if the file could not be read.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// Returns the path of the mistake, such as `events[2].node`. Empty if the text is not JSON.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.place
    }
}

impl StoryPlan {
    /// Parses a story from JSON. `file` is the file name in errors.
    ///
    /// ```
    /// use plume_sim::StoryPlan;
    ///
    /// let story = StoryPlan::from_json("lunch.json", r#"{
    ///     "name": "lunch",
    ///     "events": [
    ///         { "at": "14:02", "homes": ["healthy"], "event": "power-loss", "node": "gateway", "for": "20m" },
    ///         { "at": "+1h", "homes": "10%", "event": "wan-outage", "for": "90s", "times": 3, "every": "1d" }
    ///     ]
    /// }"#)?;
    /// assert_eq!(story.name(), "lunch");
    ///
    /// let error = StoryPlan::from_json("bad.json", "{\n \"name\": \"x\",\n \"evnts\": []\n}").unwrap_err();
    /// assert_eq!(error.to_string(), "bad.json:3: evnts: unknown field `evnts`; did you mean `events`?");
    /// # Ok::<(), plume_sim::StoryError>(())
    /// ```
    ///
    /// `at` is a time of day (`"14:02"`, UTC; `day` counts from the day of the start) or relative to the start
    /// (`"+2h"`, `"-30m"`). `homes` is `"all"` (the default), a share (`"10%"`), a region (`"region 3 of 8"`, see
    /// [`Cast::Region`]), or a list of home names and location ids. `times` and `every` repeat an event. The kinds of events and their members are those of [`StoryEvent`];
    /// without `for` an event is permanent.
    ///
    /// # Errors
    ///
    /// Returns [`StoryError`] with file, line and key of the first mistake. Unknown keys are mistakes, and so are
    /// names of nodes and devices that no home has.
    pub fn from_json(file: &str, text: &str) -> Result<Self, StoryError> {
        let form: Form = read(text).map_err(|mistake| StoryError {
            file: file.to_owned(),
            line: Some(mistake.line),
            place: mistake.key,
            message: mistake.message,
        })?;
        let mut story = Self::new(form.name).with_description(form.about);
        story.scenes = form.events.into_iter().flat_map(|Scenes(scenes)| scenes).collect();
        Ok(story)
    }

    /// Reads a story from a file; see [`StoryPlan::from_json`].
    ///
    /// # Errors
    ///
    /// Returns [`StoryError`] as [`StoryPlan::from_json`] does, and if the file cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, StoryError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_json(&file, &text),
            Err(error) => {
                let message = format!("cannot be read: {}", error.kind());
                Err(StoryError { file, line: None, place: String::new(), message })
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
    #[serde(default)]
    about: String,
    events: Vec<Scenes>,
}

/// One scene, or one for each location id.
struct Scenes(Vec<Scene>);

impl<'de> Deserialize<'de> for Scenes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ScenesVisitor)
    }
}

/// Validates within the event, so that a mistake is located there.
struct ScenesVisitor;

impl<'de> Visitor<'de> for ScenesVisitor {
    type Value = Scenes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Scenes, A::Error> {
        let event = Event::deserialize(MapAccessDeserializer::new(members))?;
        event.scenes().map(Scenes).map_err(A::Error::custom)
    }
}

#[derive(Deserialize)]
struct Event {
    at: At,
    #[serde(default, deserialize_with = "field::day")]
    day: Option<u16>,
    #[serde(default)]
    homes: Casts,
    #[serde(default = "field::once", deserialize_with = "field::times")]
    times: u32,
    #[serde(default, deserialize_with = "field::every")]
    every: Option<Span>,
    #[serde(flatten)]
    event: StoryEvent,
}

impl Event {
    fn scenes(self) -> Result<Vec<Scene>, &'static str> {
        let Self { at: At(mut when), day: given, homes: Casts(casts), times, every, event } = self;
        match (&mut when, given) {
            (_, None) => {}
            (When::TimeOfDay { day, .. }, Some(given)) => *day = given,
            _ => return Err("`day`: only a time of day has a day"),
        }
        let every = match every {
            Some(every) => every.milliseconds(),
            None if times > 1 => return Err("missing \"every\", which \"times\" requires"),
            None => 0,
        };
        let scene = |cast| Scene { when, cast, event: event.clone(), times, every };
        Ok(casts.into_iter().map(scene).collect())
    }
}

/// A time of day, or one relative to the start.
struct At(When);

impl At {
    fn parse(text: &str) -> Option<When> {
        match text.split_at_checked(1)? {
            ("+", rest) => Span::parse(rest).map(|span| When::After(span.0)),
            ("-", rest) => Span::parse(rest).map(|span| When::Before(span.0)),
            _ => {
                let (hour, minute) = text.split_once(':')?;
                let below = |text: &str, bound: u8| {
                    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
                    text.parse::<u8>().ok().filter(|number| digits && *number < bound)
                };
                Some(When::TimeOfDay { day: 0, hour: below(hour, 24)?, minute: below(minute, 60)? })
            }
        }
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format!("`at`: {text:?} is not a time such as 14:02, +2h or -30m"));
        Self::parse(&text).map(Self).ok_or_else(wrong)
    }
}

/// `all`, a share, a region, or a list of home names and location ids.
struct Casts(Vec<Cast>);

impl Default for Casts {
    fn default() -> Self {
        Self(vec![Cast::Everyone])
    }
}

impl<'de> Deserialize<'de> for Casts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CastsVisitor)
    }
}

struct CastsVisitor;

impl<'de> Visitor<'de> for CastsVisitor {
    type Value = Casts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all, a share such as 10%, a region such as region 3 of 8, or a list")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Casts, E> {
        if text == "all" {
            return Ok(Casts::default());
        }
        let share = text.strip_suffix('%').and_then(|digits| digits.parse().ok());
        let share = share.filter(|share| *share <= 100).map(Cast::Share);
        share.or_else(|| region(text)).map(|cast| Casts(vec![cast])).ok_or_else(|| {
            E::custom(format!(
                "{text:?} is neither all, nor a share such as 10%, nor a region such as region 3 of 8, nor a list"
            ))
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Casts, A::Error> {
        let (mut casts, mut named) = (Vec::new(), Vec::new());
        while let Some(place) = items.next_element::<Place>()? {
            match place {
                Place::Location(id) => casts.push(Cast::Location(id)),
                Place::Home(home) => named.push(home),
            }
        }
        if !named.is_empty() {
            casts.push(Cast::Homes(named));
        }
        Ok(Casts(casts))
    }
}

/// Parses a region, such as `region 3 of 8`.
fn region(text: &str) -> Option<Cast> {
    let (number, of) = text.strip_prefix("region ")?.split_once(" of ")?;
    let (number, of) = (number.parse().ok()?, of.parse().ok()?);
    (number < of).then_some(Cast::Region { number, of })
}

/// A home by its name, or a location by its id.
enum Place {
    Location(String),
    Home(Home),
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(PlaceVisitor)
    }
}

struct PlaceVisitor;

impl Visitor<'_> for PlaceVisitor {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a home or the id of a location")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Place, E> {
        if LocationKey::from_id(text).is_some() {
            return Ok(Place::Location(text.to_owned()));
        }
        text.parse().map(Place::Home).map_err(E::custom)
    }
}
