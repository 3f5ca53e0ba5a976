//! The keys above all sections: the listener and the place of the data.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

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

impl Server {
    pub(super) fn read(values: &mut Values) -> Self {
        Self {
            listen: values.take_or("listen", SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
            data: values.take_or("data", PathBuf::from("plume-server")),
        }
    }
}
