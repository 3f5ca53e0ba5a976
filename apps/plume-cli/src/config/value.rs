//! The keys of settings, and values with their origins.

use std::{fmt, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::failure::nearest;

/// The keys of a profile, and the variables that override them.
pub(super) const KEYS: [(&str, Option<&str>); 11] = [
    ("sso_url", Some("PLUME_SSO_URL")),
    ("auth_header", Some("PLUME_AUTH_HEADER")),
    ("auth_header_file", Some("PLUME_AUTH_HEADER_FILE")),
    ("partner_id", Some("PLUME_PARTNER_ID")),
    ("api_base", Some("PLUME_API_BASE")),
    ("reports_base", Some("PLUME_REPORTS_BASE")),
    ("lte_base", Some("PLUME_LTE_BASE")),
    ("proxy", Some("PLUME_PROXY")),
    ("extra_roots", Some("PLUME_EXTRA_ROOTS")),
    ("customer_id", None),
    ("location_id", None),
];

/// A setting and its origin. The value may be a secret.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: SecretString,
    pub(super) origin: Origin,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[from {}]", self.origin)
    }
}

/// The place that a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Variable(&'static str),
    File {
        path: PathBuf,
        line: usize,
    },
    /// The sealed store.
    Store(PathBuf),
    Option(&'static str),
    Demo,
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Store(directory) => write!(f, "credential store {}", directory.display()),
            Self::Option(name) => f.write_str(name),
            Self::Demo => f.write_str("--demo"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Origin {
    /// The text without the directory of a file.
    pub(super) fn short(&self) -> String {
        match self {
            Self::File { path, line } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("{}:{line}", name.to_string_lossy())
            }
            Self::Store(_) => "credential store".to_owned(),
            other => other.to_string(),
        }
    }
}

impl Value {
    /// The value of a key without its secrets.
    pub(super) fn shown(&self, key: &str) -> String {
        let text = self.text.expose_secret();
        match key {
            "auth_header" => "[redacted]".to_owned(),
            "auth_header_file" | "extra_roots" => text.to_owned(),
            // A URL may have a user name and password, also without a scheme.
            _ => match text.rsplit_once('@') {
                Some((before, host)) => {
                    let scheme = before.split_once("://").map(|(scheme, _)| scheme);
                    match scheme.filter(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
                        Some(scheme) => format!("{scheme}://[redacted]@{host}"),
                        None => format!("[redacted]@{host}"),
                    }
                }
                None => text.to_owned(),
            },
        }
    }

    pub(super) fn is_of_variable(&self) -> bool {
        matches!(self.origin, Origin::Variable(_))
    }
}

/// The known key for a word, with the nearest one in the error.
pub(super) fn known_key(word: &str) -> Result<&'static str, String> {
    let keys = KEYS.iter().map(|(key, _)| *key);
    keys.clone().find(|key| *key == word).ok_or_else(|| match nearest(word, keys) {
        Some(key) => format!("unknown key `{word}`; did you mean `{key}`?"),
        None => format!("unknown key `{word}`"),
    })
}
