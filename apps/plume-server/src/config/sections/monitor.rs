//! The sections `keys`, `policies` and `sla`.

use std::{fs, path::PathBuf};

use plume::monitor::{monitor::Policies, sla::SlaPolicy};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::config::sections::routes::check_routes;
use crate::config::values::Values;
use crate::json::parse;

/// Reads the file of the keys that seal secrets; `None` for the default beside the database.
pub(in crate::config) fn keys(values: &mut Values) -> Option<PathBuf> {
    values.take("keys.file")
}

/// Reads the policies of the monitor from the JSON file that a key names.
pub(in crate::config) fn policies(values: &mut Values) -> Policies {
    document::<Policies>(values, "policies.file", "policies", check_routes)
}

/// Reads the terms of the service level from the JSON file that a key names.
pub(in crate::config) fn sla(values: &mut Values) -> SlaPolicy {
    document::<SlaPolicy>(values, "sla.file", "terms", |_| Vec::new())
}

/// Reads the JSON file that a key names; the default without one.
fn document<T: DeserializeOwned + Serialize + Default>(
    values: &mut Values,
    key: &str,
    what: &str,
    check: fn(&Value) -> Vec<(String, String)>,
) -> T {
    let Some(path) = values.take::<PathBuf>(key) else { return T::default() };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            values.report(key, &format!("names a file that cannot be read: {}: {error}", path.display()));
            return T::default();
        }
    };
    let (value, problems) = parse(&text, &path, check);
    for problem in problems {
        values.report(key, &format!("names invalid {what}: {problem}"));
    }
    value
}
