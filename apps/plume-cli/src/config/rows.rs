//! Rows about settings and profiles.

use serde::Serialize;

/// A setting with its origin.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    /// The variable that overrides the file.
    pub(crate) variable: Option<&'static str>,
    /// The value, with `[redacted]` for secrets; `None` if it is not set.
    pub(crate) value: Option<String>,
    pub(crate) origin: Option<String>,
    /// The origin for a narrow screen: `config` names the file.
    #[serde(skip)]
    pub(crate) short_origin: Option<String>,
}

/// A profile of the file.
#[derive(Debug, Serialize)]
pub(crate) struct ProfileRow {
    pub(crate) name: String,
    /// Whether commands use it unless another one is named.
    pub(crate) is_default: bool,
    pub(crate) partner_id: Option<String>,
    pub(crate) api_base: Option<String>,
    /// The place of the credential.
    pub(crate) credential: Option<String>,
}
