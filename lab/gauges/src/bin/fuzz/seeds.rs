//! Small pieces of the sample bodies, with the positions of their parts.

use std::{fs, ops::Range, path::Path};

use serde_json::{Map, Value};

/// The directory of the samples, relative to the root of the workspace.
const BODIES: &str = "plume-types/tests/bodies";
/// Fields that an element requires. Every piece keeps them.
const KEYS: [&str; 8] =
    ["id", "mac", "serialNumber", "customerId", "nodes", "devices", "wifiNetwork", "networks"];

/// One piece of a body.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seed {
    pub(crate) text: Vec<u8>,
    /// The ranges of values.
    pub(crate) values: Vec<Range<usize>>,
    /// The ranges of field names, without the quotes.
    pub(crate) keys: Vec<Range<usize>>,
    /// The ranges of fields with their commas, and of elements of arrays.
    pub(crate) members: Vec<Range<usize>>,
}

impl Seed {
    /// A piece without known structure.
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: text.as_bytes().to_vec(), ..Self::default() }
    }

    pub(crate) fn json(value: &Value) -> Self {
        let mut seed = Self::default();
        seed.write(value);
        seed
    }

    fn write(&mut self, value: &Value) {
        let start = self.text.len();
        match value {
            Value::Object(object) => {
                self.text.push(b'{');
                for (index, (key, child)) in object.iter().enumerate() {
                    let member = self.text.len();
                    if index > 0 {
                        self.text.push(b',');
                    }
                    let name = self.text.len();
                    self.text.extend(Value::from(key.as_str()).to_string().into_bytes());
                    self.keys.push(name + 1..self.text.len() - 1);
                    self.text.push(b':');
                    self.write(child);
                    self.members.push(member..self.text.len());
                }
                self.text.push(b'}');
            }
            Value::Array(items) => {
                self.text.push(b'[');
                for (index, child) in items.iter().enumerate() {
                    let member = self.text.len();
                    if index > 0 {
                        self.text.push(b',');
                    }
                    self.write(child);
                    self.members.push(member..self.text.len());
                }
                self.text.push(b']');
            }
            scalar => self.text.extend(scalar.to_string().into_bytes()),
        }
        self.values.push(start..self.text.len());
    }
}

/// A complete sample.
pub(crate) fn body(name: &str) -> Result<Value, String> {
    let path = Path::new(BODIES).join(format!("{name}.json"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A sample cut into pieces that together contain each of its fields.
pub(crate) fn pieces(name: &str) -> Result<Vec<Seed>, String> {
    let body = body(name)?;
    let mut texts: Vec<Value> = (0..24).map(|offset| cut(&body, offset, 0)).collect();
    texts.sort_by_key(ToString::to_string);
    texts.dedup();
    Ok(texts.iter().map(Seed::json).collect())
}

/// The fields from number `offset` on, fewer with each level of nesting.
fn cut(value: &Value, offset: usize, depth: usize) -> Value {
    let most = if depth < 2 { 2 } else { 1 };
    match value {
        Value::Object(object) => {
            let is_kept = |key: &str| depth < 3 && KEYS.contains(&key);
            let mut kept = Map::new();
            for (key, child) in object.iter().filter(|(key, _)| is_kept(key)) {
                kept.insert(key.clone(), cut(child, offset, depth + 1));
            }
            let others: Vec<_> = object.iter().filter(|(key, _)| !is_kept(key)).collect();
            for (key, child) in others.iter().cycle().skip(offset * most).take(most.min(others.len())) {
                kept.insert((*key).clone(), cut(child, offset, depth + 1));
            }
            Value::Object(kept)
        }
        Value::Array(items) => {
            let item = items.get(offset % items.len().max(1));
            item.map(|item| cut(item, offset, depth + 1)).into_iter().collect()
        }
        Value::String(text) => Value::from(text.chars().take(40).collect::<String>()),
        scalar => scalar.clone(),
    }
}
