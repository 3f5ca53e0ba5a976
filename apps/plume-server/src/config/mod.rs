//! The configuration: one TOML file and the environment, read whole, with every error at once.
//!
//! A key such as `cloud.partner_id` has the variable `PLUME_SERVER_CLOUD_PARTNER_ID`, which overrides the file. A secret is
//! never in the file: `NAME_file` names a file with it, and `NAME_env` a variable. A relative path in the file begins at its
//! folder, and one in a variable at the working directory.

mod problem;
mod secret;
mod sections;
mod setting;
mod values;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use plume::{
    Settings,
    monitor::{monitor::Policies, sla::SlaPolicy},
};

use crate::access::SignIn;
use crate::config::sections::{access, cloud, messages, monitor};

pub(crate) use cloud::in_keys;
pub use problem::{Problem, Problems};
pub use secret::Secret;
#[cfg(test)]
pub(crate) use sections::check_routes;
pub use sections::{CHANNEL_ID, Mail, MailTls, Messages, Metrics, Server, is_channel_id};
pub use setting::{Form, Setting};
pub use values::{Origin, PREFIX, Row, Values};

/// The configuration of a run.
#[derive(Debug)]
pub struct Config {
    /// The listener and the place of the data.
    pub server: Server,
    /// The places of the metrics.
    pub metrics: Metrics,
    /// The settings of the client; `None` without a section `cloud`.
    pub cloud: Option<Settings>,
    /// The file of the keys that seal secrets; `None` for the default beside the database.
    pub keys: Option<PathBuf>,
    /// The CSV file with the homes to watch.
    pub homes: Option<PathBuf>,
    /// The policies of the monitor.
    pub policies: Policies,
    /// The terms of the service level.
    pub sla: SlaPolicy,
    /// The settings of sign-in; `None` if every visitor is let in, which is possible on loopback addresses only.
    pub sign_in: Option<SignIn>,
    /// The settings of channels.
    pub messages: Messages,
    /// Every value with its origin, in the order of the sections.
    pub rows: Vec<Row>,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads the file at `path`, if any, and the variables.
    ///
    /// # Errors
    ///
    /// All [`Problems`] of the file and of the variables.
    pub fn read(path: Option<&Path>, variables: BTreeMap<String, String>) -> Result<Self, Problems> {
        let (config, problems) = Self::inspect(path, variables)?;
        match problems.is_empty() {
            true => Ok(config),
            false => Err(problems),
        }
    }

    /// Reads as much as is valid. A value with a problem has its default.
    ///
    /// # Errors
    ///
    /// [`Problems`] of a file that cannot be read or that is no TOML.
    pub fn inspect(
        path: Option<&Path>,
        variables: BTreeMap<String, String>,
    ) -> Result<(Self, Problems), Problems> {
        let mut values = Values::read(path, variables)?;
        let server = Server::read(&mut values);
        let metrics = Metrics::read(&mut values);
        let cloud = cloud::read(&mut values);
        let keys = monitor::keys(&mut values);
        let homes = values.take("homes.file");
        let policies = monitor::policies(&mut values);
        let sla = monitor::sla(&mut values);
        let sign_in = access::read(&mut values);
        let messages = messages::read(&mut values);
        let (rows, problems) = values.finish();
        let file = path.map(Path::to_owned);
        let config =
            Self { server, metrics, cloud, keys, homes, policies, sla, sign_in, messages, rows, file };
        Ok((config, problems))
    }

    /// Returns the place of a value of the file, such as `monitor.toml:3`.
    #[must_use]
    pub fn place(&self, key: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| row.key == key)?;
        match (&self.file, &row.origin) {
            (Some(file), Origin::Line(line)) => Some(format!("{}:{line}", file.display())),
            _ => None,
        }
    }

    /// Replaces the address of the listener by that of an option.
    pub fn listen_on(&mut self, address: SocketAddr) {
        self.server.listen = address;
        if let Some(row) = self.rows.iter_mut().find(|row| row.key == "listen") {
            (row.shown, row.origin) = (address.to_string(), Origin::Option("--listen"));
        }
    }
}

#[cfg(test)]
mod tests;
