//! Settings as a part of a configuration file.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use crate::client::settings::account::Settings;
use crate::client::settings::error::SettingsError;
use crate::client::settings::names::{AUTH_HEADER, READ};

/// Returns the keys, each the name of a variable in lower case and without its prefix.
fn keys() -> impl Iterator<Item = (String, String)> {
    // First, because it begins with the name of another one.
    let file = format!("{AUTH_HEADER}_FILE");
    std::iter::once(file).chain(READ.iter().map(|name| (*name).to_owned())).map(|name| {
        let key = name.trim_start_matches("PLUME_").to_ascii_lowercase();
        (key, name)
    })
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

/// A value of any type, so that no error repeats it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Other(IgnoredAny),
}

impl<'de> Visitor<'de> for Keys {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut variables = BTreeMap::new();
        let mut problems = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value: Given = map.next_value()?;
            match (keys().find(|(known, _)| *known == key), value) {
                (Some((_, name)), Given::Text(_)) if variables.contains_key(&name) => {
                    problems.push(format!("`{key}` is set twice"));
                }
                (Some((_, name)), Given::Text(text)) => {
                    variables.insert(name, text);
                }
                (Some(_), Given::Other(_)) => problems.push(format!("`{key}` must be a string")),
                (None, _) => problems.push(unknown(&key)),
            }
        }
        if problems.is_empty() {
            match Settings::from_variables(variables) {
                Ok(settings) => return Ok(settings),
                Err(error) => problems.extend(error.problems().map(with_keys)),
            }
        }
        Err(A::Error::custom(SettingsError::new(problems, true)))
    }
}

fn unknown(key: &str) -> String {
    const MAX_TYPOS: usize = 4;
    let nearest = keys().map(|(known, _)| (plume_text::distance(key, &known), known)).min();
    match nearest.filter(|(distance, _)| *distance <= MAX_TYPOS) {
        Some((_, known)) => format!("unknown setting `{key}`; did you mean `{known}`?"),
        None => format!("unknown setting `{key}`"),
    }
}

/// Returns a problem with the keys of a file in place of the names of variables.
fn with_keys(problem: &str) -> String {
    keys().fold(problem.to_owned(), |text, (key, name)| text.replace(&name, &format!("`{key}`")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn file() -> Value {
        json!({
            "sso_url": "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token",
            "auth_header": "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==",
            "partner_id": "5e00000000000000000000aa",
            "api_base": "https://cloud.example.net/api",
        })
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Result<Settings, String> {
        let mut file = file();
        change(&mut file);
        serde_json::from_value(file).map_err(|error: serde_json::Error| error.to_string())
    }

    #[test]
    fn file_and_environment_give_equal_settings() {
        let settings = changed(|_| {}).unwrap();
        let variables = file();
        let variables = variables.as_object().unwrap().iter().map(|(key, value)| {
            (format!("PLUME_{}", key.to_uppercase()), value.as_str().unwrap().to_owned())
        });
        let same = Settings::from_variables(variables).unwrap();
        assert_eq!(format!("{settings:?}"), format!("{same:?}"));
        assert!(!format!("{settings:?}").contains("MG9h"));
    }

    #[test]
    fn problems_are_named_by_key_and_repeat_no_value() {
        for (change, expected) in [
            (json!({"api_baes": "x"}), "unknown setting `api_baes`; did you mean `api_base`?"),
            (json!({"colour": "x"}), "unknown setting `colour`"),
            (json!({"auth_header": 4711}), "`auth_header` must be a string"),
            (json!({"api_base": ""}), "`api_base` is not set; set it to the API's base URL, https://…/api"),
            (
                json!({"auth_header_file": "not-a-secret"}),
                "`auth_header` and `auth_header_file` are both set; unset one of them",
            ),
        ] {
            let error = changed(|file| {
                file.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            });
            assert_eq!(error.unwrap_err(), expected);
        }
        let twice = serde_json::from_str::<Settings>(r#"{"api_base": "a", "api_base": "b"}"#).unwrap_err();
        assert!(twice.to_string().starts_with("`api_base` is set twice"), "{twice}");
    }
}
