//! `plume find`: customers, locations, nodes and devices by anything that a person knows of them.

use std::collections::BTreeSet;

use clap::Args;
use plume::{
    Client, Error, ErrorKind, FleetItem, FleetStream, LocationHandle, SearchEntity,
    cli::exit,
    types::{CustomerSearchHit, Device, MacAddress, Node, PartnerLocation, PartnerNode},
};
use serde::Serialize;

use crate::args::{Length, help};
use crate::commands::node;
use crate::failure::{Failure, Result};
use crate::find::plain;
use crate::output::{Cell, Column, Outcome, Rows, Schemas, complain};
use crate::session::Session;

/// Find a customer, location, node or device by anything known of it
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo find Sample",
    "plume find aa-bb-cc-00-11-22 --fleet",
]))]
pub(crate) struct Find {
    /// A serial number, MAC address in any notation, account, service id, name, e-mail address, or id
    text: String,
    /// Search the pods and devices of every location of the partner, too; the number of calls is shown first
    #[arg(long)]
    fleet: bool,
    #[command(flatten)]
    length: Length,
}

/// A found item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Match {
    kind: &'static str,
    name: Option<String>,
    id: String,
    customer_id: Option<String>,
    location_id: Option<String>,
    /// The value that matched.
    matched: Option<String>,
}

const SCHEMAS: Schemas = Schemas { list: "plume.find.list/1", row: "plume.find/1" };

const COLUMNS: [Column<Match>; 6] = [
    Column::word("KIND", |found| Cell::new(found.kind)),
    Column::text("NAME", |found| Cell::option(found.name.as_ref())),
    Column::word("ID", |found| Cell::new(&found.id)),
    Column::extra(Column::word("CUSTOMER ID", |found| Cell::option(found.customer_id.as_ref()))),
    Column::extra(Column::word("LOCATION ID", |found| Cell::option(found.location_id.as_ref()))),
    Column::extra(Column::text("MATCH", |found| Cell::option(found.matched.as_ref()))),
];

/// The forms that a text can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// 24 hexadecimal digits.
    Id,
    /// 12 hexadecimal digits in any notation.
    Mac,
    Email,
    /// One word with a digit: a serial number, an account, a service id.
    Key,
    Name,
}

/// A part of a search, for people.
type Part = &'static str;

/// The result of a search so far.
#[derive(Debug, Default)]
struct Found {
    matches: Vec<Match>,
    searched: Vec<Part>,
    failed: Vec<(Part, Error)>,
    /// Whether the search of the fleet ended at its first match.
    is_cut: bool,
    /// The number of rows that could not be read, among which a match may be.
    unreadable: u64,
}

/// The calls of a search of one home: its nodes and its devices.
const CALLS_PER_HOME: u64 = 2;
/// The calls per second that the cloud advises at most.
const CALLS_PER_SECOND: u64 = 6;
const CUSTOMERS_PER_PAGE: u64 = 500;
/// The API returns at most this many customers of each kind.
const MAX_HITS: usize = 10;
const CUSTOMER: &str = "customer";

impl Find {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Match>> {
        let text = self.text.trim();
        if plain(text).is_empty() {
            return Err(Failure::usage(
                "the text to find is empty",
                "Give a name, a key, an address or an id.",
            ));
        }
        let (client, form) = (session.client()?, Form::of(text));
        let mut found = Found::default();
        found.by_keys(client, text, form).await;
        if form != Form::Email
            && form != Form::Id
            && let Some(location) = session.default_location()?
        {
            found.in_location(&location, text).await;
        }
        match form {
            _ if !self.fleet => {}
            Form::Email | Form::Id => session.warn("--fleet is about pods and devices, and not needed here"),
            _ => found.in_fleet(client, text, self.length.all).await,
        }
        found.outcome(session, text, form, &self.length, self.fleet)
    }
}

