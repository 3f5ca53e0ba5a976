//! Search for traffic classes in JSON without a schema. Each value is visited once.

use serde_json::{Map, Value};

use crate::decode::is_word;
use crate::drift::shorten;
use crate::field::UNREADABLE;
use crate::list::List;
use crate::models::qoe::rating::{QoeRating, TrafficClassQoe};

/// Names of the field with the name of a class. Only classes have the first three.
const NAME_KEYS: [&str; 4] = ["trafficClass", "trafficClassName", "className", "name"];
/// Names of fields with a quality, as a word or as a score, most specific first.
const QUALITY_KEYS: [&str; 15] = [
    "qoe",
    "quality",
    "qualityIndicator",
    "qoeQuality",
    "rating",
    "qoeRating",
    "score",
    "qoeScore",
    "weightedQoeScore",
    "averageQoeScore",
    "avgQoeScore",
    "averageScore",
    "mos",
    "health",
    "status",
];
/// Those of them that may also be the state of something else.
const VAGUE_KEYS: [&str; 2] = ["health", "status"];
/// Names of containers of classes: every entry is a class.
const CLASS_CONTAINERS: [&str; 3] = ["classes", "trafficClasses", "trafficClassStats"];
/// Names of other containers, which are never the name of a class.
const OTHER_CONTAINERS: [&str; 13] = [
    "data", "items", "results", "stats", "summary", "result", "response", "location", "network", "home",
    "overall", "average", "total",
];
/// Last words of names that describe the response: counts, pages, times, ids, results.
const ABOUT_ANSWER: [&str; 66] = [
    "at",
    "bytes",
    "code",
    "comment",
    "count",
    "counts",
    "cursor",
    "date",
    "days",
    "description",
    "duration",
    "enabled",
    "end",
    "error",
    "errors",
    "filter",
    "from",
    "granularity",
    "hours",
    "href",
    "id",
    "ids",
    "info",
    "interval",
    "limit",
    "link",
    "links",
    "mac",
    "message",
    "messages",
    "meta",
    "metadata",
    "minutes",
    "more",
    "ms",
    "name",
    "names",
    "next",
    "note",
    "offset",
    "ok",
    "order",
    "page",
    "pages",
    "pagination",
    "percent",
    "period",
    "prev",
    "previous",
    "query",
    "request",
    "seconds",
    "self",
    "since",
    "size",
    "sort",
    "start",
    "success",
    "time",
    "timestamp",
    "timezone",
    "total",
    "type",
    "unit",
    "units",
    "version",
];
/// Words that are a quality under any name.
const BARE_WORDS: [&str; 8] =
    ["excellent", "good", "fair", "poor", "bad", "very poor", "very_poor", "verypoor"];
/// Maximum number of words of a quality.
const MAX_WORDS: usize = 2;
/// Maximum depth of the recursion. Responses are flat.
const MAX_DEPTH: usize = 32;
/// The ends of the scale of scores. (`plume-api` models §4.2)
const SCALE: std::ops::RangeInclusive<f64> = 0.0..=5.0;

pub(super) fn classes(answer: &Value) -> List<TrafficClassQoe> {
    let mut walk = Walk::default();
    walk.visit(answer, &Place::default());
    walk.found.into_iter().map(|found| found.class).collect::<List<_>>().with_unreadable(walk.unreadable)
}

/// The place of a value.
#[derive(Default)]
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
    /// Whether it is an entry of a container of classes.
    in_class_container: bool,
    /// Whether it is a part of a certain class.
    in_class: bool,
}

