//! `plume locations`: list, show.

use clap::{Args, Subcommand};
use plume::types::Location;

use crate::args::{Length, LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Printed, Rows, Schemas};
use crate::session::Session;

/// Find and show locations
#[derive(Debug, Subcommand)]
pub(crate) enum Locations {
    List(ListLocations),
    Show(ShowLocation),
}

impl Locations {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::List(command) => session.print(&command.run(session).await?),
            Self::Show(command) => session.print(&command.run(session).await?),
        })
    }
}

/// List the locations of a customer
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo locations list",
    "plume locations list 5f0000000000000000000001 -o csv",
]))]
pub(crate) struct ListLocations {
    /// The customer's id; may be left out with --demo, and with a profile that has one
    customer_id: Option<String>,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.location.list/1", row: "plume.location/1" };

const COLUMNS: [Column<Location>; 5] = [
    Column::word("ID", |location| Cell::new(&location.id)),
    Column::text("NAME", |location| Cell::option(location.name.as_ref())),
    Column::extra(Column::word("NETWORK", Cell::online)),
    Column::extra(Column::word("SERVICE LEVEL", |location| {
        Cell::field(location.service_level.as_ref().and_then(|level| level.status.as_ref()))
    })),
    Column::extra(Column::word("SERVICE ID", |location| Cell::option(location.service_id.as_ref()))),
];

impl ListLocations {
    async fn run(self, session: &Session) -> Result<Outcome<Location>> {
        let locations = session.customer(self.customer_id.as_deref())?.locations().await?;
        Ok(Outcome::list(SCHEMAS, Rows::from(locations).cut(&self.length), &COLUMNS))
    }
}

/// Show the identity and the settings of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo locations show",
    "plume locations show 5f0000000000000000000001 5f0000000000000000000002 -o json",
]))]
pub(crate) struct ShowLocation {
    #[command(flatten)]
    ids: LocationIds,
}

const FIELDS: [Column<Location>; 15] = [
    Column::text("Name", |location| Cell::new(location.display_name())),
    Column::word("Id", |location| Cell::new(&location.id)),
    Column::word("Customer id", |location| Cell::option(location.customer_id.as_ref())),
    Column::text("Account", |location| Cell::option(location.account_id.as_ref())),
    Column::text("Service id", |location| Cell::option(location.service_id.as_ref())),
    Column::text("Partner", |location| {
        Cell::option(
            location.partner_name.clone().or_else(|| Some(location.partner_id.as_ref()?.to_string())),
        )
    }),
    Column::text("Product", |location| Cell::option(location.profile.as_ref())),
    Column::word("Network", Cell::online),
    Column::text("Network mode", |location| Cell::option(location.network_mode.as_ref())),
    Column::word("Service level", |location| {
        Cell::field(location.service_level.as_ref().and_then(|level| level.status.as_ref()))
    }),
    Column::text("Region", |location| Cell::option(location.region.as_ref())),
    Column::text("Country", |location| {
        Cell::option(location.geo_ip.as_ref().and_then(|geo| geo.country.as_ref()))
    }),
    Column::word("Set up", |location| Cell::time(location.onboarded_at)),
    Column::word("Created", |location| Cell::time(location.created_at)),
    Column::word("Changed", |location| Cell::time(location.updated_at)),
];

impl ShowLocation {
    async fn run(self, session: &Session) -> Result<Outcome<Location>> {
        let location = session.location(&self.ids).await?.get().await?;
        Ok(Outcome::record("plume.location/1", location, &FIELDS))
    }
}