impl Form {
    fn of(text: &str) -> Self {
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
        match text {
            text if text.contains('@') => Self::Email,
            text if text.len() == 24 && is_hex(text) => Self::Id,
            text if MacAddress::from(text).key().is_ok() => Self::Mac,
            text if is_word && text.chars().any(|c| c.is_ascii_digit()) => Self::Key,
            _ => Self::Name,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Id => "an id",
            Self::Mac => "a MAC address",
            Self::Email => "an e-mail address",
            Self::Key => "a serial number, account, service id or name",
            Self::Name => "a name or account",
        }
    }

    /// The kinds of keys that the API searches in one call.
    fn entities(self) -> (&'static [SearchEntity], Part) {
        use SearchEntity::{AccountId, CustomerId, Email, LocationId, Name, NodeId, ServiceId};
        match self {
            Self::Id => (
                &[CustomerId, LocationId, AccountId, ServiceId],
                "customers by id, location id, account and service id",
            ),
            Self::Mac => (&[NodeId, AccountId, ServiceId], "customers by node, account and service id"),
            Self::Email => (&[Email], "customers by e-mail address"),
            Self::Key => {
                (&[NodeId, AccountId, ServiceId, Name], "customers by node, account, service id and name")
            }
            Self::Name => (&[Name, AccountId, ServiceId], "customers by name, account and service id"),
        }
    }
}

impl Found {
    /// The API's own look-ups: at most three calls.
    async fn by_keys(&mut self, client: &Client, text: &str, form: Form) {
        let partner = client.partner();
        let key = match form {
            // Some nodes have their MAC address as their id: lower case, without separators.
            Form::Mac => plain(text),
            _ => text.to_owned(),
        };
        let (entities, part) = form.entities();
        let customers = client.customers();
        let (customers, node, location) = tokio::join!(
            customers.search(&key, entities, false),
            async {
                if matches!(form, Form::Key | Form::Mac) {
                    Some(partner.node(key.as_str()).await)
                } else {
                    None
                }
            },
            async {
                if matches!(form, Form::Key | Form::Id) { Some(partner.location(&key).await) } else { None }
            },
        );
        self.add(part, customers.map(|hits| hits.iter().filter_map(of_hit).collect()));
        if let Some(node) = node {
            self.add("nodes by serial number", node.map(|node| vec![of_partner_node(&node)]));
        }
        if let Some(location) = location {
            self.add(
                "locations by id and service id",
                location.map(|found| vec![of_partner_location(&found)]),
            );
        }
    }

    /// The nodes and devices of one location: two calls.
    async fn in_location(&mut self, location: &LocationHandle, text: &str) {
        let (nodes, devices) = tokio::join!(location.nodes(), location.devices());
        let home = (location.customer_id().to_string(), location.id().to_string());
        self.unreadable += nodes.as_ref().map_or(0, |nodes| nodes.unreadable() as u64);
        self.unreadable += devices.as_ref().map_or(0, |devices| devices.unreadable() as u64);
        self.add(
            "the nodes of the default location",
            nodes.map(|nodes| nodes.iter().filter_map(|node| of_node(node, text, &home)).collect()),
        );
        self.add(
            "the devices of the default location",
            devices
                .map(|devices| devices.iter().filter_map(|device| of_device(device, text, &home)).collect()),
        );
    }

    /// The devices and nodes of all locations, until one is found.
    async fn in_fleet(&mut self, client: &Client, text: &str, all: bool) {
        let fleet = client.fleet();
        // Without a number the search still works.
        let customers = fleet.customer_count().await.ok().flatten();
        complain(&format!("note: {}", estimate(customers)));
        let before = self.matches.len();
        self.walk("the devices of all locations", fleet.devices(), all, |item| {
            of_device(&item.value, text, &home(item))
        })
        .await;
        if all || self.matches.len() == before {
            self.walk("the nodes of all locations", fleet.nodes(), all, |item| {
                of_node(&item.value, text, &home(item))
            })
            .await;
        }
    }

