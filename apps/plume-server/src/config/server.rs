//! The keys above all sections: the listener and the place of the data. The section `metrics`: a second listener.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crate::config::secret::Secret;
use crate::config::values::Values;

/// The port of the dashboard.
const PORT: u16 = 8080;

/// The listener and the place of the data.
#[derive(Debug, Clone)]
pub struct Server {
    /// The address of the dashboard.
    pub listen: SocketAddr,
    /// The directory of the database.
    pub data: PathBuf,
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
    pub(super) fn read(values: &mut Values) -> Self {
        Self { listen: values.take("metrics.listen"), token: values.take_secret("metrics.token") }
    }
}

impl Server {
    pub(super) fn read(values: &mut Values) -> Self {
        Self {
            listen: values.take_or("listen", SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
            data: values.take_or("data", PathBuf::from("plume-server")),
        }
    }
}
