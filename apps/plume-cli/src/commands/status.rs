//! `plume status`: a location's state.

use clap::Args;
use plume::types::Location;

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Show the state of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo status --home gateway-down",
    "plume status 5f0000000000000000000001 5f0000000000000000000002 -o json",
]))]
pub(crate) struct Status {
    #[command(flatten)]
    ids: LocationIds,
}

const FIELDS: [Column<Location>; 10] = [
    Column::text("Location", |location| Cell::new(location.display_name())),
    Column::word("Id", |location| Cell::new(&location.id)),
    Column::word("Network", Cell::online),
    Column::word("Since", |location| {
        Cell::time(location.network_status.known().and_then(|network| network.status_changed_at))
    }),
    Column::word("Service level", |location| {
        Cell::field(location.service_level.as_ref().and_then(|level| level.status.as_ref()))
    }),
    Column::text("Profile", |location| Cell::option(location.profile.as_ref())),
    Column::text("Network mode", |location| Cell::option(location.network_mode.as_ref())),
    Column::text("Service id", |location| Cell::option(location.service_id.as_ref())),
    Column::text("City", |location| Cell::option(location.geo_ip.as_ref().and_then(|geo| geo.city.as_ref()))),
    Column::text("Provider", |location| {
        Cell::option(location.geo_ip.as_ref().and_then(|geo| geo.isp.as_ref()?.text()))
    }),
];

impl Status {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Location>> {
        let location = session.location(&self.ids).await?.get().await?;
        Ok(Outcome::record("plume.location/1", location, &FIELDS))
    }
}