    async fn walk<T: Send + 'static>(
        &mut self,
        part: Part,
        mut stream: FleetStream<T>,
        all: bool,
        found: impl Fn(&FleetItem<T>) -> Option<Match>,
    ) {
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => {
                    let Some(found) = found(&item) else { continue };
                    self.matches.push(found);
                    if !all {
                        self.is_cut = true;
                        break;
                    }
                }
                Err(failure) => {
                    let has_ended = failure.ended;
                    self.failed.push((part, failure.into()));
                    if has_ended {
                        // What was found before stays.
                        return;
                    }
                }
            }
        }
        self.unreadable += stream.notes().unreadable;
        self.searched.push(part);
    }

    fn add(&mut self, part: Part, result: std::result::Result<Vec<Match>, Error>) {
        match result {
            Ok(matches) => self.matches.extend(matches),
            Err(error) if error.is_not_found() => {}
            Err(error) => return self.failed.push((part, error)),
        }
        self.searched.push(part);
    }

    fn outcome(
        mut self,
        session: &Session,
        text: &str,
        form: Form,
        length: &Length,
        is_fleet: bool,
    ) -> Result<Outcome<Match>> {
        if self.matches.is_empty() && self.searched.is_empty() && !self.failed.is_empty() {
            return Err(self.failed.swap_remove(0).1.into());
        }
        let mut seen = BTreeSet::new();
        self.matches.retain(|found| seen.insert((found.kind, plain(&found.id), found.location_id.clone())));
        let refused = |error: &Error| {
            matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unauthorized | ErrorKind::Unsupported)
        };
        let mut reported = BTreeSet::new();
        for (part, error) in &self.failed {
            // One line per part: a fleet can have thousands of failures.
            if reported.insert(*part) {
                let number = self.failed.iter().filter(|(other, _)| other == part).count();
                let more =
                    if number > 1 { format!(" (and {} more failures)", number - 1) } else { String::new() };
                session.warn(&format!("not searched: {part}: {error}{more}"));
            }
        }
        let is_incomplete = self.unreadable > 0 || self.failed.iter().any(|(_, error)| !refused(error));
        if self.matches.is_empty() && !is_incomplete {
            let help = match form {
                Form::Mac | Form::Key | Form::Name if !is_fleet => {
                    "The API cannot search for pods and devices by name or MAC address; --fleet reads those of every \
                     location."
                }
                _ => "Check the spelling; a part of a name is enough.",
            };
            let searched = self.searched.join(", ");
            let message =
                format!("nothing found for \"{text}\", read as {}; searched {searched}", form.words());
            return Err(Failure::not_found(message, help));
        }
        complain(&format!("note: read as {}; searched {}", form.words(), self.searched.join(", ")));
        let is_complete = self.failed.is_empty() && self.unreadable == 0;
        let code = if is_complete { exit::DONE } else { exit::PARTLY };
        let customers = self.matches.iter().filter(|found| found.kind == CUSTOMER).count();
        let mut rows = Rows { items: self.matches, unreadable: self.unreadable, more: None }.cut(length);
        if rows.more.is_none() && self.is_cut {
            rows.more =
                Some("The search ended at the first match; --all searches every location.".to_owned());
        }
        if rows.more.is_none() && customers >= MAX_HITS {
            rows.more = Some(
                "There may be more: the search returns ten customers of a kind. Use a longer text."
                    .to_owned(),
            );
        }
        Ok(Outcome { code, ..Outcome::list(SCHEMAS, rows, &COLUMNS) })
    }
}

/// The cost of a search of the whole fleet, for people. A customer usually has one location.
fn estimate(customers: Option<u64>) -> String {
    let Some(customers) = customers else {
        return "searching every location: the number of calls is not known, as the API gave no number of customers"
            .to_owned();
    };
    let pages = customers.div_ceil(CUSTOMERS_PER_PAGE);
    let calls = CALLS_PER_HOME.saturating_mul(customers.saturating_mul(2).saturating_add(pages));
    let minutes = calls.div_ceil(CALLS_PER_SECOND).div_ceil(60);
    format!(
        "searching the homes of {customers} customers: at most about {calls} calls, {minutes} min at \
         {CALLS_PER_SECOND} calls per second"
    )
}

fn home<T>(item: &FleetItem<T>) -> (String, String) {
    (item.customer_id.to_string(), item.location_id.to_string())
}

