//! Answers to questions, by calls of a client.

use chrono::{DateTime, Utc};
use plume::{
    Client, CustomerHandle, Error, Filter, Granularity, LocationHandle, SearchEntity,
    health::{analyze, uptime, wan},
    types::{LocationRef, LocationSnapshot, Part, PartFailureKind},
};
use plume_telegram::Log;
use plume_text::is_blank;

use crate::questions::{Answer, Customer, Data, Hit, Overview, Place, Preferences, Question, Report};

/// The number of customers on a page.
const PAGE: u32 = 10;

pub(super) async fn ask(
    client: &Client,
    question: &Question,
    now: DateTime<Utc>,
    log: &Log,
) -> Result<Answer, Error> {
    match question {
        Question::Report(place, report, preferences) => {
            let location = client.customer(place.customer.as_str()).location(place.location.as_str());
            let data = self::report(&location, *report, preferences, now, log).await?;
            Ok(Answer::Report(Box::new(data)))
        }
        Question::Customers(offset) => {
            let page = client.customers().filter(Filter::new().limit(PAGE).offset(*offset)).list().await?;
            let more = page.len() + page.unreadable() >= PAGE as usize;
            let row = |customer: &plume::types::Customer| Customer {
                id: customer.id.to_string(),
                name: customer.display_name(),
            };
            Ok(Answer::Customers { customers: page.iter().map(row).collect(), more })
        }
        Question::Locations(customer, _) => {
            Ok(Answer::Locations(locations(&client.customer(customer.as_str())).await?))
        }
        Question::Find(text) => find(client, text).await.map(Answer::Found),
        Question::Name(place) => {
            let location = client.customer(place.customer.as_str()).location(place.location.as_str());
            let name = named(&location.get().await?.name);
            Ok(Answer::Named(Place { name, ..place.clone() }))
        }
        // Answered without a call.
        Question::Test(..) | Question::Revoke(_) | Question::Whoami => {
            Ok(Answer::Tested { not_granted: Vec::new() })
        }
    }
}

async fn report(
    location: &LocationHandle,
    report: Report,
    preferences: &Preferences,
    now: DateTime<Utc>,
    log: &Log,
) -> Result<Data, Error> {
    Ok(match report {
        Report::Health => {
            let snapshot = for_people(location.snapshot().await?, log);
            Data::Health(Box::new(analyze(&snapshot, &preferences.policy(), now)))
        }
        Report::Status => {
            // Concurrently, so that the optional response adds no wait of its own.
            let (snapshot, uplink) =
                tokio::join!(Box::pin(location.snapshot()), Box::pin(location.uplink_status()));
            let snapshot = for_people(snapshot?, log);
            // The overview does not need the speed test.
            let speed = uplink.ok().and_then(|uplink| uplink.speed_test);
            let report = analyze(&snapshot, &preferences.policy(), now);
            Data::Overview(Box::new(Overview { report, snapshot, speed }))
        }
        Report::Nodes(_) => Data::Nodes(location.nodes().await?),
        Report::Devices(_) => {
            let (devices, nodes) = tokio::join!(location.devices(), location.nodes());
            // The list does not need the names of the pods.
            let nodes = nodes.as_deref().unwrap_or_default().iter();
            let pods = nodes.map(|node| (node.id.to_string(), node.display_name().to_owned())).collect();
            Data::Devices { devices: devices?, pods }
        }
        Report::Wifi => Data::Wifi(location.wifi_networks().await?),
        Report::Wan(period) => {
            Data::Wan(Box::new(wan::analyze(&location.reports().wan_stats(period).await?)))
        }
        Report::Stats(hours) => {
            let samples = location.reports().online_stats(Granularity::Hours, Some(hours)).await?;
            Data::Stats(uptime::analyze(&samples))
        }
    })
}

/// Replaces the errors of a snapshot, which contain paths and statuses, by texts for users. The errors go to the log.
fn for_people(mut snapshot: LocationSnapshot, log: &Log) -> LocationSnapshot {
    fn plain<T>(part: &mut Part<T>, log: &Log) {
        let Part::Failed(failure) = part else { return };
        let words = match failure.kind {
            PartFailureKind::Unsupported => "the cloud has no such data for this location",
            PartFailureKind::Refused => "the cloud refused it",
            PartFailureKind::Limited => "the call limit is reached",
            PartFailureKind::Unreachable => "the cloud did not answer in time",
            PartFailureKind::ServerError => "the cloud failed",
            PartFailureKind::Unreadable => "the answer could not be read",
            _ => "it failed",
        };
        if failure.kind != PartFailureKind::Unsupported {
            log.warn(&format!("a part of a report is missing: {}", failure.message));
        }
        words.clone_into(&mut failure.message);
    }
    plain(&mut snapshot.location, log);
    plain(&mut snapshot.nodes, log);
    plain(&mut snapshot.devices, log);
    plain(&mut snapshot.service_level, log);
    plain(&mut snapshot.qoe, log);
    snapshot
}

async fn locations(customer: &CustomerHandle) -> Result<Vec<Place>, Error> {
    let place = |location: &plume::types::Location| Place {
        customer: customer.id().to_string(),
        location: location.id.to_string(),
        name: named(&location.name),
    };
    Ok(customer.locations().await?.iter().map(place).collect())
}

async fn find(client: &Client, text: &str) -> Result<Vec<Hit>, Error> {
    /// The fields that a search looks into.
    const KEYS: [SearchEntity; 6] = [
        SearchEntity::Name,
        SearchEntity::Email,
        SearchEntity::AccountId,
        SearchEntity::CustomerId,
        SearchEntity::LocationId,
        SearchEntity::NodeId,
    ];
    let found = client.customers().search(text, &KEYS, false).await?;
    let mut hits: Vec<Hit> = Vec::new();
    for hit in &found {
        let Some(customer) = &hit.customer_id else { continue };
        // One customer may match in several ways.
        if hits.iter().any(|hit| hit.customer.id == customer.as_str()) {
            continue;
        }
        let name = named(&hit.customer_name).or_else(|| named(&hit.customer_email));
        hits.push(Hit {
            customer: Customer {
                id: customer.to_string(),
                name: name.unwrap_or_else(|| customer.to_string()),
            },
            places: hit
                .locations
                .iter()
                .flat_map(|all| all.iter())
                .map(|found| place(customer.as_str(), found))
                .collect(),
        });
    }
    Ok(hits)
}

fn place(customer: &str, location: &LocationRef) -> Place {
    Place { customer: customer.to_owned(), location: location.id.to_string(), name: named(&location.name) }
}

/// Returns a name with visible characters; without one, users get the id.
fn named(name: &Option<String>) -> Option<String> {
    name.clone().filter(|name| !is_blank(name))
}