#[derive(Default, Clone, Copy)]
enum Step<'a> {
    #[default]
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    fn below(&'a self, step: Step<'a>) -> Self {
        let in_class_container = self.is_class_container()
            // `trafficClasses: {classes: […]}` and `trafficClasses: {items: […]}`
            || (self.in_class_container && matches!(self.step, Step::Key(key) if is_container(key)));
        Self { above: Some(self), step, depth: self.depth + 1, in_class_container, in_class: self.in_class }
    }

    fn is_class_container(&self) -> bool {
        matches!(self.step, Step::Key(key) if CLASS_CONTAINERS.contains(&key))
    }

    /// Returns the name of its field, if that can be the name of a class.
    fn name(&self) -> Option<&'a str> {
        let Step::Key(key) = self.step else { return None };
        let is_other = is_container(key)
            || NAME_KEYS.contains(&key)
            || QUALITY_KEYS.contains(&key)
            || key == UNREADABLE
            || key.trim().is_empty()
            || (!self.in_class_container && key.to_ascii_lowercase().contains("qoe"));
        (!is_other).then_some(key)
    }

    /// Returns the path. Names are shortened, so that many values below a long name cost no more than others.
    fn path(&self) -> String {
        let mut steps = Vec::new();
        let mut place = Some(self);
        while let Some(Place { above, step, .. }) = place {
            steps.push(*step);
            place = *above;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Key(key) => path = join(&path, &shorten(key)),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

fn is_container(key: &str) -> bool {
    CLASS_CONTAINERS.contains(&key) || OTHER_CONTAINERS.contains(&key)
}

/// Returns whether the last word of a name in camel case or with `_` and `-` describes the response.
fn is_about_answer(key: &str) -> bool {
    let (mut start, mut before) = (0, '_');
    for (at, char) in key.char_indices() {
        if matches!(before, '_' | '-' | ' ') || (!before.is_ascii_uppercase() && char.is_ascii_uppercase()) {
            start = at;
        }
        before = char;
    }
    key.get(start..).is_some_and(|last| ABOUT_ANSWER.iter().any(|known| known.eq_ignore_ascii_case(last)))
}

fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", other) | (other, "") => other.to_owned(),
        (path, key) => format!("{path}.{key}"),
    }
}

/// A class, and whether it is certainly one.
struct Found {
    class: TrafficClassQoe,
    is_certain: bool,
    quality: Quality,
}

/// The quality of a value.
#[derive(Default)]
struct Quality {
    rating: Option<QoeRating>,
    score: Option<f64>,
    /// The path of the rating, else of the score, below the value.
    at: String,
    /// Whether all of it is under a vague name.
    is_vague: bool,
}

impl Quality {
    fn is_empty(&self) -> bool {
        self.rating.is_none() && self.score.is_none()
    }

    fn says_poor(&self) -> bool {
        self.rating == Some(QoeRating::Poor)
    }

    /// Returns whether it is the whole value of the quality field `key`. A vague name may mean something else, and
    /// `null` means that there is no quality.
    fn is_readable_as(&self, key: &str, value: &Value) -> bool {
        let is_score = key.to_ascii_lowercase().ends_with("score") || key == "mos";
        let is_word = || self.rating.as_ref().is_some_and(|rating| !rating.is_unknown());
        match value {
            _ if VAGUE_KEYS.contains(&key) => true,
            Value::Null => true,
            Value::String(_) if is_score => self.score.is_some() || is_word(),
            _ => !self.is_empty(),
        }
    }

    /// Returns the quality without an unknown word.
    fn known(mut self) -> Self {
        self.rating = self.rating.filter(|rating| !rating.is_unknown());
        self
    }

    /// Adds the quality below `key`. Of two words the poor one counts, else the first; of two scores the lower one on
    /// the scale.
    fn join(&mut self, other: Self, key: &str) {
        if other.is_empty() {
            return;
        }
        let is_vague = VAGUE_KEYS.contains(&key) || other.is_vague;
        self.is_vague = is_vague && (self.is_empty() || self.is_vague);
        let takes_word =
            other.rating.is_some() && (self.rating.is_none() || (other.says_poor() && !self.says_poor()));
        let takes_score = other.score.is_some_and(|new| match self.score {
            None => true,
            Some(known) => SCALE.contains(&new) && (!SCALE.contains(&known) || new < known),
        });
        if takes_word || (takes_score && self.rating.is_none()) {
            self.at = join(key, &other.at);
        }
        if takes_word {
            self.rating = other.rating;
        }
        if takes_score {
            self.score = other.score;
        }
    }

    fn into_found(self, name: &str, place: &Place<'_>, is_certain: bool) -> Found {
        let class = TrafficClassQoe {
            name: name.to_owned(),
            rating: self.rating.clone(),
            score: self.score,
            path: join(&place.path(), &self.at),
        };
        Found { class, is_certain, quality: self }
    }
}

/// The fields of an object beside its qualities.
#[derive(Default)]
struct Rest {
    /// The quality in containers that are not a class, which is a detail of the class around them.
    detail: Quality,
    /// The number of unreadable qualities.
    qualities: usize,
    /// Whether a field is a class by its name.
    has_class: bool,
    /// Whether a field is an object that is a class.
    has_object: bool,
    /// The number of fields that may be classes and were not read as such.
    entries: usize,
}

/// The name of a class that an object itself has. Anything may have a `name`, a home as well as a class: it counts
/// only in a list or a container of classes, or if the field of the object has the same name.
enum Given<'a> {
    None,
    /// The name, and whether only classes have such a field.
    Class(&'a str, bool),
    /// The name of something else.
    Other,
}

