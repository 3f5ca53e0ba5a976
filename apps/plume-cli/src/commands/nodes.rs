//! `plume nodes`: gateway and pods of a location.

use clap::Args;
use plume::types::Node;

use crate::args::{Length, LocationIds, help};
use crate::failure::Result;
use crate::find::disconnected;
use crate::output::{Cell, Column, Outcome, Rows, Schemas};
use crate::session::Session;

/// List the gateway and the pods of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo nodes --home one-pod-down --disconnected",
    "plume nodes 5f0000000000000000000001 5f0000000000000000000002 -o csv",
]))]
pub(crate) struct Nodes {
    #[command(flatten)]
    ids: LocationIds,
    /// Only nodes that are known to be disconnected
    #[arg(long)]
    disconnected: bool,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.node.list/1", row: "plume.node/1" };

const COLUMNS: [Column<Node>; 8] = [
    Column::text("NAME", |node| Cell::new(node.display_name())),
    Column::word("ID", |node| Cell::new(&node.id)),
    Column::word("STATE", |node| Cell::connection(node.connection_state.as_ref())),
    Column::extra(Column::word("SINCE", |node| Cell::time(node.connection_state_changed_at))),
    Column::extra(Column::word("MODEL", |node| Cell::option(node.model.as_ref()))),
    Column::extra(Column::word("FIRMWARE", |node| Cell::option(node.firmware_version.as_ref()))),
    Column::extra(Column::word("BACKHAUL", |node| match node.is_gateway() {
        Some(true) => Cell::new("gateway"),
        _ => Cell::option(node.backhaul_type.as_ref()),
    })),
    Column::extra(Column::number("DEVICES", |node| Cell::option(node.connected_device_count))),
];

impl Nodes {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Node>> {
        let mut nodes = Rows::from(session.location(&self.ids).await?.nodes().await?);
        if self.disconnected {
            nodes = disconnected(session, nodes, "nodes", |node| node.connection_state.as_ref());
        }
        Ok(Outcome::list(SCHEMAS, nodes.cut(&self.length), &COLUMNS))
    }
}
