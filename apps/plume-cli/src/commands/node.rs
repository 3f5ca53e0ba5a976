//! `plume node`: one gateway or pod.

use clap::Args;
use plume::types::{Field, Node};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::find::find;
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Show a gateway or pod
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo node \"Living Room\" --home one-pod-down",
    "plume node TST0000001 5f0000000000000000000001 5f0000000000000000000002",
]))]
pub(crate) struct ShowNode {
    /// The node's name, serial number or MAC address, or a beginning that fits one node only
    node: String,
    #[command(flatten)]
    ids: LocationIds,
}

const FIELDS: [Column<Node>; 19] = [
    Column::text("Name", |node| Cell::new(node.display_name())),
    Column::word("Id", |node| Cell::new(&node.id)),
    Column::word("State", |node| Cell::connection(node.connection_state.as_ref())),
    Column::word("Since", |node| Cell::time(node.connection_state_changed_at)),
    Column::word("Role", |node| {
        Cell::option(node.is_gateway().map(|is_gateway| if is_gateway { "gateway" } else { "pod" }))
    }),
    Column::text("Model", |node| Cell::option(node.model.as_ref())),
    Column::text("Firmware", |node| Cell::option(node.firmware_version.as_ref())),
    Column::word("MAC", |node| Cell::option(node.mac.as_ref())),
    Column::word("IP", |node| Cell::option(node.ip.as_ref())),
    Column::word("Public IP", |node| Cell::option(node.public_ip.as_ref().or(node.wan_ip.as_ref()))),
    Column::text("Backhaul", |node| Cell::option(node.backhaul_type.as_ref())),
    Column::number("Channel", |node| Cell::option(node.backhaul_channel)),
    Column::word("Parent", |node| {
        Cell::option(node.leaf_to_root.known().and_then(|way| Some(&way.first()?.id)))
    }),
    Column::word("Health", |node| {
        Cell::field(node.health.as_ref().and_then(|health| health.status.as_ref()))
    }),
    Column::number("Alerts", |node| match &node.alerts {
        Field::Known(alerts) => Cell::new(alerts.len()),
        other => Cell::field(other.as_ref().map(|_| "")),
    }),
    Column::number("Devices", |node| Cell::option(node.connected_device_count)),
    Column::text("Speed test", |node| {
        let test = node.speed_test.as_ref();
        let rates = test.and_then(|test| Some((test.download?, test.upload?)));
        Cell::option(rates.map(|(down, up)| format!("{down:.0} down, {up:.0} up (Mbps)")))
    }),
    Column::word("Started", |node| Cell::time(node.boot_at)),
    Column::word("Claimed", |node| Cell::time(node.claimed_at)),
];

impl ShowNode {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Node>> {
        let location = session.location(&self.ids).await?;
        let nodes = location.nodes().await?;
        session.warn_of_rows(nodes.unreadable() as u64);
        let id = find(session.ask, "node", &session.named(&self.node), &nodes, Node::names).await?.id.clone();
        Ok(Outcome::record("plume.node/1", location.node(id).await?, &FIELDS))
    }
}
