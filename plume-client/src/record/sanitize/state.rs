//! Sanitizes JSON and texts, and restores them.

use std::collections::HashMap;

use plume_runtime::is_loopback_host;
use serde_json::{Map, Number, Value};

use crate::record::sanitize::fields::{self, Treatment};
use crate::record::sanitize::pseudonyms::{Form, Pseudonyms};
use crate::record::sanitize::shapes::{self, Depth, Shape};
use crate::record::sanitize::words;
use crate::record::wire::{self, Part};

/// Replaces every secret.
pub(super) const MARKER: &str = "[redacted]";

/// The domain of the vendor's clouds.
const VENDOR: &str = "plume.com";
/// The number of names whose treatments are kept: some reports use ids as names.
const MOST_NAMES: usize = 2048;
/// Smallest number in an id field that counts as an identity.
const LARGE: u64 = 1_000_000;

/// Where a value is.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    treatment: Treatment,
    label: &'static str,
}

/// The pseudonyms of a sanitizer and the rules that use them.
pub(super) struct State {
    pub(super) pseudonyms: Pseudonyms,
    /// Whether identities are replaced. Secrets are replaced in any case.
    pub(super) identities: bool,
    /// The treatments of names that do not depend on other fields.
    treatments: HashMap<String, Treatment>,
    /// The number of texts that were searched for names.
    texts: u64,
}

impl State {
    pub(super) fn new(pseudonyms: Pseudonyms, identities: bool) -> Self {
        Self { pseudonyms, identities, treatments: HashMap::new(), texts: 0 }
    }

    /// Sanitizes a document.
    pub(super) fn document(&mut self, value: &mut Value) {
        let whole = Place { name: "", treatment: Treatment::Unknown, label: "Home" };
        let mut first = value.clone();
        self.texts = 0;
        self.value(&mut first, whole);
        if self.texts == 0 {
            *value = first;
        } else {
            // The first pass found the names of the document, so the second one finds them in its texts.
            self.value(value, whole);
        }
    }

    /// Sanitizes the value of one field.
    pub(super) fn field(&mut self, name: &str, text: &str) -> String {
        let treatment = fields::treatment(name, "", &|_| false);
        self.text(text, Place { name, treatment, label: "Home" })
    }

