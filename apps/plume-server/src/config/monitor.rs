//! The sections `keys` and `policies`.

use std::{fs, path::PathBuf};

use plume::monitor::monitor::Policies;

use crate::config::values::Values;

const POLICIES: &str = "policies.file";

/// Reads the file of the keys that seal secrets; `None` for the default beside the database.
pub(super) fn keys(values: &mut Values) -> Option<PathBuf> {
    values.take("keys.file")
}

/// Reads the policies of the monitor from the JSON file that a key names.
pub(super) fn policies(values: &mut Values) -> Policies {
    let Some(path) = values.take::<PathBuf>(POLICIES) else { return Policies::default() };
    let read =
        fs::read_to_string(&path).map_err(|error| format!("failed to read {}: {error}", path.display()));
    let policies = read.and_then(|text| {
        let parsed: Result<Policies, _> = serde_json::from_str(&text);
        parsed.map_err(|error| format!("{}: {error}", path.display()))
    });
    policies.unwrap_or_else(|problem| {
        values.report(POLICIES, &format!("names invalid policies: {problem}"));
        Policies::default()
    })
}
