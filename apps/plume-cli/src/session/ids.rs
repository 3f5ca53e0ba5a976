//! The customer and the location of a command, and the ones that may be left out.

use plume::{CustomerHandle, LocationHandle, types::Location};

use crate::args::LocationIds;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The advice when an id is missing.
const IDS: &str =
    "Give the ids as arguments, set `customer_id` and `location_id` in a profile, or add --demo.";

/// The most locations of a recording that a failure lists.
const MAX_RECORDED: usize = 10;

impl Session {
    /// The ids that may be left out: of the customer and the location.
    pub(crate) fn default_ids(&self) -> Result<(Option<&str>, Option<&str>)> {
        let cloud = self.cloud()?;
        Ok((cloud.customer_id.as_deref(), cloud.location_id.as_deref()))
    }

    /// The customer with this id, or the default one.
    pub(crate) fn customer(&self, id: Option<&str>) -> Result<CustomerHandle> {
        let cloud = self.cloud()?;
        let Some(id) = id.or(cloud.customer_id.as_deref()) else {
            return Err(self.missing("the <CUSTOMER_ID> is missing"));
        };
        let customer = cloud.client.customer(cloud.typed("customerId", id));
        self.subject.borrow_mut().customer = Some(customer.clone());
        Ok(customer)
    }

    /// The location with these ids, or the default one. A customer alone stands for its only location.
    pub(crate) async fn location(&self, ids: &LocationIds) -> Result<LocationHandle> {
        let cloud = self.cloud()?;
        let customer = self.customer(ids.customer_id.as_deref());
        let location = match (&ids.customer_id, &ids.location_id, &cloud.location_id) {
            (Some(_), Some(id), _) | (None, _, Some(id)) => customer?.location(cloud.typed("locationId", id)),
            (None, _, None) if customer.is_err() => {
                return Err(self.missing("the <CUSTOMER_ID> and <LOCATION_ID> are missing"));
            }
            _ => self.only_location(&customer?).await?,
        };
        self.subject.borrow_mut().location = Some(location.clone());
        Ok(location)
    }

    /// Ids are missing: with --replay, those of the recording are named.
    fn missing(&self, message: &str) -> Failure {
        let recorded = self.cloud().map_or(&[][..], |cloud| cloud.recorded.as_slice());
        let Some(directory) = self.global.replay.as_ref().filter(|_| !recorded.is_empty()) else {
            return Failure::usage(message, IDS);
        };
        let lines = recorded
            .iter()
            .take(MAX_RECORDED)
            .map(|(customer, location)| format!("\n  {customer} {location}"));
        let more = recorded.len().saturating_sub(MAX_RECORDED);
        let more = if more == 0 { String::new() } else { format!("\n  and {more} more") };
        Failure::usage(
            format!("{message}: the recording is about {} locations", recorded.len()),
            format!(
                "Replay one session of it (a directory in {}), or add the ids of a location:{}{more}",
                directory.display(),
                lines.collect::<String>()
            ),
        )
    }

    /// The location of the profile or of the demo.
    pub(crate) fn default_location(&self) -> Result<Option<LocationHandle>> {
        let cloud = self.cloud()?;
        let ids = cloud.customer_id.as_deref().zip(cloud.location_id.as_deref());
        Ok(ids.map(|(customer, location)| cloud.client.customer(customer).location(location)))
    }

    async fn only_location(&self, customer: &CustomerHandle) -> Result<LocationHandle> {
        let locations = customer.locations().await?;
        // A row that cannot be read may be the location that was meant.
        let unreadable = locations.unreadable();
        let locations = locations.into_vec();
        let name = |location: &Location| format!("{}  {}", location.id, location.display_name());
        let names: Vec<String> = locations.iter().map(name).collect();
        let chosen = match locations.len() {
            0 => None,
            1 if unreadable == 0 => Some(0),
            _ => self.ask.select("Location", &names).await?,
        };
        match chosen.and_then(|at| locations.get(at)) {
            Some(location) => Ok(customer.location(location.id.clone())),
            None if locations.is_empty() && unreadable == 0 => {
                Err(Failure::not_found("the customer has no location", "Check the <CUSTOMER_ID>."))
            }
            None => Err(Failure::usage(
                format!(
                    "the <LOCATION_ID> is missing; the customer has {} locations",
                    locations.len() + unreadable
                ),
                format!("Add one of:\n  {}", names.join("\n  ")),
            )),
        }
    }
}
