//! One call per capability.

use std::collections::BTreeSet;

use plume_types::{Customer, CustomerId, Location, LocationId, PartnerId};

use crate::client::Client;
use crate::doctor::diagnosis::{Check, Finding};
use crate::doctor::network::Host;
use crate::doctor::responses::Essential;
use crate::doctor::watched::{MAX_CALLS, Watched};
use crate::error::{Error, ErrorKind};
use crate::operations::LTE_SERVICE_HEALTH;
use crate::resources::{Filter, WanPeriod};

/// The number of customers that are read.
const CUSTOMERS: u32 = 5;
/// The maximum number of customers among which a location is searched.
const SEARCHED: usize = 3;

/// The names of the checks, in order.
pub(super) const NAMES: [&str; 8] =
    ["customers", "partner", "locations", "nodes", "devices", "wifi", "reports", "lte"];

/// Where the calls go.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) api: Option<Host>,
    pub(super) reports: Option<Host>,
    pub(super) lte: Option<Host>,
    pub(super) partner: Option<PartnerId>,
    pub(super) customer: Option<CustomerId>,
    pub(super) location: Option<LocationId>,
}

/// The calls so far.
#[derive(Debug)]
pub(super) struct Round<'w> {
    pub(super) client: Client,
    watched: &'w Watched,
    /// Why no further call is made.
    stop: Option<String>,
    /// The hosts that do not respond.
    silent: BTreeSet<String>,
    checks: Vec<Check>,
    pub(super) decoded: u32,
    /// Whether the API responded to a call.
    pub(super) responded: bool,
    /// The check whose call the API refused with 401, if no later call was accepted.
    unauthorized: Option<&'static str>,
    /// The error of a call that a limit refused.
    pub(super) limited: Option<Error>,
    pub(super) essentials: Vec<Essential>,
}

/// Returns the checks if no call can be made.
pub(super) fn none(why: &str) -> Vec<Check> {
    NAMES.iter().map(|name| Check::new(name, Finding::skipped(why))).collect()
}

fn count(number: usize, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{number} {of}s"),
    }
}

impl<'w> Round<'w> {
    pub(super) fn new(client: Client, watched: &'w Watched) -> Self {
        Self {
            client,
            watched,
            stop: None,
            silent: BTreeSet::new(),
            checks: Vec::new(),
            decoded: 0,
            responded: false,
            unauthorized: None,
            limited: None,
            essentials: Vec::new(),
        }
    }

    pub(super) fn into_checks(self) -> Vec<Check> {
        self.checks
    }

    /// Makes the calls.
    pub(super) async fn run(&mut self, target: &Target) {
        let api = target.api.as_ref();
        let client = self.client.clone();
        let filter = Filter::new().limit(CUSTOMERS);
        let seen = |list: &plume_types::List<Customer>| {
            format!("{} (at most {CUSTOMERS} requested)", count(list.len(), "customer"))
        };
        let customers = client.customers().filter(filter.clone());
        let listed = self.call("customers", api, customers.list(), seen).await;
        let of_partner = match &target.partner {
            Some(partner) => {
                let customers = client.partner().group_customers(partner.as_str()).filter(filter);
                self.call("partner", api, customers.list(), seen).await
            }
            None => self.skip("partner", "PLUME_PARTNER_ID is not set"),
        };
        let mut customers: Vec<CustomerId> = target.customer.iter().cloned().collect();
        if customers.is_empty() {
            let found = listed.iter().flatten().chain(of_partner.iter().flatten());
            customers.extend(found.map(|customer| customer.id.clone()));
            customers.dedup();
        }
        let home = self.locations(target, &customers).await;
        let Some((customer, location)) = home else {
            let why =
                if customers.is_empty() { "no customer to try with" } else { "no location to try with" };
            ["nodes", "devices", "wifi", "reports"].into_iter().for_each(|name| {
                self.skip::<()>(name, why);
            });
            return self.lte(target).await;
        };
        let home = client.customer(customer).location(location);
        if let Some(nodes) = self.call("nodes", api, home.nodes(), |list| count(list.len(), "node")).await {
            let is_missing = !nodes.is_empty() && nodes.iter().all(|node| node.connection_state.is_absent());
            self.essentials.push(Essential { list: "nodes", field: "connectionState", is_missing });
        }
        let devices = self.call("devices", api, home.devices(), |list| count(list.len(), "device")).await;
        if let Some(devices) = devices {
            let is_missing =
                !devices.is_empty() && devices.iter().all(|device| device.connection_state.is_absent());
            self.essentials.push(Essential { list: "devices", field: "connectionState", is_missing });
        }
        self.call("wifi", api, home.wifi_network(), |_| "the settings of the network".to_owned()).await;
        match &target.reports {
            Some(reports) => {
                let stats = home.reports();
                let seen = |_: &_| "the traffic of the Internet line".to_owned();
                self.call("reports", Some(reports), stats.wan_stats(WanPeriod::Daily), seen).await;
            }
            None => {
                self.skip::<()>("reports", "PLUME_REPORTS_BASE is not set");
            }
        }
        self.lte(target).await;
    }