fn of_hit(hit: &CustomerSearchHit) -> Option<Match> {
    let id = hit.customer_id.as_ref()?.to_string();
    let locations = hit.locations.as_deref().unwrap_or_default();
    let only = if let [only] = locations { Some(&only.id) } else { None };
    Some(Match {
        kind: CUSTOMER,
        name: hit.customer_name.clone().or_else(|| hit.customer_email.clone()),
        customer_id: Some(id.clone()),
        id,
        location_id: hit.location_id_to_select.as_ref().or(only).map(ToString::to_string),
        matched: hit.matched_value.clone(),
    })
}

fn of_partner_node(node: &PartnerNode) -> Match {
    Match {
        kind: "node",
        name: node.nickname.clone().or_else(|| node.default_name.clone()),
        id: node.id.to_string(),
        customer_id: node.customer_id.as_ref().map(ToString::to_string),
        location_id: node.location_id.as_ref().map(ToString::to_string),
        matched: Some(node.id.to_string()),
    }
}

fn of_partner_location(location: &PartnerLocation) -> Match {
    Match {
        kind: "location",
        name: location.name.clone(),
        id: location.id.to_string(),
        customer_id: location.customer_id().map(ToString::to_string),
        location_id: Some(location.id.to_string()),
        matched: location.service_id.as_ref().map(ToString::to_string),
    }
}

fn of_node(node: &Node, text: &str, home: &(String, String)) -> Option<Match> {
    let matched = matching(node::names(node), text)?;
    Some(of_home("node", node.display_name(), node.id.to_string(), matched, home))
}

fn of_device(device: &Device, text: &str, home: &(String, String)) -> Option<Match> {
    let names = [&device.name, &device.host_name].into_iter().flatten().cloned();
    let names = [device.mac.to_string(), device.display_name().to_owned()].into_iter().chain(names);
    let matched = matching(names.collect(), text)?;
    Some(of_home("device", device.display_name(), device.mac.to_string(), matched, home))
}

/// The name that is or begins with the text, in any notation.
fn matching(names: Vec<String>, text: &str) -> Option<String> {
    let wanted = plain(text);
    names.into_iter().find(|name| plain(name).starts_with(&wanted))
}

fn of_home(
    kind: &'static str,
    name: &str,
    id: String,
    matched: String,
    (customer_id, location_id): &(String, String),
) -> Match {
    Match {
        kind,
        name: Some(name.to_owned()),
        id,
        customer_id: Some(customer_id.clone()),
        location_id: Some(location_id.clone()),
        matched: Some(matched),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_recognized_by_its_form() {
        for (text, form) in [
            ("5f0000000000000000000001", Form::Id),
            ("02:00:00:00:10:01", Form::Mac),
            ("02-00-00-00-10-01", Form::Mac),
            ("0200.0000.1001", Form::Mac),
            ("020000001001", Form::Mac),
            ("jo@example.net", Form::Email),
            ("TST0000001", Form::Key),
            ("ACCT-000123", Form::Key),
            ("Sample Customer 7", Form::Name),
            ("Müller2", Form::Name),
            ("5f00000000000000000000zz", Form::Key),
        ] {
            assert_eq!(Form::of(text), form, "{text}");
        }
    }

    #[test]
    fn the_estimate_counts_pages_customers_and_locations() {
        assert_eq!(
            estimate(Some(2_000)),
            "searching the homes of 2000 customers: at most about 8008 calls, 23 min at 6 calls per second"
        );
        assert!(estimate(None).contains("not known"));
        estimate(Some(u64::MAX));
    }

    #[test]
    fn a_name_matches_in_any_notation_and_by_its_beginning() {
        let names = || vec!["Living Room".to_owned(), "AA:BB:CC:00:11:22".to_owned()];
        for (text, matched) in
            [("living", Some("Living Room")), ("aabb.cc00.1122", Some("AA:BB:CC:00:11:22")), ("room", None)]
        {
            assert_eq!(matching(names(), text).as_deref(), matched, "{text}");
        }
    }
}
