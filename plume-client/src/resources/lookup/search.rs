//! A look-up: which calls it makes, and how their results are joined.

use futures_util::future::{join, join3};

use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::resources::location::LocationHandle;
use crate::resources::lookup::form::KeyForm;
use crate::resources::lookup::found::{FoundItem, LookupResult};
use crate::resources::lookup::name::NamePattern;

impl Client {
    /// Returns a look-up of customers, locations, nodes and devices by any key that a person knows. Sends no request.
    pub fn lookup(&self, key: &str) -> Lookup {
        let key = key.trim();
        Lookup { client: self.clone(), form: KeyForm::of(key), key: key.to_owned(), location: None }
    }
}

/// A look-up by any key: an id, a serial number, a MAC address, an account, a service id, a name or an e-mail address.
/// Made by [`Client::lookup`].
///
/// The [form](KeyForm) of the key decides which searches of the API are made: at most three calls. The API has no search for
/// the names and devices of all homes; [`Fleet::find`](crate::Fleet::find) reads every home.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let found = client.lookup("TST0000001").run().await?;
/// for item in &found.items {
///     println!("{} {} of customer {:?}", item.kind.as_str(), item.id, item.customer_id);
/// }
/// if found.items.is_empty() && found.is_conclusive() {
///     println!("nothing found; searched {}", found.searched.join(", "));
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before it runs"]
pub struct Lookup {
    client: Client,
    key: String,
    form: KeyForm,
    location: Option<LocationHandle>,
}

impl Lookup {
    /// Searches the nodes and devices of this location as well, if the key [fits them](KeyForm::fits_devices): two more
    /// calls.
    pub fn within(mut self, location: LocationHandle) -> Self {
        self.location = Some(location);
        self
    }

    /// Returns the form of the key.
    #[must_use]
    pub fn form(&self) -> KeyForm {
        self.form
    }

    /// Makes the searches, all at the same time. A failed search is a part of the result, and so are the others.
    ///
    /// # Errors
    ///
    /// The error of the first search, if every search failed; [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the
    /// key has neither a letter nor a digit.
    pub async fn run(&self) -> Result<LookupResult, Error> {
        let Some(pattern) = NamePattern::new(&self.key) else {
            return Err(Error::argument(
                &op::CUSTOMERS_SEARCH,
                "searchString",
                "it has neither a letter nor a digit",
            ));
        };
        let mut result = LookupResult::default();
        self.by_keys(&pattern, &mut result).await;
        if let Some(location) = self.location.as_ref().filter(|_| self.form.fits_devices()) {
            in_location(location, &pattern, &mut result).await;
        }
        match result.searched.is_empty() {
            true => Err(result.failed.swap_remove(0).error),
            false => Ok(result),
        }
    }

    async fn by_keys(&self, pattern: &NamePattern, result: &mut LookupResult) {
        let (partner, form) = (self.client.partner(), self.form);
        let key = match form {
            // Some nodes have their MAC address as their id: lower case, without separators.
            KeyForm::Mac => pattern.plain(),
            _ => &self.key,
        };
        let (entities, search) = form.entities();
        let customers = self.client.customers();
        let node = async {
            if matches!(form, KeyForm::Key | KeyForm::Mac) { Some(partner.node(key).await) } else { None }
        };
        let location = async {
            if matches!(form, KeyForm::Key | KeyForm::Id) { Some(partner.location(key).await) } else { None }
        };
        let (customers, node, location) = join3(customers.search(key, entities, false), node, location).await;
        result.unreadable += customers.as_ref().map_or(0, |hits| hits.unreadable() as u64);
        result.searched(search, customers.map(|hits| hits.iter().filter_map(FoundItem::of_hit).collect()));
        if let Some(node) = node {
            result
                .searched("nodes by serial number", node.map(|node| vec![FoundItem::of_partner_node(&node)]));
        }
        if let Some(location) = location {
            let location = location.map(|found| vec![FoundItem::of_partner_location(&found)]);
            result.searched("locations by id and service id", location);
        }
    }
}

async fn in_location(location: &LocationHandle, pattern: &NamePattern, result: &mut LookupResult) {
    let home = (location.customer_id().clone(), location.id().clone());
    let (nodes, devices) = join(location.nodes(), location.devices()).await;
    result.unreadable += nodes.as_ref().map_or(0, |nodes| nodes.unreadable() as u64);
    result.unreadable += devices.as_ref().map_or(0, |devices| devices.unreadable() as u64);
    let nodes =
        nodes.map(|nodes| nodes.iter().filter_map(|node| FoundItem::of_node(node, pattern, &home)).collect());
    result.searched("the nodes of the location", nodes);
    let devices = devices.map(|devices| {
        devices.iter().filter_map(|device| FoundItem::of_device(device, pattern, &home)).collect()
    });
    result.searched("the devices of the location", devices);
}
