//! `plume fleet nodes`: the nodes of every home.

use clap::Args;
use plume::{
    cli::exit,
    types::{ConnectionState, CustomerId, Field, LocationId, Node},
};
use serde::Serialize;

use crate::args::{Length, help};
use crate::commands::fleet::walk::{FAILED_COLUMNS, Failed, Walk, fleet, patient};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Printed, Table, count};
use crate::session::Session;

/// List the nodes of every home
///
/// One call per customer and one per location. As JSON lines and CSV each node is a row as soon as it arrives; the last JSON
/// line is the summary.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo fleet nodes --disconnected",
    "plume fleet nodes --disconnected -o csv",
]))]
pub(crate) struct FleetNodes {
    /// Only nodes that are known to be disconnected
    #[arg(long)]
    disconnected: bool,
    #[command(flatten)]
    length: Length,
}

/// A node with the ids of its home.
#[derive(Debug, Serialize)]
struct FleetNode {
    customer_id: CustomerId,
    location_id: LocationId,
    node: Node,
}

const SCHEMA: &str = "plume.fleet.nodes/1";
const NODE_SCHEMA: &str = "plume.fleet.node/1";

const COLUMNS: [Column<FleetNode>; 6] = [
    Column::text("NAME", |row| Cell::new(row.node.display_name())),
    Column::word("ID", |row| Cell::new(&row.node.id)),
    Column::word("STATE", |row| Cell::connection(row.node.connection_state.as_ref())),
    Column::extra(Column::word("SINCE", |row| Cell::time(row.node.connection_state_changed_at))),
    Column::extra(Column::word("LOCATION ID", |row| Cell::new(&row.location_id))),
    Column::extra(Column::word("CUSTOMER ID", |row| Cell::new(&row.customer_id))),
];

/// The `data` of the document.
#[derive(Debug, Default, Serialize)]
struct Nodes {
    nodes_read: u64,
    nodes_shown: u64,
    /// Nodes whose state is not known: neither connected nor disconnected.
    nodes_unknown: u64,
    customers: u64,
    failed: u64,
    /// Left out where each node was a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<FleetNode>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<Vec<Failed>>,
}

impl FleetNodes {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        let client = patient(session)?;
        let mut walk = Walk::new(session, &client, fleet(&client).nodes());
        let limit = self.length.limit.map_or(u64::MAX, u64::from);
        let (mut found, mut nodes, mut failures) = (Nodes::default(), Vec::new(), Vec::new());
        let mut is_cut = false;
        while let Some(item) = walk.next().await {
            let item = match item {
                Ok(item) => item,
                Err(failure) => {
                    found.failed += 1;
                    failures.push(walk.failure(failure)?);
                    continue;
                }
            };
            let row =
                FleetNode { customer_id: item.customer_id, location_id: item.location_id, node: item.value };
            found.nodes_read += 1;
            let state = row.node.connection_state.as_ref();
            let is_lost = state == Field::Known(&ConnectionState::Disconnected);
            found.nodes_unknown += u64::from(!is_lost && state != Field::Known(&ConnectionState::Connected));
            if self.disconnected && !is_lost {
                continue;
            }
            if found.nodes_shown == limit {
                is_cut = true;
                break;
            }
            found.nodes_shown += 1;
            walk.row(NODE_SCHEMA, &row, &COLUMNS)?;
            if !session.output.has_rows() {
                nodes.push(row);
            }
        }
        if !walk.feed.is_open() {
            return Ok(Printed { text: String::new(), code: exit::DONE });
        }
        walk.feed.end(&COLUMNS)?;
        if let Some(error) = walk.ended.take_if(|_| found.nodes_read == 0) {
            return Err(error.into());
        }
        found.customers = walk.stream.progress().customers_done;
        if self.disconnected && found.nodes_unknown > 0 {
            let Nodes { nodes_read, nodes_unknown, .. } = found;
            session.warn(&format!("the state of {nodes_unknown} of {nodes_read} nodes is not known"));
        }
        if let Some(error) = &walk.ended {
            session.warn(&format!("the list ended early: {error}"));
        }
        let is_cut = is_cut || walk.ended.is_some();
        let code = walk.code(found.failed == 0);
        drop(walk);
        let text = text(session, &found, &nodes, &failures, is_cut);
        if !session.output.has_rows() {
            (found.nodes, found.failures) = (Some(nodes), Some(failures));
        }
        let empty = Table::rows::<FleetNode>(&[], &[]);
        Ok(session.print(&Outcome { code, is_cut, ..Outcome::fitted(SCHEMA, found, text, empty) }))
    }
}

fn text(session: &Session, found: &Nodes, nodes: &[FleetNode], failures: &[Failed], is_cut: bool) -> String {
    let mut parts = vec![match nodes {
        [] => "Nothing there.".to_owned(),
        nodes => session.output.table(&Table::rows(nodes, &COLUMNS)),
    }];
    if !failures.is_empty() {
        parts.push(session.output.table(&Table::rows(failures, &FAILED_COLUMNS)));
    }
    let Nodes { nodes_shown, nodes_read, customers, .. } = found;
    let (nodes, customers) = (count(*nodes_read, "node"), count(*customers, "customer"));
    let mut line = format!("{nodes_shown} of {nodes} of {customers}");
    if is_cut {
        line.push_str("; --all reads every home");
    }
    parts.push(session.output.lines(&format!("{line}.")).join("\n"));
    parts.join("\n\n")
}
