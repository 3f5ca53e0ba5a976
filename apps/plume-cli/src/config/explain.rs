//! Settings and profiles as rows.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::config::Config;
use crate::config::rows::{ProfileRow, Setting};
use crate::config::value::{KEYS, Value};

impl Config {
    /// Every setting, also those that are not set. A secret that cannot be read counts as not set.
    pub(crate) fn explain(&self) -> Vec<Setting> {
        let stored = self.header().ok().flatten();
        let path = self.path.as_ref().map(|path| path.display().to_string());
        let own = |key, variable, value, origin: Option<String>| {
            let short_origin = origin.clone();
            Setting { key, variable: Some(variable), value, origin, short_origin }
        };
        let mut rows = vec![
            own("config", "PLUME_CONFIG", path, Some(self.origin_of_path())),
            own(
                "profile",
                "PLUME_PROFILE",
                self.profile.as_ref().map(|(name, _)| name.clone()),
                self.profile.as_ref().map(|(_, origin)| origin.short()),
            ),
        ];
        rows.extend(KEYS.iter().map(|(key, variable)| {
            let value = self.values.get(key).or(stored.as_ref().filter(|_| *key == "auth_header"));
            Setting {
                key,
                variable: *variable,
                value: value.map(|value| value.shown(key)),
                origin: value.map(|value| value.origin.to_string()),
                short_origin: value.map(|value| value.origin.short()),
            }
        }));
        rows.push(own("token_store", "PLUME_TOKEN_STORE", Some(self.place.to_string()), self.place.origin()));
        rows.push(own("store_key", "PLUME_STORE_KEY_FILE", Some(self.place.key()), self.place.key_origin()));
        rows
    }

    /// The profiles of the file.
    pub(crate) fn profiles(&self) -> Vec<ProfileRow> {
        let default = self.file.default_profile().map(|(name, _)| name);
        let row = |(name, values): (&String, &BTreeMap<&'static str, Value>)| {
            let text = |key: &str| values.get(key).map(|value| value.text.expose_secret().to_owned());
            let own = ["auth_header", "auth_header_file"].into_iter().find(|key| values.contains_key(key));
            let stored = || match self.place.header(name) {
                Ok(header) => header.map(|_| "store"),
                Err(_) => Some("unreadable"),
            };
            ProfileRow {
                name: name.clone(),
                is_default: default.as_deref() == Some(name),
                partner_id: text("partner_id"),
                api_base: text("api_base"),
                credential: own.or_else(stored).map(str::to_owned),
            }
        };
        self.file.profiles().iter().map(row).collect()
    }

    fn origin_of_path(&self) -> String {
        match self.is_path_named {
            true => "PLUME_CONFIG".to_owned(),
            false => "default".to_owned(),
        }
    }
}