impl<'a> Given<'a> {
    fn of(object: &'a Map<String, Value>, place: &Place<'_>) -> Self {
        let Some((key, name)) = NAME_KEYS.iter().find_map(|key| Some((*key, name_in(object, key)?))) else {
            return Self::None;
        };
        if key != "name" {
            return Self::Class(name, true);
        }
        let is_other = OTHER_CONTAINERS.iter().any(|known| is_word(name, known));
        match place.step {
            _ if place.in_class_container => Self::Class(name, false),
            Step::Index(_) if !is_other => Self::Class(name, false),
            Step::Key(key) if !is_container(key) && is_word(name, key) => Self::Class(name, false),
            _ => Self::Other,
        }
    }
}

#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    unreadable: usize,
}

impl Walk {
    /// Notes the classes in a value, and returns its quality for the object around it.
    fn visit(&mut self, value: &Value, place: &Place<'_>) -> Quality {
        #[cfg(test)]
        testkit::linear::step(1);
        let before = (self.found.len(), self.unreadable);
        let quality = match value {
            Value::Array(_) | Value::Object(_) if place.depth > MAX_DEPTH => {
                self.unreadable += 1;
                Quality::default()
            }
            Value::Array(items) => self.array(items, place),
            Value::Object(object) if object.contains_key(UNREADABLE) => {
                self.unreadable += 1;
                Quality::default()
            }
            Value::Object(object) => self.object(object, place),
            other => self.scalar(other, place),
        };
        let is_empty = match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        };
        if place.is_class_container() && !is_empty && before == (self.found.len(), self.unreadable) {
            self.unreadable += 1;
        }
        quality
    }

    fn array(&mut self, items: &[Value], place: &Place<'_>) -> Quality {
        let before = self.found.len();
        let mut quality = Quality::default();
        let mut without_class = 0;
        for (index, item) in items.iter().enumerate() {
            let known = (self.found.len(), self.unreadable);
            quality.join(self.visit(item, &place.below(Step::Index(index))), "");
            without_class += usize::from(known == (self.found.len(), self.unreadable));
        }
        // Every element beside a class should be a class.
        if self.found.len() > before {
            self.unreadable += without_class;
        }
        quality
    }

    fn object(&mut self, object: &Map<String, Value>, place: &Place<'_>) -> Quality {
        let before = self.found.len();
        let mut qualities = Vec::new();
        let mut rest = Rest::default();
        let given = Given::of(object, place);
        let is_class =
            matches!(given, Given::Class(_, true)) || (place.in_class_container && place.name().is_some());
        for (key, item) in object {
            let known = (self.found.len(), self.unreadable);
            let mut below = place.below(Step::Key(key));
            below.in_class |= is_class;
            let inner = self.visit(item, &below);
            let is_new = known != (self.found.len(), self.unreadable);
            if let Some(rank) = QUALITY_KEYS.iter().position(|known| known == key) {
                rest.qualities += usize::from(!is_new && !inner.is_readable_as(key, item));
                if !inner.is_empty() {
                    qualities.push((rank, inner));
                }
            } else if is_container(key) && (item.is_object() || item.is_array()) {
                rest.has_class |= is_new && below.in_class_container;
                rest.detail.join(inner.known(), key);
            } else if let Some(name) = below.name() {
                if is_new {
                    rest.has_class |= below.in_class_container || item.is_string();
                    let new = self.found.get(known.0..).unwrap_or_default();
                    rest.has_object |=
                        item.as_object().is_some_and(|object| match Given::of(object, &below) {
                            Given::Class(own, _) => new.iter().any(|found| found.class.name == own),
                            Given::None => new.iter().any(|found| found.class.name == name),
                            Given::Other => false,
                        });
                } else if is_about_answer(key) {
                    // Not a class.
                } else if below.in_class_container && inner.score.is_some_and(|score| SCALE.contains(&score))
                {
                    // `{"trafficClasses": {"video": 1.2}}`
                    self.found.push(inner.into_found(name, &below, true));
                    rest.has_class = true;
                } else {
                    rest.entries += usize::from(may_be_class(item, &below));
                }
            }
        }
        qualities.sort_by_key(|(rank, _)| *rank);
        let mut quality = Quality::default();
        for (rank, inner) in qualities {
            quality.join(inner, QUALITY_KEYS.get(rank).copied().unwrap_or_default());
        }

        // Every field beside an object that is a class should be a class, unless they are details of one.
        let is_detail = place.in_class || is_class || (place.name().is_some() && !quality.is_empty());
        let has_class = rest.has_class || (rest.has_object && !is_detail);
        if !matches!(given, Given::Class(..)) && has_class {
            self.unreadable += rest.entries;
        }
        let (name, own) = match given {
            Given::Class(name, is_certain) => (Some(name), Some(is_certain)),
            Given::None => (place.name(), None),
            Given::Other => (None, None),
        };
        let Some(name) = name else {
            // It may be a class whose name differs from its field.
            let is_quality = !quality.is_empty() && (!quality.is_vague || quality.says_poor());
            self.unreadable += usize::from(is_quality && place.name().is_some());
            if !matches!(place.step, Step::Key(key) if QUALITY_KEYS.contains(&key)) {
                self.is_container(&quality, before);
            }
            return quality;
        };
        if own.is_some() || place.in_class_container {
            quality.join(rest.detail, "");
            self.unreadable += if quality.is_empty() { 0 } else { rest.qualities };
        }
        if place.in_class_container || own == Some(true) {
            self.certain(name, quality, place, before);
        } else {
            self.possible(name, quality, place, before, own.is_some());
        }
        Quality::default()
    }

    /// Notes an object that is a class. Possible classes below it are details of its quality.
    fn certain(&mut self, name: &str, mut quality: Quality, place: &Place<'_>, before: usize) {
        let below = self.found.split_off(before);
        for found in below {
            if found.is_certain {
                self.found.push(found);
            } else {
                quality.join(found.quality, "");
            }
        }
        if !quality.is_empty() || self.found.len() == before {
            self.found.push(quality.into_found(name, place, true));
        }
    }

    /// Notes an object that may be a class or a container.
    fn possible(
        &mut self,
        name: &str,
        quality: Quality,
        place: &Place<'_>,
        before: usize,
        has_own_name: bool,
    ) {
        if self.is_container(&quality, before) {
            return;
        }
        if quality.is_empty() {
            if self.found.len() == before && has_own_name {
                self.found.push(quality.into_found(name, place, false));
            }
        } else if has_own_name || !quality.is_vague || quality.says_poor() {
            self.found.push(quality.into_found(name, place, false));
        }
    }

    /// Returns whether there are certain classes below. A container that is poor by its own word contains a poor
    /// class; if there is none, something could not be read.
    fn is_container(&mut self, quality: &Quality, before: usize) -> bool {
        let below = self.found.get(before..).unwrap_or_default();
        if !below.iter().any(|found| found.is_certain) {
            return false;
        }
        let is_explained = below.iter().any(|found| found.quality.says_poor());
        self.unreadable += usize::from(quality.says_poor() && !is_explained);
        true
    }

    fn scalar(&mut self, value: &Value, place: &Place<'_>) -> Quality {
        let quality = match value {
            Value::Number(number) => Quality { score: number.as_f64(), ..Quality::default() },
            // Here too, numbers are sent as numbers or as text.
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Quality { score: Some(number), ..Quality::default() },
                _ if text.trim().is_empty() => Quality::default(),
                _ => Quality { rating: Some(QoeRating::from(text.as_str())), ..Quality::default() },
            },
            _ => Quality::default(),
        };
        // `{"video": "poor"}`: only a known word shows that the field is a class.
        if let (Some(name), Value::String(word)) = (place.name(), value)
            && BARE_WORDS.iter().any(|known| is_word(word, known))
        {
            self.found.push(quality.into_found(name, place, place.in_class_container));
            return Quality::default();
        }
        quality
    }
}

/// Returns whether a value that was not read as a class may be one. An id or a time may not, and neither may an
/// object with another name than its field.
fn may_be_class(value: &Value, place: &Place<'_>) -> bool {
    match value {
        _ if place.in_class_container => true,
        Value::String(text) => looks_like_word(text) || text.trim().parse::<f64>().is_ok(),
        Value::Object(object) => !matches!(Given::of(object, place), Given::Other),
        _ => true,
    }
}

/// Returns whether a text can be a quality, and is not an id, time, address, sentence or constant like `lastHour`.
fn looks_like_word(text: &str) -> bool {
    let next = text.chars().skip(1);
    (1..=MAX_WORDS).contains(&text.split_whitespace().count())
        && text.chars().all(|char| char.is_alphabetic() || matches!(char, ' ' | '_' | '-'))
        && !text.chars().zip(next).any(|(char, next)| char.is_lowercase() && next.is_uppercase())
}

fn name_in<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().filter(|name| !name.trim().is_empty())
}