    /// Searches a location among the first customers.
    async fn locations(
        &mut self,
        target: &Target,
        customers: &[CustomerId],
    ) -> Option<(CustomerId, LocationId)> {
        const NAME: &str = "locations";
        if customers.is_empty() {
            return self.skip(NAME, "no customer to try with");
        }
        for customer in customers.iter().take(SEARCHED) {
            let listed = self.client.customer(customer.clone());
            let seen = |list: &plume_types::List<Location>| count(list.len(), "location");
            let found = self.call(NAME, target.api.as_ref(), listed.locations(), seen).await?;
            let location =
                target.location.clone().or_else(|| found.first().map(|location| location.id.clone()));
            if let Some(location) = location {
                return Some((customer.clone(), location));
            }
        }
        None
    }

    async fn lte(&mut self, target: &Target) {
        match &target.lte {
            Some(lte) => {
                let health = self.client.read(&LTE_SERVICE_HEALTH);
                self.call("lte", Some(lte), health.json(), |_| "the service is up".to_owned()).await;
            }
            None => {
                self.skip::<()>("lte", "PLUME_LTE_BASE is not set");
            }
        }
    }

    /// Records a check. A later one of the same name replaces it.
    fn record(&mut self, name: &'static str, finding: Finding) {
        self.checks.retain(|check| check.name != name);
        self.checks.push(Check::new(name, finding));
    }

    fn skip<T>(&mut self, name: &'static str, why: &str) -> Option<T> {
        self.record(name, Finding::skipped(why));
        None
    }

    /// Makes one call, unless an earlier failure hides its result.
    async fn call<T>(
        &mut self,
        name: &'static str,
        host: Option<&Host>,
        call: impl Future<Output = Result<T, Error>>,
        seen: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let Some(host) = host else { return self.skip(name, "PLUME_API_BASE is not set") };
        if let Some(why) = self.stop.clone() {
            return self.skip(name, &why);
        }
        if self.silent.contains(&host.name) {
            return self.skip(name, &format!("{} does not respond", host.name));
        }
        match call.await {
            Ok(value) => {
                self.decoded += 1;
                self.responded = true;
                self.unauthorized = None;
                self.record(name, Finding::passed(seen(&value)));
                Some(value)
            }
            Err(error) => {
                let finding = self.judge(name, host, error);
                self.record(name, finding);
                None
            }
        }
    }

    /// Returns the result of a failed call, and decides which calls it hides.
    fn judge(&mut self, name: &'static str, host: &Host, error: Error) -> Finding {
        self.responded |= error.status().is_some();
        if self.watched.is_used_up() {
            let why = format!("the {MAX_CALLS} calls of a diagnosis are used up");
            self.stop = Some(why.clone());
            return Finding::skipped(why);
        }
        let contact = self.watched.contact(&host.name);
        let permits_none = error.kind() == ErrorKind::Settings && contact.is_none();
        if permits_none || error.is_limited() {
            let why = "the call limit is reached: see `call-limit`";
            self.stop = Some(why.to_owned());
            self.limited = Some(error);
            return Finding::skipped(why);
        }
        if !contact.is_some_and(|contact| contact.is_connected()) {
            self.silent.insert(host.name.clone());
            return Finding::skipped(format!("{} was not reached", host.name));
        }
        if error.is_timeout() {
            self.silent.insert(host.name.clone());
            let help = format!("Try again later: {} accepts connections but does not respond.", host.name);
            return Finding::failed(error.cause(), error.to_string(), help);
        }
        match (error.kind(), self.unauthorized) {
            (ErrorKind::Unsupported, _) => return Finding::skipped(error.to_string()),
            // The first may be about a role; two in a row are about the token.
            (ErrorKind::Unauthorized, Some(first)) => {
                let why = format!("the API refuses the token: see `{first}`");
                self.stop = Some(why.clone());
                return Finding::skipped(why);
            }
            (ErrorKind::Unauthorized, None) => self.unauthorized = Some(name),
            _ => {}
        }
        Finding::failed(error.cause(), error.to_string(), error.help())
    }
}
