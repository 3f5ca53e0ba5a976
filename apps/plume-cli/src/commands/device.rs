//! `plume device`: one device.

use clap::Args;
use plume::types::{Device, Field};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::find::find;
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Show a device
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo device Alexa --home device-gone",
    "plume device aa:bb:cc:00:11:22 5f0000000000000000000001 5f0000000000000000000002",
]))]
pub(crate) struct ShowDevice {
    /// The device's name or MAC address, or a beginning that fits one device only
    device: String,
    #[command(flatten)]
    ids: LocationIds,
}

const FIELDS: [Column<Device>; 17] = [
    Column::text("Name", |device| Cell::new(device.display_name())),
    Column::word("MAC", |device| Cell::new(&device.mac)),
    Column::word("State", |device| Cell::connection(device.connection_state.as_ref())),
    Column::word("Since", |device| Cell::time(device.connection_state_changed_at)),
    Column::text("Kind", |device| {
        let kind = device.kind.as_ref();
        let parts = kind.map(|kind| [&kind.category, &kind.brand, &kind.model].map(Clone::clone));
        let parts: Vec<String> = parts.into_iter().flatten().flatten().collect();
        Cell::option((!parts.is_empty()).then(|| parts.join(", ")))
    }),
    Column::text("System", |device| {
        Cell::option(device.kind.as_ref().and_then(|kind| kind.os.as_ref()?.name.as_ref()))
    }),
    Column::text("Host name", |device| Cell::option(device.host_name.as_ref())),
    Column::word("IP", |device| Cell::option(device.ip.as_ref())),
    Column::word("Medium", |device| Cell::option(device.medium.as_ref())),
    Column::word("Band", |device| Cell::option(device.freq_band.as_ref())),
    Column::number("Channel", |device| Cell::option(device.channel)),
    Column::word("Node", |device| Cell::option(device.node())),
    Column::word("Zone", |device| Cell::option(device.access_zone.as_ref())),
    Column::word("Health", |device| {
        Cell::field(device.health.as_ref().and_then(|health| health.status.as_ref()))
    }),
    Column::number("Alerts", |device| match &device.alerts {
        Field::Known(alerts) => Cell::new(alerts.len()),
        other => Cell::field(other.as_ref().map(|_| "")),
    }),
    Column::word("Favorite", |device| Cell::field(device.favorite.map(|is| if is { "yes" } else { "no" }))),
    Column::word("First seen", |device| Cell::time(device.first_connected_at)),
];

impl ShowDevice {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Device>> {
        let location = session.location(&self.ids).await?;
        let devices = location.devices().await?;
        session.warn_of_rows(devices.unreadable() as u64);
        let mac = find(session.ask, "device", &session.named(&self.device), &devices, Device::names)
            .await?
            .mac
            .clone();
        Ok(Outcome::record("plume.device/1", location.device(mac).await?, &FIELDS))
    }
}
