//! The keys above all sections: the listener and the place of the data. The sections `metrics`, a second listener, and
//! `log`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use tracing::Level;

use crate::config::secret::Secret;
use crate::config::setting::{Form, Setting};
use crate::config::values::Values;
use crate::journal::{LineFormat, LogSettings};

/// The port of the dashboard.
const PORT: u16 = 8080;

/// The listener and the place of the data.
#[derive(Debug, Clone)]
pub struct Server {
    /// The address of the dashboard.
    pub listen: SocketAddr,
    /// The directory of the database.
    pub data: PathBuf,
    /// The events that are kept.
    pub log: LogSettings,
}

/// The places of the metrics.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// The address of a listener for the metrics alone.
    pub listen: Option<SocketAddr>,
    /// The token that a scrape presents. With it, the listener of the dashboard has the metrics, too.
    pub token: Option<Secret>,
}

impl Metrics {
    pub(in crate::config) fn read(values: &mut Values) -> Self {
        Self { listen: values.take("metrics.listen"), token: values.take_secret("metrics.token") }
    }
}

impl Server {
    pub(in crate::config) fn read(values: &mut Values) -> Self {
        Self {
            listen: values.take_or("listen", SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
            data: values.take_or("data", PathBuf::from("plume-server")),
            log: LogSettings {
                level: values.take_or("log.level", LogSettings::default().level),
                format: values.take_or("log.format", LineFormat::default()),
            },
        }
    }
}

impl Setting for Level {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"";

    fn parse(text: &str) -> Option<Self> {
        // The names only: a number is a level for `FromStr`, too.
        text.chars().all(char::is_alphabetic).then(|| text.parse().ok()).flatten()
    }

    fn show(&self) -> String {
        self.as_str().to_lowercase()
    }
}

impl Setting for LineFormat {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "\"text\" or \"json\"";

    fn parse(text: &str) -> Option<Self> {
        [Self::Text, Self::Json].into_iter().find(|format| format.show() == text)
    }

    fn show(&self) -> String {
        let name = match self {
            Self::Text => "text",
            Self::Json => "json",
        };
        name.to_owned()
    }
}
