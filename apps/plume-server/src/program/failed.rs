//! The reasons why the program ends.

use std::{io, net::SocketAddr, path::PathBuf};

use plume::SettingsError;

use crate::access::audit::Broken;
use crate::config::in_keys;
use crate::store::StoreError;

/// The reason why the program could not start or continue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failed {
    /// The address is in use, or not one of this machine.
    #[error("failed to listen on {address}: {source}")]
    Listen {
        /// The key of the address.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// Other machines reach the address, and the dashboard has no sign-in.
    #[error("refused to show the dashboard on {address}: other machines reach it, and there is no sign-in")]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// Other machines reach the address, and browsers may reach it without https.
    #[error("refused to offer sign-in on {address}: other machines reach it, and `public_url` is not set")]
    Plain {
        /// The address.
        address: SocketAddr,
    },
    /// The listener failed.
    #[error("failed to serve: {0}")]
    Serve(#[source] io::Error),
    /// The directory of the data cannot be created.
    #[error("failed to create {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The keys cannot be read or written.
    #[error("failed to read the keys: {0}")]
    Keys(String),
    /// Secrets are sealed with other keys.
    #[error("failed to open secrets with these keys: {}", documents.join(", "))]
    OtherKeys {
        /// Every document, with its tenant.
        documents: Vec<String>,
    },
    /// The file with the homes cannot be read.
    #[error("failed to read the homes of {}:\n  {}", path.display(), problems.join("\n  "))]
    Homes {
        /// The file.
        path: PathBuf,
        /// Every error.
        problems: Vec<String>,
    },
    /// The name of an account is not accepted.
    #[error("refused the name of the account: {0}")]
    Name(&'static str),
    /// An account that exists has the same name in other letters.
    #[error(
        "refused the name of the account: there is the account `{other}`, and capital letters make no other name"
    )]
    Twin {
        /// The account.
        other: String,
    },
    /// A task of the server ended before the request to stop.
    #[error("{name} ended: {cause}")]
    Ended {
        /// The task.
        name: &'static str,
        /// The cause.
        cause: String,
    },
    /// The standard input cannot be read.
    #[error("failed to read the password: {0}")]
    Input(#[source] io::Error),
    /// The password is not accepted.
    #[error("refused the password: {0}")]
    Password(String),
    /// The audit is not the one that was written.
    #[error("the audit was changed: {0}")]
    Audit(Broken),
    /// The database is the backup, and its audit does not say so.
    #[error("restored the database, but failed to record that in its audit: {source}")]
    Restored {
        /// The cause.
        source: Box<Failed>,
    },
    /// There is no section `cloud` in the configuration.
    #[error("there is no section `cloud` in the configuration")]
    NoCloud,
    /// Some homes could not be read from the cloud.
    #[error("failed to import all homes, so none is removed:\n  {}", failures.join("\n  "))]
    Incomplete {
        /// Every failure.
        failures: Vec<String>,
    },
    /// An import would remove too many homes.
    #[error(
        "refused to remove homes with their history: it would be {number}, and the maximum is {limit}; nothing is written"
    )]
    TooMany {
        /// The number of homes.
        number: usize,
        /// The maximum.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client cannot be built.
    #[error("{}", in_keys(&.0.to_string()))]
    Client(#[from] SettingsError),
}

/// The key of the listener of the metrics.
pub(super) const METRICS: &str = "metrics.listen";

impl Failed {
    /// Returns the next step to take, in one line.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Listen { key: METRICS, .. } => Some("Choose another address with `metrics.listen`."),
            Self::Listen { .. } => Some("Choose another address with `listen` or --listen."),
            Self::Exposed { .. } => {
                Some("Configure `sign_in`, or use a loopback address, for example --listen 127.0.0.1:8080.")
            }
            Self::Plain { .. } => Some(
                "Set `public_url` to the https address of the proxy before this server, or listen on a loopback address.",
            ),
            Self::Serve(_) => None,
            Self::Directory { .. } => Some("Choose another directory with `data`."),
            Self::Keys(_) => Some(
                "Check the file that `keys.file` names, or store.key beside the database, and its mode (0600). A copy of it is \
                 needed to open a backup. If it is lost, `plume-server keys forget` removes what only it opens.",
            ),
            Self::OtherKeys { .. } => Some(
                "Put the key file of this database back. If it is lost, `plume-server keys forget` removes what only it opens.",
            ),
            Self::Homes { .. } => Some("Correct the file, or its name."),
            Self::Name(_) => Some("Use letters, digits and the signs `.`, `@`, `_`, `+` and `-`."),
            Self::Twin { .. } => Some(
                "Write it as it is to change its password, or choose another name. `users list` has all accounts.",
            ),
            Self::Ended { .. } => Some("Start the server again, and report the lines before this one."),
            Self::Input(_) | Self::Password(_) => {
                Some("Type it at a terminal, or pass it as the first line of the standard input.")
            }
            Self::Audit(_) => {
                Some("Compare it with a backup, and find out who can write the files of the data.")
            }
            Self::Restored { .. } => {
                Some("Use the key file from the time of the backup, and repeat the command.")
            }
            Self::NoCloud => Some(
                "Set `cloud.sso_url`, `cloud.auth_header_file`, `cloud.partner_id` and `cloud.api_base`. The option --demo \
                 needs none of them.",
            ),
            Self::Incomplete { .. } => Some("Repeat the import later; it changes only what is missing."),
            Self::TooMany { .. } => {
                Some("If the list is complete, pass the number of homes as --remove-at-most.")
            }
            Self::Store(error) => Some(error.help()),
            Self::Client(error) => Some(error.help()),
        }
    }
}