    fn value(&mut self, value: &mut Value, place: Place<'_>) {
        match value {
            Value::Object(object) => self.object(object, place),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, place)),
            Value::String(text) => *text = self.text(text, place),
            Value::Number(number) => *number = self.number(number, place.treatment),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, object: &mut Map<String, Value>, place: Place<'_>) {
        let before = std::mem::take(object);
        let has = |name: &str| before.contains_key(name);
        let label = if place.treatment == Treatment::Nickname { place.label } else { fields::label(&has) };
        let treatments: Vec<Treatment> = before
            .keys()
            .map(|name| match self.treatment(name, place.name, &has) {
                Treatment::Unknown if place.treatment.is_inherited() => place.treatment,
                treatment => treatment,
            })
            .collect();
        for ((name, mut value), treatment) in before.into_iter().zip(treatments) {
            self.value(&mut value, Place { name: &name, treatment, label });
            let name = if self.identities { self.key(name) } else { name };
            object.insert(name, value);
        }
    }

    fn treatment(&mut self, name: &str, parent: &str, has: &dyn Fn(&str) -> bool) -> Treatment {
        if let Some(known) = self.treatments.get(name) {
            return *known;
        }
        let treatment = fields::treatment(name, parent, has);
        if !fields::is_contextual(name) && self.treatments.len() < MOST_NAMES {
            self.treatments.insert(name.to_owned(), treatment);
        }
        treatment
    }

    /// Sanitizes the name of a field: some reports use ids as names.
    fn key(&mut self, name: String) -> String {
        match shapes::whole(&name).and_then(Form::of) {
            Some(form) => self.pseudonyms.of(&name, form),
            None => name,
        }
    }

    fn number(&mut self, number: &Number, treatment: Treatment) -> Number {
        let zero =
            || if number.is_f64() { Number::from_f64(0.0).unwrap_or_else(|| 0.into()) } else { 0.into() };
        match (treatment, number.as_u64()) {
            (Treatment::Secret, _) => zero(),
            _ if !self.identities => number.clone(),
            (Treatment::Geo, _) => zero(),
            (Treatment::Id, Some(id)) if id < LARGE => number.clone(),
            (Treatment::Id | Treatment::Opaque | Treatment::Phone, Some(id)) => {
                let digits = self.pseudonyms.of(&id.to_string(), Form::Like);
                digits.parse::<u64>().map_or_else(|_| zero(), Number::from)
            }
            _ => number.clone(),
        }
    }

    fn text(&mut self, text: &str, place: Place<'_>) -> String {
        if text.trim().is_empty() {
            return text.to_owned();
        }
        if place.treatment == Treatment::Secret {
            return MARKER.to_owned();
        }
        if place.treatment == Treatment::Json
            && let Ok(mut json) = serde_json::from_str::<Value>(text)
        {
            self.value(&mut json, Place { treatment: Treatment::Unknown, ..place });
            return json.to_string();
        }
        if !self.identities {
            return self.scan(text, Depth::Certain, false);
        }
        match place.treatment {
            // Most texts of the API are times.
            Treatment::Keep if is_plain(text) => text.to_owned(),
            Treatment::Keep => self.scan(text, Depth::Certain, false),
            Treatment::Message | Treatment::Json => {
                self.texts += 1;
                self.scan(text, Depth::All, true)
            }
            Treatment::Url => self.url(text),
            treatment => self.identity(text, treatment, place.label),
        }
    }

    /// Sanitizes a value that is an identity as a whole.
    fn identity(&mut self, text: &str, treatment: Treatment, label: &'static str) -> String {
        if let Some(known) = self.pseudonyms.known(text) {
            return known;
        }
        let shape = match shapes::whole(text) {
            Some(Shape::Secret) => return MARKER.to_owned(),
            // A mask is not an address.
            Some(Shape::Ipv4) if text.starts_with("255.") || text == "0.0.0.0" => return text.to_owned(),
            Some(Shape::Serial) | None => None,
            Some(shape) => Form::of(shape),
        };
        // A MAC address without separators and letters is a number anywhere else.
        let bare = (treatment == Treatment::Id && shapes::bare_mac(text).is_some()).then_some(Form::Mac);
        if let Some(form) = shape.or(bare) {
            return self.pseudonyms.of(text, form);
        }
        let is_word = words::is_word(text);
        let form = match treatment {
            Treatment::Opaque => Form::Like,
            Treatment::Phone => Form::Phone,
            Treatment::Host => Form::Host,
            Treatment::Id if is_word || !has_digit(text) || is_small(text) => return text.to_owned(),
            Treatment::Id => Form::Like,
            Treatment::Geo if text.parse::<f64>().is_ok() => return "0".to_owned(),
            Treatment::Geo => Form::Name("Place"),
            _ if is_word => return text.to_owned(),
            Treatment::Name(word) => Form::Name(word),
            Treatment::Nickname => Form::Name(label),
            _ if is_plain(text) => return text.to_owned(),
            _ if shapes::whole(text) == Some(Shape::Serial) || is_number(text) => Form::Like,
            _ => Form::Name("Text"),
        };
        self.pseudonyms.of(text, form)
    }

    /// Sanitizes a URL, or a path with its query.
    pub(super) fn url(&mut self, url: &str) -> String {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
        let (origin, path) = match url.split_once("://") {
            Some((scheme, rest)) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at(end);
                (format!("{scheme}://{}", self.authority(authority)), path)
            }
            None => (String::new(), url),
        };
        let query = query.map(|query| {
            let pairs = self.query(query);
            format!("?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
        });
        format!("{origin}{}{}", self.path(path), query.unwrap_or_default())
    }

    /// Sanitizes host and port. The hosts of the vendor and of this machine are kept.
    fn authority(&mut self, authority: &str) -> String {
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if is_number(port) => (host, format!(":{port}")),
            _ => (authority, String::new()),
        };
        let vendor = host == VENDOR || host.strip_suffix(VENDOR).is_some_and(|rest| rest.ends_with('.'));
        if !self.identities || vendor || is_loopback_host(host) {
            return format!("{host}{port}");
        }
        format!("{}{port}", self.pseudonyms.of(host, Form::Host))
    }

    /// Sanitizes a path.
    pub(super) fn path(&mut self, path: &str) -> String {
        if !self.identities {
            return path.to_owned();
        }
        let segments = wire::segments(path);
        let placeholders = wire::placeholders(&segments);
        let sanitized = segments.iter().zip(placeholders).map(|(segment, placeholder)| match placeholder {
            Part::Fixed => segment.clone(),
            Part::Placeholder(name) => self.field(name, segment),
            Part::Unknown => self.identity(segment, Treatment::Opaque, "Home"),
        });
        sanitized.map(|segment| wire::encoded(&segment)).collect::<Vec<_>>().join("/")
    }

    /// Sanitizes the parameters of a query.
    pub(super) fn query(&mut self, query: &str) -> Vec<(String, String)> {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.map(|(name, value)| (name.clone().into_owned(), self.field(&name, &value))).collect()
    }

    /// Replaces identities inside a text.
    pub(super) fn scan(&mut self, text: &str, depth: Depth, names: bool) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        let mut in_word = false;
        while let Some(character) = rest.chars().next() {
            let mut taken = character.len_utf8();
            if character.is_alphanumeric() && !in_word {
                let (length, replacement) = self.at_word(rest, depth, names);
                taken = length;
                match replacement {
                    Some(replacement) => clean.push_str(&replacement),
                    None => clean.push_str(rest.get(..taken).unwrap_or_default()),
                }
                in_word = clean.ends_with(char::is_alphanumeric);
            } else {
                clean.push(character);
                in_word = character.is_alphanumeric();
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        clean
    }

    /// Returns how much of the start of `text`, the start of a word, is replaced, and by what.
    fn at_word(&mut self, text: &str, depth: Depth, names: bool) -> (usize, Option<String>) {
        let word = shapes::word(text);
        let shape = shapes::at_start(text, depth);
        if let Some((Shape::Secret, length)) = shape {
            let scheme = text.get(..length).and_then(|text| text.split_once(' '));
            let marker = scheme.map_or_else(|| MARKER.to_owned(), |(scheme, _)| format!("{scheme} {MARKER}"));
            return (length, Some(marker));
        }
        if !self.identities {
            return (word, None);
        }
        let known = if names { self.pseudonyms.known_at(text) } else { None };
        // A word of the API is kept in a text, even if it is also a name.
        let known = known.filter(|(length, _)| !text.get(..*length).is_some_and(words::is_word));
        if let Some((length, replacement)) = known
            && shape.is_none_or(|(_, shaped)| shaped <= length)
        {
            return (length, Some(replacement));
        }
        if let Some((shape, length)) = shape
            && let (Some(form), Some(found)) = (Form::of(shape), text.get(..length))
        {
            return (length, Some(self.pseudonyms.of(found, form)));
        }
        // A MAC address of digits only is found if it was seen before.
        let bare = text.get(..word).filter(|bare| bare.len() == 12 && shapes::bare_mac(bare).is_some());
        (word, bare.and_then(|bare| self.pseudonyms.known(bare)))
    }

    /// Puts the originals back into a text.
    pub(super) fn restored(&self, text: &str) -> String {
        if let Some(original) = self.pseudonyms.original(text) {
            return original;
        }
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let mut taken = character.len_utf8();
            let before = restored.ends_with(char::is_alphanumeric);
            if character.is_alphanumeric() && !before {
                let shaped = shapes::at_start(rest, Depth::All)
                    .and_then(|(_, length)| Some((length, self.pseudonyms.original(rest.get(..length)?)?)));
                match shaped.or_else(|| self.pseudonyms.original_at(rest)) {
                    Some((length, original)) => {
                        restored.push_str(&original);
                        taken = length;
                    }
                    None => {
                        taken = shapes::word(rest);
                        restored.push_str(rest.get(..taken).unwrap_or_default());
                    }
                }
            } else {
                restored.push(character);
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        restored
    }

    /// Puts the originals back into a path with its query.
    pub(super) fn restored_target(&self, target: &str) -> String {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let segments = wire::segments(path);
        let path = segments.iter().map(|segment| wire::encoded(&self.restored(segment)));
        let mut restored = path.collect::<Vec<_>>().join("/");
        if let Some(query) = query {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let pairs = pairs.map(|(name, value)| (name.into_owned(), self.restored_parameter(&value)));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            restored = format!("{restored}?{query}");
        }
        restored
    }

    fn restored_parameter(&self, value: &str) -> String {
        match serde_json::from_str::<Value>(value) {
            Ok(mut json @ (Value::Object(_) | Value::Array(_))) => {
                self.restore(&mut json);
                json.to_string()
            }
            _ => self.restored(value),
        }
    }

    /// Puts the originals back into a document.
    pub(super) fn restore(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (name, mut value) in std::mem::take(object) {
                    self.restore(&mut value);
                    object.insert(self.pseudonyms.original(&name).unwrap_or(name), value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::String(text) => *text = self.restored(text),
            Value::Number(number) => {
                let original = self.pseudonyms.original(&number.to_string());
                if let Some(original) = original.and_then(|original| original.parse::<u64>().ok()) {
                    *number = original.into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_small(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|number| number < LARGE)
}

/// Returns whether a text is a time, a version or a small number.
fn is_plain(text: &str) -> bool {
    if is_number(text) {
        // Seconds and milliseconds since 1970.
        return text.len() < 7 || (matches!(text.len(), 10 | 13) && text.starts_with('1'));
    }
    let is_part = |byte: u8| byte.is_ascii_digit() || b".:-+TZ, ".contains(&byte);
    // A phone number has no letter, and more digits than a version.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(is_part)
        && (digits < 7 || (text.contains('-') && text.contains(':')) || is_date(text))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [4, 2, 2]
}
