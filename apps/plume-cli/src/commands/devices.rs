//! `plume devices`: the devices of a location.

use clap::Args;
use plume::types::Device;

use crate::args::{Length, LocationIds, help};
use crate::failure::Result;
use crate::find::disconnected;
use crate::output::{Cell, Column, Outcome, Rows, Schemas};
use crate::session::Session;

/// List the devices of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo devices --home device-gone --disconnected",
    "plume devices 5f0000000000000000000001 5f0000000000000000000002 -o csv",
]))]
pub(crate) struct Devices {
    #[command(flatten)]
    ids: LocationIds,
    /// Only devices that are known to be disconnected
    #[arg(long)]
    disconnected: bool,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.device.list/1", row: "plume.device/1" };

const COLUMNS: [Column<Device>; 8] = [
    Column::text("NAME", |device| Cell::new(device.display_name())),
    Column::extra(Column::word("MAC", |device| Cell::new(&device.mac))),
    Column::word("STATE", |device| Cell::connection(device.connection_state.as_ref())),
    Column::extra(Column::word("SINCE", |device| Cell::time(device.connection_state_changed_at))),
    Column::extra(Column::word("MEDIUM", |device| Cell::option(device.medium.as_ref()))),
    Column::extra(Column::word("BAND", |device| Cell::option(device.freq_band.as_ref()))),
    Column::extra(Column::word("IP", |device| Cell::option(device.ip.as_ref()))),
    Column::extra(Column::word("NODE", |device| Cell::option(device.node()))),
];

impl Devices {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Device>> {
        let mut devices = Rows::from(session.location(&self.ids).await?.devices().await?);
        if self.disconnected {
            devices = disconnected(session, devices, "devices", |device| device.connection_state.as_ref());
        }
        Ok(Outcome::list(SCHEMAS, devices.cut(&self.length), &COLUMNS))
    }
}
