//! The sections `keys`, `policies` and `sla`.

use std::{fs, path::PathBuf};

use plume::monitor::{monitor::Policies, sla::SlaPolicy};
use serde::de::DeserializeOwned;

use crate::config::values::Values;

/// Reads the file of the keys that seal secrets; `None` for the default beside the database.
pub(in crate::config) fn keys(values: &mut Values) -> Option<PathBuf> {
    values.take("keys.file")
}

/// Reads the policies of the monitor from the JSON file that a key names.
pub(in crate::config) fn policies(values: &mut Values) -> Policies {
    document(values, "policies.file")
}

/// Reads the terms of the service level from the JSON file that a key names.
pub(in crate::config) fn sla(values: &mut Values) -> SlaPolicy {
    document(values, "sla.file")
}

/// Reads the JSON file that a key names; the default without one.
fn document<T: DeserializeOwned + Default>(values: &mut Values, key: &str) -> T {
    let Some(path) = values.take::<PathBuf>(key) else { return T::default() };
    let read =
        fs::read_to_string(&path).map_err(|error| format!("failed to read {}: {error}", path.display()));
    let document = read.and_then(|text| {
        let parsed: Result<T, _> = serde_json::from_str(&text);
        parsed.map_err(|error| format!("{}: {error}", path.display()))
    });
    document.unwrap_or_else(|problem| {
        values.report(key, &format!("names invalid policies: {problem}"));
        T::default()
    })
}
